#include "tracing/trace_context.h"

#include <algorithm>

#include <fmt/core.h>

namespace vivace::tracing {
namespace {

bool IsLowerHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

int HexDigit(char c) { return c <= '9' ? c - '0' : c - 'a' + 10; }

constexpr std::size_t kHeaderBytes = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2

}  // namespace

std::optional<SpanContext> ParseTraceparent(std::string_view header) {
  if (header.size() < kHeaderBytes) return std::nullopt;
  const std::string_view version = header.substr(0, 2);
  const std::string_view trace_id = header.substr(3, 32);
  const std::string_view span_id = header.substr(36, 16);
  const std::string_view flags = header.substr(53, 2);
  if (header[2] != '-' || header[35] != '-' || header[52] != '-') return std::nullopt;
  if (!IsLowerHex(version) || !IsLowerHex(trace_id) || !IsLowerHex(span_id) || !IsLowerHex(flags) ||
      version == "ff") {
    return std::nullopt;
  }
  // Version 00 ends here; a later one may go on after a dash.
  if (version == "00" ? header.size() != kHeaderBytes
                      : header.size() > kHeaderBytes && header[kHeaderBytes] != '-') {
    return std::nullopt;
  }
  SpanContext context;
  context.trace_id = *TraceId::FromHex(trace_id);
  context.span_id = *SpanId::FromHex(span_id);
  context.sampled = (HexDigit(flags[1]) & 1) != 0;
  if (context.trace_id.IsZero() || context.span_id.IsZero()) return std::nullopt;
  return context;
}

std::string FormatTraceparent(const SpanContext& context) {
  return fmt::format("00-{}-{}-{}", context.trace_id.ToHex(), context.span_id.ToHex(),
                     context.sampled ? "01" : "00");
}

}  // namespace vivace::tracing

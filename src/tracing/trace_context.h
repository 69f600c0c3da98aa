#pragma once
// The identity of a span as it travels between processes: W3C Trace Context, level 1.

#include <optional>
#include <string>
#include <string_view>

#include "model/ids.h"

namespace vivace::tracing {

/// What a child needs to know of its parent.
struct SpanContext {
  TraceId trace_id;
  SpanId span_id;
  bool sampled = false;
  std::string trace_state;

  bool operator==(const SpanContext&) const = default;
};

/// Reads a `traceparent` header; nullopt if it must be ignored (W3C Trace Context, 3.2): wrong
/// lengths, upper case, zero ids, version ff. Later versions are read as far as 00 goes.
std::optional<SpanContext> ParseTraceparent(std::string_view header);

/// Writes a version 00 `traceparent` header.
std::string FormatTraceparent(const SpanContext& context);

}  // namespace vivace::tracing

#include "otlp/refusals.h"

#include <fmt/core.h>

namespace vivace::otlp {
namespace {

// Bytes of an example that are quoted back to the sender; longer than any id.
constexpr std::size_t kFoundBytesMax = 80;

std::string_view Expectation(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kInvalidTraceId:
      return "trace ids must be 16 bytes";
    case RefusalReason::kInvalidSpanId:
      return "span ids must be 8 bytes and not all zero";
    case RefusalReason::kInvalidReference:
      return "ids of parents and links must be hex";
  }
  return "";
}

}  // namespace

std::string_view RefusalReasonName(RefusalReason reason) {
  switch (reason) {
    case RefusalReason::kInvalidTraceId:
      return "invalid_trace_id";
    case RefusalReason::kInvalidSpanId:
      return "invalid_span_id";
    case RefusalReason::kInvalidReference:
      return "invalid_reference";
  }
  return "unknown";
}

void Refusals::Add(RefusalReason reason, std::string_view found) {
  Case& entry = cases_[static_cast<std::size_t>(reason)];
  if (entry.count++ == 0) entry.first_found = found.substr(0, kFoundBytesMax);
}

void Refusals::Add(const Refusals& other) {
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    if (cases_[i].count == 0) cases_[i].first_found = other.cases_[i].first_found;
    cases_[i].count += other.cases_[i].count;
  }
}

std::uint64_t Refusals::total() const {
  std::uint64_t total = 0;
  for (const Case& entry : cases_) total += entry.count;
  return total;
}

std::uint64_t Refusals::count(RefusalReason reason) const {
  return cases_[static_cast<std::size_t>(reason)].count;
}

std::string Refusals::Message() const {
  std::string message;
  for (std::size_t i = 0; i < cases_.size(); ++i) {
    const Case& entry = cases_[i];
    if (entry.count == 0) continue;
    message += fmt::format("{}{} {} refused: {}, the first has {}", message.empty() ? "" : "; ",
                           entry.count, entry.count == 1 ? "span" : "spans",
                           Expectation(static_cast<RefusalReason>(i)), entry.first_found);
  }
  return message;
}

}  // namespace vivace::otlp

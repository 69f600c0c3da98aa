#include "api/parameters.h"

#include <charconv>
#include <limits>
#include <string>

#include <fmt/format.h>

#include "traceql/duration.h"

namespace vivace::api {
namespace {

constexpr std::uint64_t kSecondNanos = 1'000'000'000;
// Seconds are 32 bits in Tempo's messages.
constexpr std::int64_t kSecondsMax = std::numeric_limits<std::uint32_t>::max();
// Bytes of a parameter that a message repeats.
constexpr std::size_t kShownBytesMax = 60;

Error Bad(std::string_view name, std::string_view text, std::string_view expected) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("invalid {}: \"{}\" is not {}", name,
                                                        text.substr(0, kShownBytesMax), expected));
}

// The value of a parameter that is there and not empty.
const std::string* FindFilled(const net::QueryParameters& query, std::string_view name) {
  const std::string* text = query.Find(name);
  return text != nullptr && !text->empty() ? text : nullptr;
}

// nullopt if absent.
Result<std::optional<std::int64_t>> ParseSeconds(const net::QueryParameters& query,
                                                 std::string_view name) {
  if (FindFilled(query, name) == nullptr) return std::optional<std::int64_t>();
  ASSIGN_OR_RETURN(const std::int64_t seconds, ParseInteger(query, name, 0));
  if (seconds < 0 || seconds > kSecondsMax) {
    return Bad(name, *FindFilled(query, name), "a time in Unix seconds");
  }
  return std::optional<std::int64_t>(seconds);
}

Error NotInOrder(std::int64_t start, std::int64_t end) {
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("http parameter start must be before end. received start={} end={}", start, end));
}

}  // namespace

Result<TraceId> ParseTraceId(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (std::string_view("0123456789abcdefABCDEF").find(text[i]) == std::string_view::npos) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("trace IDs can only contain hex characters: invalid character '{}' "
                               "at position {}",
                               text[i], i + 1));
    }
  }
  const auto id = TraceId::FromHex(text);
  if (!id) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("trace IDs have 1 to 32 hex characters, this one has {}", text.size()));
  }
  return *id;
}

Result<std::int64_t> ParseInteger(const net::QueryParameters& query, std::string_view name,
                                  std::int64_t fallback) {
  const std::string* text = FindFilled(query, name);
  if (text == nullptr) return fallback;
  std::int64_t value = 0;
  const char* const last = text->data() + text->size();
  const auto [end, error] = std::from_chars(text->data(), last, value);
  if (error != std::errc() || end != last) return Bad(name, *text, "a whole number");
  return value;
}

Result<std::optional<query::TimeWindow>> ParseWindow(const net::QueryParameters& query,
                                                     const Clock& clock) {
  using Window = std::optional<query::TimeWindow>;
  if (const std::string* since = FindFilled(query, "since")) {
    const auto duration = traceql::ParseDuration(*since);
    if (!duration) return Bad("since", *since, "a duration such as 15m or 2d");
    const auto now = static_cast<std::uint64_t>(std::max<std::int64_t>(clock.UnixNanos(), 0));
    const auto back = static_cast<std::uint64_t>(duration->count());
    // No upper end: a sender's clock may be ahead of ours.
    return Window({.start_unix_ns = now > back ? now - back : 0,
                   .end_unix_ns = std::numeric_limits<std::uint64_t>::max()});
  }
  ASSIGN_OR_RETURN(const auto start, ParseSeconds(query, "start"));
  ASSIGN_OR_RETURN(const auto end, ParseSeconds(query, "end"));
  if (start.has_value() != end.has_value()) {
    return Error(ErrorCode::kInvalidArgument,
                 "only one of start and end provided: must provide both or neither");
  }
  // Clients that know no absence send zeros.
  if (!start || (*start == 0 && *end == 0)) return Window();
  if (*start >= *end) return NotInOrder(*start, *end);
  return Window({.start_unix_ns = static_cast<std::uint64_t>(*start) * kSecondNanos,
                 .end_unix_ns = static_cast<std::uint64_t>(*end) * kSecondNanos});
}

Status CheckTraceWindow(const net::QueryParameters& query) {
  ASSIGN_OR_RETURN(const auto start, ParseSeconds(query, "start"));
  ASSIGN_OR_RETURN(const auto end, ParseSeconds(query, "end"));
  if (start && end && *start >= *end && *end != 0) return NotInOrder(*start, *end);
  return OkStatus();
}

Result<std::optional<std::uint64_t>> ParseDurationNanos(const net::QueryParameters& query,
                                                        std::string_view name) {
  const std::string* text = FindFilled(query, name);
  if (text == nullptr) return std::optional<std::uint64_t>();
  const auto duration = traceql::ParseSignedDuration(*text);
  if (!duration || duration->count() < 0)
    return Bad(name, *text, "a duration such as 100ms or 1.5s");
  return std::optional<std::uint64_t>(static_cast<std::uint64_t>(duration->count()));
}

Result<std::size_t> ParseTagLimit(const net::QueryParameters& query) {
  ASSIGN_OR_RETURN(const std::int64_t limit, ParseInteger(query, "limit", 0));
  if (limit < 0) return Error(ErrorCode::kInvalidArgument, "invalid limit: must not be negative");
  return static_cast<std::size_t>(limit);
}

}  // namespace vivace::api

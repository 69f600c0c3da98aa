#pragma once
// Parameters of query endpoints: texts to checked values. Rules and texts: docs/http-api.md.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "model/ids.h"
#include "net/http.h"
#include "query/search.h"

namespace vivace::api {

/// A trace id in a path: 1 to 32 hex digits. kInvalidArgument says what is wrong with it.
Result<TraceId> ParseTraceId(std::string_view text);

/// The whole number `name`, `fallback` if it is absent or empty. kInvalidArgument
/// "invalid <name>: ...".
Result<std::int64_t> ParseInteger(const net::QueryParameters& query, std::string_view name,
                                  std::int64_t fallback);

/// `start` and `end` in Unix seconds, both or neither, or `since`, which wins and reaches back
/// from now. nullopt: neither.
Result<std::optional<query::TimeWindow>> ParseWindow(const net::QueryParameters& query,
                                                     const Clock& clock);

/// `start` and `end` of trace by id: each by itself, only checked, for a trace is always whole.
Status CheckTraceWindow(const net::QueryParameters& query);

/// A Go duration, as minDuration and maxDuration are; nullopt if absent or empty.
Result<std::optional<std::uint64_t>> ParseDurationNanos(const net::QueryParameters& query,
                                                        std::string_view name);

/// `limit` of tag endpoints: 0, the default, means none.
Result<std::size_t> ParseTagLimit(const net::QueryParameters& query);

}  // namespace vivace::api

#pragma once
// Small traces by hand, for tests of queries.

#include <cstdint>
#include <string>
#include <vector>

#include "model/span.h"

namespace vivace::query::testing {

/// 2023-11-14T22:13:20Z, in nanoseconds.
inline constexpr std::uint64_t kEpoch = 1'700'000'000'000'000'000;

/// A span of trace `trace` with id `id` below `parent` (0: a root), `start` nanoseconds after
/// kEpoch, one millisecond long.
Span MakeSpan(std::uint64_t trace, std::uint64_t id, std::uint64_t parent, std::uint64_t start = 0);
TraceId MakeTraceId(std::uint64_t trace);

/// One resource with `service.name` = `service`, one scope "scope" 1.0.
TraceData MakeTrace(const std::string& service, std::vector<Span> spans);
/// `b` behind `a`.
TraceData Join(TraceData a, const TraceData& b);

}  // namespace vivace::query::testing

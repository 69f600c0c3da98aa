#pragma once
// Spans whose whole content follows from two numbers, so that a test needs to remember only the
// numbers to know what was lost, altered or invented.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "base/result.h"
#include "model/span.h"
#include "otlp/walk.h"
#include "storage/snapshot.h"

namespace vivace::storage::testing {

struct SpanKey {
  std::uint32_t trace = 0;
  std::uint32_t span = 0;  ///< Unique over all traces, from 1.
  auto operator<=>(const SpanKey&) const = default;
};

TraceId TraceIdOf(std::uint32_t trace);
/// Start of the span: traces follow each other by a millisecond, in no order of their ids.
std::uint64_t StartOf(SpanKey key);
TraceData DataOf(const std::vector<SpanKey>& keys);
/// As a receiver hands it over.
otlp::Batch BatchOf(const std::vector<SpanKey>& keys);

/// Which spans were found, and how often.
using Found = std::map<SpanKey, int>;

/// Adds the spans of `data` to `found`; kCorruption, with what is wrong, if one is not exactly
/// as DataOf made it.
Status Check(const TraceData& data, Found& found);

/// All spans of all row groups of all sources.
Result<Found> Scan(const Snapshot& snapshot);
/// The spans of one trace, by id from all sources.
Result<Found> FindTrace(const Snapshot& snapshot, std::uint32_t trace);

}  // namespace vivace::storage::testing

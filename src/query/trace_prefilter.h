#pragma once
// Telling from one row group that a trace which lies there whole cannot match, without putting
// the trace together.

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/result.h"
#include "block/row_group.h"
#include "block/scan_request.h"
#include "query/budget.h"
#include "query/search.h"
#include "storage/snapshot.h"

namespace vivace::query {

/// What a search demands of traces as wholes: names of the root, the duration. Immutable.
class TracePrefilter {
 public:
  explicit TracePrefilter(const SearchRequest& request);

  /// False: nothing is demanded that a row group could tell.
  bool demands_anything() const { return !roots_.empty() || !durations_.empty(); }

  /// For each of rows.traces(): whether it may match if it is whole. Never false for one that
  /// does.
  Result<std::vector<bool>> MayMatch(const block::RowGroup& rows) const;

 private:
  struct DurationBounds {
    std::uint64_t min = 0;
    std::uint64_t max = ~std::uint64_t{0};
  };
  void AddCondition(const traceql::Expression& condition);
  void AddDuration(const traceql::BinaryExpression& comparison);

  std::vector<block::ScanRequest> roots_;  // Each is fulfilled by the root of a match.
  std::vector<DurationBounds> durations_;
};

/// The traces of which parts lie in several row groups.
class SplitTraces {
 public:
  /// Looks at the trace tables of all sources that may overlap `window`; eight bytes a trace are
  /// taken from the budget while it works, and what is kept is less.
  static Result<SplitTraces> Find(const storage::Snapshot& snapshot,
                                  const std::optional<TimeWindow>& window, Budget& budget);

  /// True for every split trace, and seldom for another.
  bool MayContain(const TraceId& id) const;

 private:
  std::vector<std::uint64_t> hashes_;  // Sorted.
};

}  // namespace vivace::query

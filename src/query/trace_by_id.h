#pragma once
// Whole traces out of a snapshot.

#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "model/span.h"
#include "query/budget.h"
#include "storage/snapshot.h"

namespace vivace::query {

/// A trace joined from all sources that hold a part of it (promise P4).
struct WholeTrace {
  TraceData data;  ///< Canonical (model/trace_merge.h); without spans if nothing is stored.
  /// Why spans may be missing: damaged or set-aside blocks, one text each.
  std::vector<std::string> problems;
};

/// Finds the trace `id`. A source that cannot be read becomes a problem of the answer; errors
/// are the budget's alone. Memory of the answer is taken from the budget.
Result<WholeTrace> FindTrace(const storage::Snapshot& snapshot, const TraceId& id, Budget& budget);

/// About how many bytes `data` takes in memory.
std::uint64_t MemoryBytes(const TraceData& data);

}  // namespace vivace::query

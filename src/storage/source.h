#pragma once
// What a query reads: one block, or one piece of the live data, behind the same face.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "block/catalogue.h"
#include "block/row_group.h"
#include "model/ids.h"
#include "model/span.h"

namespace vivace::storage {

/// What is known about a source without reading it.
struct SourceMeta {
  std::string name;  ///< The block's id, or "live-<number>"; for messages.
  /// Bounds of the per-trace earliest starts within this source, in nanoseconds since the
  /// Unix epoch. The lower bound is exact; live data may give an upper bound that is too high
  /// (a trace whose earlier spans came in a later request), never one that is too low.
  std::uint64_t trace_start_min = 0;
  std::uint64_t trace_start_max = 0;
  std::uint64_t end_max = 0;  ///< Latest span end.
  std::uint64_t spans = 0;
  std::uint64_t traces = 0;  ///< Distinct traces; live data may count one more than once.
  std::uint64_t bytes = 0;   ///< Size of the file, or of the OTLP bytes held.
  bool live = false;
};

/// A part of one tenant's data that never changes. Thread-safe; no function takes a lock
/// that ingest needs for longer than a few instructions. Held by the snapshots that show it.
class Source {
 public:
  virtual ~Source() = default;

  virtual const SourceMeta& meta() const = 0;

  /// How many row groups hold all spans of this source. The same answer every time.
  virtual std::size_t row_group_count() const = 0;

  /// Returns row group `index` (below row_group_count()), in memory with all its columns. Live
  /// data is made columnar by the first caller; callers that come meanwhile wait for it.
  /// kCorruption or kIo: the block is damaged or cannot be read; the other groups may be fine.
  virtual Result<std::shared_ptr<const block::RowGroup>> LoadRowGroup(std::size_t index) const = 0;

  /// Appends all spans of the trace `id` to `out`; true if there were any. Spans sent twice
  /// come back twice. On an error `out` may hold a part.
  virtual Result<bool> AppendTrace(const TraceId& id, TraceData& out) const = 0;

  /// Which attributes occur, how often, and with which values.
  virtual Result<std::shared_ptr<const block::Catalogue>> catalogue() const = 0;
};

}  // namespace vivace::storage

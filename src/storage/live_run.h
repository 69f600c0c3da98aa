#pragma once
// A run of live chunks: appended to at one end while readers read what they were shown.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "base/byte_accountant.h"
#include "base/mutex.h"
#include "base/result.h"
#include "block/row_group.h"
#include "model/ids.h"
#include "model/span.h"
#include "storage/live_chunk.h"

namespace vivace::storage {

class LiveRun;

/// Where memory of live data is accounted; both outlive all live data.
struct LiveAccounts {
  ByteAccountant& process;
  ByteAccountant& store;
};

/// The chunks [begin, end) of a run as one row group, made when it is first asked for.
/// Thread-safe. Does not keep its run alive.
class LivePart {
 public:
  LivePart(const LiveRun& run, LiveAccounts accounts, std::size_t begin, std::size_t end);

  std::size_t begin() const { return begin_; }
  std::size_t end() const { return end_; }
  std::uint64_t spans() const { return spans_; }

  /// Returns the row group; the first caller makes it, others wait for it.
  Result<std::shared_ptr<const block::RowGroup>> Load() const EXCLUDES(mutex_);

 private:
  enum class State { kNone, kMaking, kMade };
  Result<std::shared_ptr<const block::RowGroup>> Make() const;

  const LiveRun& run_;
  const LiveAccounts accounts_;
  const std::size_t begin_;
  const std::size_t end_;
  std::uint64_t spans_ = 0;
  mutable Mutex mutex_;
  mutable ConditionVariable made_;
  mutable State state_ GUARDED_BY(mutex_) = State::kNone;
  mutable std::shared_ptr<const block::RowGroup> rows_ GUARDED_BY(mutex_);
  mutable LiveBytes held_ GUARDED_BY(mutex_);
};

/// Chunks of one tenant from one log segment, about as many as make one row group.
///
/// One writer at a time appends (the tenant's lock sees to that) until the run is sealed.
/// Readers are given a number of chunks under the same lock and look only at those, without
/// a lock: a chunk never changes and never moves.
class LiveRun {
 public:
  /// Chunks of a run at most, so that its array has a fixed place; small requests of one
  /// span each make runs of this many spans.
  static constexpr std::size_t kChunksMax = 512;

  /// Sums over the first `chunks` chunks.
  struct Totals {
    std::size_t chunks = 0;
    std::uint64_t spans = 0;
    std::uint64_t traces = 0;  ///< A trace counts once per chunk.
    std::uint64_t otlp_bytes = 0;
    std::uint64_t trace_start_unix_ns_min = 0;
    std::uint64_t trace_start_unix_ns_max = 0;
    std::uint64_t end_unix_ns_max = 0;
  };

  LiveRun(std::uint64_t number, std::uint64_t log_segment, LiveAccounts accounts);
  ~LiveRun();

  std::uint64_t number() const { return number_; }
  std::uint64_t log_segment() const { return log_segment_; }

  // --- for the writer, and for readers that hold the writer's lock ---

  /// True if a chunk of `spans` still fits, for runs of about `spans_max`.
  bool HasRoom(std::uint64_t spans, std::uint64_t spans_max) const;
  void Append(LiveChunk chunk);
  void Seal() { sealed_ = true; }
  bool sealed() const { return sealed_; }
  const Totals& totals() const { return totals_; }

  // --- for readers; `chunks` is what totals().chunks was under the lock ---

  const LiveChunk& chunk(std::size_t index) const;
  /// Parts that hold exactly the first `chunks` chunks, shared with other callers as far as
  /// possible. `sealed` says that there will be no more: then it is one part.
  std::vector<std::shared_ptr<const LivePart>> Parts(std::size_t chunks, bool sealed) const
      EXCLUDES(parts_mutex_);
  /// Appends the spans of `id` in the first `chunks` chunks; true if there are any.
  Result<bool> AppendTrace(const TraceId& id, std::size_t chunks, bool sealed,
                           TraceData& out) const;

 private:
  // Chunks stand in pages so that a small run is small.
  static constexpr std::size_t kPageChunks = 8;
  using Page = std::array<LiveChunk, kPageChunks>;
  // Fingerprint of a trace id, and a chunk that has it; sorted.
  using Index = std::vector<std::pair<std::uint64_t, std::uint32_t>>;

  std::shared_ptr<const Index> TraceIndex(std::size_t chunks) const EXCLUDES(parts_mutex_);
  Result<bool> AppendFrom(std::size_t index, const TraceId& id, TraceData& out) const;

  const std::uint64_t number_;
  const std::uint64_t log_segment_;
  const LiveAccounts accounts_;
  std::array<std::unique_ptr<Page>, kChunksMax / kPageChunks> pages_;
  Totals totals_;
  bool sealed_ = false;

  mutable Mutex parts_mutex_;
  // One after the other from chunk 0, each at least twice as large as the next: pieces that
  // queries asked for are merged like the levels of a merge tree.
  mutable std::vector<std::shared_ptr<const LivePart>> parts_ GUARDED_BY(parts_mutex_);
  mutable std::shared_ptr<const Index> index_ GUARDED_BY(parts_mutex_);
  mutable LiveBytes index_held_ GUARDED_BY(parts_mutex_);
};

}  // namespace vivace::storage

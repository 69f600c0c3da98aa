#pragma once
// One tenant's runs and blocks, and the snapshots of them.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "storage/block_source.h"
#include "storage/live_run.h"
#include "storage/live_source.h"
#include "storage/snapshot.h"

namespace vivace::storage {

/// Thread-safe; the lock is held for a few instructions, never over work.
class TenantData {
 public:
  struct Figures {
    std::uint64_t live_spans = 0;
    std::uint64_t live_chunks = 0;
    std::uint64_t live_otlp_bytes = 0;
    std::uint64_t blocks = 0;
    std::uint64_t block_spans = 0;
    std::uint64_t block_bytes = 0;
    std::uint64_t trace_start_unix_ns_min = 0;  ///< Zero when there are no spans.
    std::uint64_t trace_start_unix_ns_max = 0;
  };

  TenantData(std::string tenant, LiveAccounts accounts, std::uint64_t run_spans_max);

  const std::string& tenant() const { return tenant_; }

  /// Shows `chunk`, whose record lies in `log_segment`, to all later snapshots. Segments do not
  /// go back. Returns the run that this closed, or null.
  std::shared_ptr<const LiveRun> Insert(LiveChunk chunk, std::uint64_t log_segment)
      EXCLUDES(mutex_);

  std::shared_ptr<const Snapshot> TakeSnapshot() const EXCLUDES(mutex_);

  /// Closes and returns the runs of segments before `log_segment`; they stay visible.
  std::vector<std::shared_ptr<const LiveRun>> SealBefore(std::uint64_t log_segment)
      EXCLUDES(mutex_);

  /// Lets `block` (null: nothing) take the place of `runs`, in one step.
  void Replace(const std::vector<std::shared_ptr<const LiveRun>>& runs,
               std::shared_ptr<const BlockSource> block) EXCLUDES(mutex_);

  /// Names something of this tenant that cannot be served.
  void AddUnavailable(std::string what) EXCLUDES(mutex_);

  Figures figures() const EXCLUDES(mutex_);

 private:
  struct Run {
    std::shared_ptr<LiveRun> run;
    std::shared_ptr<const LiveSource> source;  // Once sealed.
  };

  std::shared_ptr<const LiveRun> SealLast() REQUIRES(mutex_);
  void Changed() REQUIRES(mutex_);

  const std::string tenant_;
  const LiveAccounts accounts_;
  const std::uint64_t run_spans_max_;

  mutable Mutex mutex_;
  // In order of log segment; all but the last are sealed.
  std::vector<Run> runs_ GUARDED_BY(mutex_);
  std::vector<std::shared_ptr<const BlockSource>> blocks_ GUARDED_BY(mutex_);
  std::vector<std::string> unavailable_ GUARDED_BY(mutex_);
  std::uint64_t next_run_ GUARDED_BY(mutex_) = 1;
  // Sealed runs and blocks in snapshot order; null after a change until it is needed.
  mutable std::shared_ptr<const Snapshot::Sources> settled_ GUARDED_BY(mutex_);
  // The snapshot of this moment; null after a change until it is needed.
  mutable std::shared_ptr<const Snapshot> snapshot_ GUARDED_BY(mutex_);
  std::uint64_t version_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vivace::storage

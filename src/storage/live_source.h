#pragma once
// A run of live chunks, or what a snapshot saw of it, as a source.

#include <cstddef>
#include <memory>
#include <vector>

#include "base/mutex.h"
#include "storage/live_run.h"
#include "storage/source.h"

namespace vivace::storage {

/// The first chunks of a run. Thread-safe.
class LiveSource final : public Source {
 public:
  /// Made under the lock of the run's writer: takes what the run holds now.
  explicit LiveSource(std::shared_ptr<const LiveRun> run);

  const SourceMeta& meta() const override { return meta_; }
  std::size_t row_group_count() const override;
  Result<std::shared_ptr<const block::RowGroup>> LoadRowGroup(std::size_t index) const override;
  Result<bool> AppendTrace(const TraceId& id, TraceData& out) const override;
  Result<std::shared_ptr<const block::Catalogue>> catalogue() const override EXCLUDES(mutex_);

 private:
  using Parts = std::vector<std::shared_ptr<const LivePart>>;
  // The parts, chosen by the first caller: sources that are only asked for a trace by id
  // should not split the run.
  const Parts& ChosenParts() const EXCLUDES(mutex_);

  const std::shared_ptr<const LiveRun> run_;
  const std::size_t chunks_;
  const bool sealed_;
  const SourceMeta meta_;
  mutable Mutex mutex_;
  mutable std::unique_ptr<const Parts> parts_ GUARDED_BY(mutex_);
  mutable std::shared_ptr<const block::Catalogue> catalogue_ GUARDED_BY(mutex_);
};

}  // namespace vivace::storage

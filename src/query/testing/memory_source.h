#pragma once
// Sources in memory, for tests of queries: row groups without files.

#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/span.h"
#include "storage/snapshot.h"
#include "storage/source.h"

namespace vivace::query::testing {

/// Row groups as a source. Immutable.
class MemorySource final : public storage::Source {
 public:
  /// One row group for each element.
  MemorySource(std::string name, const std::vector<TraceData>& row_groups);

  const storage::SourceMeta& meta() const override { return meta_; }
  std::size_t row_group_count() const override { return rows_.size(); }
  Result<std::shared_ptr<const block::RowGroup>> LoadRowGroup(std::size_t index) const override;
  Result<bool> AppendTrace(const TraceId& id, TraceData& out) const override;
  Result<std::shared_ptr<const block::Catalogue>> catalogue() const override;

 private:
  storage::SourceMeta meta_;
  std::vector<std::shared_ptr<const block::RowGroup>> rows_;
  std::shared_ptr<const block::Catalogue> catalogue_;
};

/// A source that fails with kCorruption whenever it is read.
std::shared_ptr<const storage::Source> DamagedSource(std::string name);

/// A snapshot of `sources` in the order that snapshots have.
std::shared_ptr<const storage::Snapshot> SnapshotOf(storage::Snapshot::Sources sources);

/// Spreads the spans of `data` over `sources` sources of one to three row groups each, span by
/// span, so that traces are torn; one span in `twice_one_in` lies in two places.
std::shared_ptr<const storage::Snapshot> Scatter(const TraceData& data, std::size_t sources,
                                                 std::uint64_t twice_one_in, Random& random);

}  // namespace vivace::query::testing

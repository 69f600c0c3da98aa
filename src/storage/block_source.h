#pragma once
// A block as a source.

#include <cstddef>
#include <functional>
#include <memory>

#include "block/block_reader.h"
#include "storage/source.h"

namespace vivace::storage {

/// One block. Thread-safe.
class BlockSource final : public Source {
 public:
  /// Told of each read that failed, with the block and the error; thread-safe, quick.
  using OnFailure = std::function<void(const block::BlockMeta&, const Error&)>;

  /// `on_failure` is called only while the source's owner is alive or not at all: it holds
  /// what it needs itself.
  BlockSource(std::unique_ptr<block::BlockReader> reader, OnFailure on_failure);

  const block::BlockMeta& block_meta() const { return reader_->meta(); }

  const SourceMeta& meta() const override { return meta_; }
  std::size_t row_group_count() const override { return reader_->row_group_count(); }
  Result<std::shared_ptr<const block::RowGroup>> LoadRowGroup(std::size_t index) const override;
  Result<bool> AppendTrace(const TraceId& id, TraceData& out) const override;
  Result<std::shared_ptr<const block::Catalogue>> catalogue() const override;

 private:
  Error Report(Error error) const;

  const std::shared_ptr<const block::BlockReader> reader_;
  const OnFailure on_failure_;
  const SourceMeta meta_;
};

}  // namespace vivace::storage

#include "storage/block_source.h"

#include <utility>

namespace vivace::storage {
namespace {

SourceMeta MetaOf(const block::BlockMeta& block) {
  return {.name = block.id.ToHex(),
          .trace_start_min = block.trace_start_unix_ns_min,
          .trace_start_max = block.trace_start_unix_ns_max,
          .end_max = block.end_unix_ns_max,
          .spans = block.spans,
          .traces = block.traces,
          .bytes = block.bytes,
          .live = false};
}

}  // namespace

BlockSource::BlockSource(std::unique_ptr<block::BlockReader> reader, OnFailure on_failure)
    : reader_(std::move(reader)),
      on_failure_(std::move(on_failure)),
      meta_(MetaOf(reader_->meta())) {}

Error BlockSource::Report(Error error) const {
  error = std::move(error).Wrap("block " + meta_.name);
  on_failure_(reader_->meta(), error);
  return error;
}

Result<std::shared_ptr<const block::RowGroup>> BlockSource::LoadRowGroup(std::size_t index) const {
  CHECK(index < reader_->row_group_count());
  auto rows = reader_->LoadRowGroup(index);
  if (!rows.ok()) return Report(std::move(rows).error());
  return rows;
}

Result<bool> BlockSource::AppendTrace(const TraceId& id, TraceData& out) const {
  Result<bool> found = reader_->AppendTrace(id, out);
  if (!found.ok()) return Report(std::move(found).error());
  return found;
}

Result<std::shared_ptr<const block::Catalogue>> BlockSource::catalogue() const {
  // Part of the reader, which it keeps alive.
  return std::shared_ptr<const block::Catalogue>(reader_, &reader_->catalogue());
}

}  // namespace vivace::storage

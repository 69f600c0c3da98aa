#include "block/block_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "base/checksum.h"
#include "block/block_footer.h"
#include "block/row_group_codec.h"
#include "columnar/page_codec.h"

namespace vivace::block {
namespace {

struct TraceIndexEntry {
  TraceId id;
  std::uint32_t row_group = 0;
  std::uint32_t position = 0;
};

// A page that must be searchable where it lies.
columnar::EncodedPage UncompressedPage(std::string raw) {
  columnar::EncodedPage page;
  page.ref.raw_bytes = raw.size();
  page.ref.extent.size = raw.size();
  page.ref.checksum = Crc32c(AsBytes(raw));
  page.stored = std::move(raw);
  return page;
}

}  // namespace

struct BlockWriter::State {
  State(FileSystem& file_system, std::string block_path, Config block_config)
      : files(file_system),
        path(std::move(block_path)),
        temporary(path + ".tmp"),
        config(std::move(block_config)) {}

  Status Append(std::string_view bytes) {
    RETURN_IF_ERROR(file->Append(AsBytes(bytes)));
    offset += bytes.size();
    return OkStatus();
  }
  Status AppendPage(columnar::EncodedPage page, columnar::PageRef& ref) {
    ref = page.ref;
    ref.extent.offset = offset;
    return Append(page.stored);
  }
  Status AppendTraceIndex();
  void FillMeta();

  FileSystem& files;
  const std::string path;
  const std::string temporary;
  const Config config;
  std::unique_ptr<WritableFile> file;  // null once finished or given up
  std::uint64_t offset = 0;
  BlockFooter footer;
  std::vector<TraceIndexEntry> traces;
  CatalogueBuilder catalogue;
};

Status BlockWriter::State::AppendTraceIndex() {
  std::vector<std::pair<std::uint64_t, const TraceIndexEntry*>> order;
  order.reserve(traces.size());
  for (const TraceIndexEntry& entry : traces) {
    order.emplace_back(TraceFingerprint(entry.id), &entry);
  }
  std::sort(order.begin(), order.end(), [](const auto& a, const auto& b) {
    return std::tie(a.first, a.second->row_group, a.second->position) <
           std::tie(b.first, b.second->row_group, b.second->position);
  });

  ByteWriter fingerprints;
  std::vector<std::uint64_t> row_groups;
  std::vector<std::uint64_t> positions;
  for (const auto& [fingerprint, entry] : order) {
    fingerprints.U64(fingerprint);
    row_groups.push_back(entry->row_group);
    positions.push_back(entry->position);
  }
  ByteWriter locations;
  columnar::EncodeNumbers(row_groups, locations);
  columnar::EncodeNumbers(positions, locations);
  footer.trace_entries = traces.size();
  RETURN_IF_ERROR(AppendPage(UncompressedPage(fingerprints.Take()), footer.fingerprints));
  return AppendPage(columnar::EncodePage(locations.Take()), footer.locations);
}

void BlockWriter::State::FillMeta() {
  BlockMeta& meta = footer.meta;
  meta.id = config.id;
  meta.tenant = config.tenant;
  meta.created_unix_ns = config.created_unix_ns;
  meta.start_unix_ns_min = footer.row_groups[0].summary.bounds.start_min;
  for (const BlockFooter::RowGroupPlace& place : footer.row_groups) {
    const RowGroup::Bounds& bounds = place.summary.bounds;
    meta.start_unix_ns_min = std::min(meta.start_unix_ns_min, bounds.start_min);
    meta.start_unix_ns_max = std::max(meta.start_unix_ns_max, bounds.start_max);
    meta.end_unix_ns_max = std::max(meta.end_unix_ns_max, bounds.end_max);
    meta.spans += place.summary.spans;
  }
  // A trace in several row groups starts with the first of its parts. No trace starts before
  // the block's first span, and one starts with it.
  meta.trace_start_unix_ns_min = meta.start_unix_ns_min;
  for (const BlockFooter::RowGroupPlace& place : footer.row_groups) {
    meta.trace_start_unix_ns_max =
        std::max(meta.trace_start_unix_ns_max, place.summary.bounds.trace_start_max);
  }
  std::sort(traces.begin(), traces.end(),
            [](const TraceIndexEntry& a, const TraceIndexEntry& b) { return a.id < b.id; });
  meta.traces = static_cast<std::uint64_t>(
      std::unique(traces.begin(), traces.end(),
                  [](const TraceIndexEntry& a, const TraceIndexEntry& b) { return a.id == b.id; }) -
      traces.begin());
}

Result<std::unique_ptr<BlockWriter>> BlockWriter::Create(FileSystem& files, std::string path,
                                                         Config config) {
  auto state = std::make_unique<State>(files, std::move(path), std::move(config));
  if (files.Exists(state->path)) {
    return Error(ErrorCode::kAlreadyExists,
                 fmt::format("create block: {} exists already", state->path));
  }
  auto file = files.CreateFile(state->temporary);
  if (!file.ok() && file.error().code() == ErrorCode::kAlreadyExists) {
    // Left over from a writer that a crash ended.
    RETURN_IF_ERROR(files.Remove(state->temporary));
    file = files.CreateFile(state->temporary);
  }
  if (!file.ok()) return std::move(file).error().Wrap("create block");
  state->file = std::move(file).value();
  std::unique_ptr<BlockWriter> writer(new BlockWriter(std::move(state)));
  RETURN_IF_ERROR(writer->state_->Append(EncodeBlockHeader()).Wrap("create block"));
  return writer;
}

BlockWriter::BlockWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}

BlockWriter::~BlockWriter() {
  if (state_->file == nullptr) return;
  state_->file.reset();
  IgnoreError(state_->files.Remove(state_->temporary), "left over; removed at the next start");
}

Status BlockWriter::Add(const RowGroup& rows) {
  CHECK(state_->file != nullptr);
  const std::string context = fmt::format("write block {}", state_->path);
  BlockFooter::RowGroupPlace place;
  place.summary.spans = rows.span_count();
  place.summary.traces = rows.trace_count();
  place.summary.bounds = rows.bounds();
  EncodedRowGroup encoded = EncodeRowGroup(rows, state_->offset);
  place.summary.stored = {state_->offset, encoded.bytes.size()};
  RETURN_IF_ERROR(state_->Append(encoded.bytes).Wrap(context));
  ByteWriter index;
  EncodePageIndex(encoded.pages, index);
  RETURN_IF_ERROR(
      state_->AppendPage(columnar::EncodePage(index.Take()), place.index).Wrap(context));

  const auto number = static_cast<std::uint32_t>(state_->footer.row_groups.size());
  std::uint32_t position = 0;
  for (const TraceEntry& trace : rows.traces()) {
    state_->traces.push_back({trace.id, number, position++});
  }
  state_->footer.row_groups.push_back(place);
  state_->catalogue.Add(rows);
  return OkStatus();
}

Result<BlockMeta> BlockWriter::Finish() {
  State& state = *state_;
  CHECK(state.file != nullptr);
  const std::string context = fmt::format("write block {}", state.path);
  if (state.footer.row_groups.empty()) {
    return Error(ErrorCode::kFailedPrecondition, context + ": no row group was added");
  }
  RETURN_IF_ERROR(state.AppendTraceIndex().Wrap(context));
  ByteWriter catalogue;
  EncodeCatalogue(state.catalogue.Finish(), catalogue);
  RETURN_IF_ERROR(state.AppendPage(columnar::EncodePage(catalogue.Take()), state.footer.catalogue)
                      .Wrap(context));
  state.FillMeta();
  RETURN_IF_ERROR(state.Append(EncodeBlockFooter(state.footer, state.offset)).Wrap(context));
  state.footer.meta.bytes = state.offset;

  RETURN_IF_ERROR(state.file->Sync().Wrap(context));
  RETURN_IF_ERROR(state.file->Close().Wrap(context));
  RETURN_IF_ERROR(state.files.Rename(state.temporary, state.path).Wrap(context));
  state.file.reset();  // Nothing is left for the destructor to remove.
  if (Status synced = state.files.SyncDirectory(ParentPath(state.path)); !synced.ok()) {
    IgnoreError(state.files.Remove(state.path), "no manifest names it");
    return std::move(synced).error().Wrap(context);
  }
  return state.footer.meta;
}

}  // namespace vivace::block

#include "block/block_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "block/row_group_codec.h"
#include "columnar/page_codec.h"

namespace vivace::block {
namespace {

// Read from the end of the file at once: the footer of some 500 row groups fits.
constexpr std::uint64_t kTailBytes = 32 * 1024;

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

Result<std::string> ReadExtentOf(const RandomAccessFile& file, Extent extent) {
  // Extents have been checked against the size of the file, so this allocates no more than it.
  std::string bytes(static_cast<std::size_t>(extent.size), '\0');
  RETURN_IF_ERROR(
      file.ReadAt(extent.offset, std::as_writable_bytes(std::span(bytes.data(), bytes.size()))));
  return bytes;
}

// The bytes of `page` within `bytes`, which lie at `offset`.
ByteView Within(std::string_view bytes, std::uint64_t offset, const columnar::PageRef& page) {
  return AsBytes(bytes).subspan(static_cast<std::size_t>(page.extent.offset - offset),
                                static_cast<std::size_t>(page.extent.size));
}

}  // namespace

struct BlockReader::State {
  std::unique_ptr<RandomAccessFile> file;
  std::string name;
  BlockReaderOptions options;
  BlockFooter footer;
  std::vector<std::uint64_t> fingerprints;  // ascending
  std::vector<std::uint32_t> trace_row_groups;
  std::vector<std::uint32_t> trace_positions;
  Catalogue catalogue;

  std::string Context() const { return fmt::format("block {}", name); }

  Status ReadFooter();
  Status ReadIndexes();
  Status DecodeTraceIndex(std::string_view bytes, std::uint64_t offset);
  Result<std::vector<IndexedPage>> ReadPageIndex(std::size_t row_group) const;
  Result<std::shared_ptr<const RowGroup>> Load(std::size_t row_group) const;
  Result<std::shared_ptr<const RowGroup>> LoadThroughCache(std::size_t row_group) const;
  Status VerifyRowGroup(std::size_t index, const RowGroup& rows) const;
  Status Verify() const;

  /// Entries of the trace index with the fingerprint of `id`: [first, last).
  std::pair<std::size_t, std::size_t> Candidates(const TraceId& id) const {
    const auto [first, last] =
        std::equal_range(fingerprints.begin(), fingerprints.end(), TraceFingerprint(id));
    return {static_cast<std::size_t>(first - fingerprints.begin()),
            static_cast<std::size_t>(last - fingerprints.begin())};
  }
};

Status BlockReader::State::ReadFooter() {
  const std::uint64_t size = file->size();
  const std::uint64_t tail_size = std::min(size, kTailBytes);
  ASSIGN_OR_RETURN(const std::string tail, ReadExtentOf(*file, {size - tail_size, tail_size}));
  ASSIGN_OR_RETURN(const BlockTrailer trailer, DecodeBlockTrailer(AsBytes(tail), size));
  if (trailer.footer.offset >= size - tail_size) {
    const auto at = static_cast<std::size_t>(trailer.footer.offset - (size - tail_size));
    ASSIGN_OR_RETURN(
        footer, DecodeBlockFooter(AsBytes(tail).subspan(at, trailer.footer.size), trailer, size));
    return OkStatus();
  }
  ASSIGN_OR_RETURN(const std::string bytes, ReadExtentOf(*file, trailer.footer));
  ASSIGN_OR_RETURN(footer, DecodeBlockFooter(AsBytes(bytes), trailer, size));
  return OkStatus();
}

Status BlockReader::State::DecodeTraceIndex(std::string_view bytes, std::uint64_t offset) {
  columnar::DecodeBudget budget(options.decoded_bytes_max);
  const std::uint64_t entries = footer.trace_entries;
  ASSIGN_OR_RETURN(const std::string raw,
                   columnar::DecodePage(Within(bytes, offset, footer.fingerprints),
                                        footer.fingerprints, budget));
  if (entries > raw.size() || raw.size() != entries * 8) {
    return Corrupt(fmt::format("{} bytes of fingerprints for {} traces", raw.size(), entries));
  }
  RETURN_IF_ERROR(budget.Take(entries, 16, "trace index"));
  ByteReader in(AsBytes(raw));
  fingerprints.reserve(static_cast<std::size_t>(entries));
  while (!in.AtEnd()) {
    ASSIGN_OR_RETURN(const std::uint64_t fingerprint, in.ReadU64());
    fingerprints.push_back(fingerprint);
  }
  if (!std::is_sorted(fingerprints.begin(), fingerprints.end())) {
    return Corrupt("trace fingerprints are not in order");
  }

  ASSIGN_OR_RETURN(
      const std::string packed,
      columnar::DecodePage(Within(bytes, offset, footer.locations), footer.locations, budget));
  ByteReader locations(AsBytes(packed));
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> row_groups,
                   columnar::DecodeNumbers(locations, entries, budget));
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> positions,
                   columnar::DecodeNumbers(locations, entries, budget));
  if (!locations.AtEnd()) return Corrupt("bytes after the trace locations");
  for (std::size_t i = 0; i < entries; ++i) {
    if (row_groups[i] >= footer.row_groups.size() ||
        positions[i] >= footer.row_groups[row_groups[i]].summary.traces ||
        positions[i] > std::numeric_limits<std::uint32_t>::max()) {
      return Corrupt(
          fmt::format("trace index names trace {} of row group {}", positions[i], row_groups[i]));
    }
    trace_row_groups.push_back(static_cast<std::uint32_t>(row_groups[i]));
    trace_positions.push_back(static_cast<std::uint32_t>(positions[i]));
  }
  return OkStatus();
}

Status BlockReader::State::ReadIndexes() {
  // Fingerprints, locations and catalogue lie one after the other.
  const std::uint64_t begin = footer.fingerprints.extent.offset;
  const std::uint64_t end = footer.catalogue.extent.offset + footer.catalogue.extent.size;
  ASSIGN_OR_RETURN(const std::string bytes, ReadExtentOf(*file, {begin, end - begin}));
  RETURN_IF_ERROR(DecodeTraceIndex(bytes, begin).Wrap("trace index"));
  columnar::DecodeBudget budget(options.decoded_bytes_max);
  ASSIGN_OR_RETURN(
      const std::string raw,
      columnar::DecodePage(Within(bytes, begin, footer.catalogue), footer.catalogue, budget)
          .Wrap("catalogue"));
  ByteReader in(AsBytes(raw));
  ASSIGN_OR_RETURN(catalogue, DecodeCatalogue(in).Wrap("catalogue"));
  if (!in.AtEnd()) return Corrupt("bytes after the catalogue");
  return OkStatus();
}

Result<std::vector<IndexedPage>> BlockReader::State::ReadPageIndex(std::size_t row_group) const {
  const BlockFooter::RowGroupPlace& place = footer.row_groups[row_group];
  columnar::DecodeBudget budget(options.decoded_bytes_max);
  ASSIGN_OR_RETURN(const std::string bytes, ReadExtentOf(*file, place.index.extent));
  ASSIGN_OR_RETURN(const std::string raw,
                   columnar::DecodePage(AsBytes(bytes), place.index, budget));
  ByteReader in(AsBytes(raw));
  return DecodePageIndex(in);
}

Result<std::shared_ptr<const RowGroup>> BlockReader::State::Load(std::size_t row_group) const {
  const BlockFooter::RowGroupPlace& place = footer.row_groups[row_group];
  const std::string context = fmt::format("{}: row group {}", Context(), row_group);
  // Pages and their index in one read.
  const Extent whole{place.summary.stored.offset,
                     place.summary.stored.size + place.index.extent.size};
  auto bytes = ReadExtentOf(*file, whole);
  if (!bytes.ok()) return std::move(bytes).error().Wrap(context);
  columnar::DecodeBudget budget(options.decoded_bytes_max);
  const auto decode = [&]() -> Result<std::shared_ptr<const RowGroup>> {
    ASSIGN_OR_RETURN(
        const std::string raw,
        columnar::DecodePage(Within(*bytes, whole.offset, place.index), place.index, budget));
    ByteReader in(AsBytes(raw));
    ASSIGN_OR_RETURN(const std::vector<IndexedPage> pages, DecodePageIndex(in));
    // Pages follow each other; so first and last tell that they fill their place.
    if (pages.empty() || pages.front().ref.extent.offset != place.summary.stored.offset ||
        pages.back().ref.extent.offset + pages.back().ref.extent.size !=
            place.index.extent.offset) {
      return Corrupt("pages do not fill the row group");
    }
    return DecodeRowGroup(AsBytes(*bytes), whole.offset, pages, budget);
  };
  auto rows = decode();
  if (!rows.ok()) return std::move(rows).error().Wrap(context);
  if ((*rows)->span_count() != place.summary.spans ||
      (*rows)->trace_count() != place.summary.traces || (*rows)->bounds() != place.summary.bounds) {
    return Corrupt("footer has other figures than the rows").Wrap(context);
  }
  return rows;
}

Result<std::shared_ptr<const RowGroup>> BlockReader::State::LoadThroughCache(
    std::size_t row_group) const {
  CHECK(row_group < footer.row_groups.size());
  if (options.cache == nullptr) return Load(row_group);
  if (auto rows = options.cache->Find(footer.meta.id, row_group)) return rows;
  ASSIGN_OR_RETURN(std::shared_ptr<const RowGroup> rows, Load(row_group));
  options.cache->Insert(footer.meta.id, row_group, rows);
  return rows;
}

Status BlockReader::State::VerifyRowGroup(std::size_t index, const RowGroup& rows) const {
  for (std::uint32_t t = 0; t < rows.trace_count(); ++t) {
    const auto [first, last] = Candidates(rows.traces()[t].id);
    bool found = false;
    for (std::size_t i = first; i < last; ++i) {
      found = found || (trace_row_groups[i] == index && trace_positions[i] == t);
    }
    if (!found) {
      return Corrupt(fmt::format("trace {} of row group {} is not in the trace index",
                                 rows.traces()[t].id.ToHex(), index));
    }
  }
  return OkStatus();
}

Status BlockReader::State::Verify() const {
  ASSIGN_OR_RETURN(const std::string header, ReadExtentOf(*file, {0, kBlockHeaderBytes}));
  RETURN_IF_ERROR(CheckBlockHeader(AsBytes(header)));

  BlockMeta found;
  std::uint64_t entries = 0;
  std::set<TraceId> ids;
  CatalogueBuilder counted;
  for (std::size_t i = 0; i < footer.row_groups.size(); ++i) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const RowGroup> rows, Load(i));
    RETURN_IF_ERROR(VerifyRowGroup(i, *rows));
    const RowGroup::Bounds& bounds = rows->bounds();
    found.start_unix_ns_min =
        i == 0 ? bounds.start_min : std::min(found.start_unix_ns_min, bounds.start_min);
    found.start_unix_ns_max = std::max(found.start_unix_ns_max, bounds.start_max);
    found.end_unix_ns_max = std::max(found.end_unix_ns_max, bounds.end_max);
    found.trace_start_unix_ns_max = std::max(found.trace_start_unix_ns_max, bounds.trace_start_max);
    found.spans += rows->span_count();
    entries += rows->trace_count();
    for (const TraceEntry& trace : rows->traces()) ids.insert(trace.id);
    counted.Add(*rows);
  }
  const BlockMeta& meta = footer.meta;
  found.id = meta.id;
  found.tenant = meta.tenant;
  found.created_unix_ns = meta.created_unix_ns;
  found.trace_start_unix_ns_min = found.start_unix_ns_min;
  found.traces = ids.size();
  found.bytes = meta.bytes;
  if (found != meta) return Corrupt("footer has other times or counts than the rows");
  if (entries != footer.trace_entries) {
    return Corrupt(fmt::format("trace index has {} entries, the row groups {} traces",
                               footer.trace_entries, entries));
  }
  // Which values are listed may differ between writers; what was counted may not.
  const Catalogue expected = counted.Finish();
  const auto same_counts = [](const CatalogueEntry& a, const CatalogueEntry& b) {
    return std::tie(a.level, a.key, a.type, a.count) == std::tie(b.level, b.key, b.type, b.count);
  };
  if (catalogue.complete && expected.complete &&
      !std::equal(catalogue.entries.begin(), catalogue.entries.end(), expected.entries.begin(),
                  expected.entries.end(), same_counts)) {
    return Corrupt("catalogue does not count what the rows hold");
  }
  return OkStatus();
}

Result<std::unique_ptr<BlockReader>> BlockReader::Open(FileSystem& files, const std::string& path,
                                                       BlockReaderOptions options) {
  auto file = files.OpenFile(path);
  if (!file.ok()) return std::move(file).error().Wrap("open block");
  return Open(std::move(file).value(), path, options);
}

Result<std::unique_ptr<BlockReader>> BlockReader::Open(std::unique_ptr<RandomAccessFile> file,
                                                       std::string name,
                                                       BlockReaderOptions options) {
  auto state = std::make_unique<State>();
  state->file = std::move(file);
  state->name = std::move(name);
  state->options = options;
  const std::string context = fmt::format("open block {}", state->name);
  RETURN_IF_ERROR(state->ReadFooter().Wrap(context));
  RETURN_IF_ERROR(state->ReadIndexes().Wrap(context));
  return std::unique_ptr<BlockReader>(new BlockReader(std::move(state)));
}

BlockReader::BlockReader(std::unique_ptr<const State> state) : state_(std::move(state)) {}
BlockReader::~BlockReader() = default;

const BlockMeta& BlockReader::meta() const { return state_->footer.meta; }
const Catalogue& BlockReader::catalogue() const { return state_->catalogue; }
std::size_t BlockReader::row_group_count() const { return state_->footer.row_groups.size(); }

const RowGroupSummary& BlockReader::row_group(std::size_t index) const {
  CHECK(index < row_group_count());
  return state_->footer.row_groups[index].summary;
}

Result<std::shared_ptr<const RowGroup>> BlockReader::LoadRowGroup(std::size_t index) const {
  return state_->LoadThroughCache(index);
}

bool BlockReader::MayHaveTrace(const TraceId& id) const {
  const auto [first, last] = state_->Candidates(id);
  return first != last;
}

Result<bool> BlockReader::AppendTrace(const TraceId& id, TraceData& out) const {
  const auto [first, last] = state_->Candidates(id);
  bool found = false;
  for (std::size_t i = first; i < last; ++i) {
    ASSIGN_OR_RETURN(const std::shared_ptr<const RowGroup> rows,
                     state_->LoadThroughCache(state_->trace_row_groups[i]));
    // Another id may have the same fingerprint; its entry adds nothing here.
    if (rows->traces()[state_->trace_positions[i]].id != id) continue;
    found = rows->AppendTrace(id, out) || found;
  }
  return found;
}

Result<std::vector<BlockReader::Usage>> BlockReader::BytesByColumn() const {
  static constexpr std::string_view kLevels[] = {"span", "resource", "scope", "event", "link"};
  std::map<std::string, Usage> usage;
  const auto add = [&usage](std::string what, const columnar::PageRef& ref) {
    Usage& entry = usage[what];
    entry.what = std::move(what);
    entry.stored_bytes += ref.extent.size;
    entry.raw_bytes += ref.raw_bytes;
  };
  for (std::size_t i = 0; i < row_group_count(); ++i) {
    auto pages = state_->ReadPageIndex(i);
    if (!pages.ok()) return std::move(pages).error().Wrap(state_->Context());
    ASSIGN_OR_RETURN(const std::shared_ptr<const RowGroup> rows, state_->LoadThroughCache(i));
    add("page indexes", state_->footer.row_groups[i].index);
    for (const IndexedPage& page : *pages) {
      const std::string_view level = kLevels[static_cast<std::size_t>(page.key.table)];
      if (page.key.part == PagePart::kAttributeDictionary ||
          page.key.part == PagePart::kAttributeValues) {
        const AttributeTable& table = rows->columns().table(page.key.table);
        const AttributeColumn& column = table.columns[page.key.ordinal];
        add(fmt::format("{}.{} ({})", level, rows->columns().keys[column.key],
                        ValueTypeName(column.type)),
            page.ref);
      } else if (page.key.part >= PagePart::kAttributeColumns) {
        add(fmt::format("{} {}", level, PagePartName(page.key.part)), page.ref);
      } else {
        add(std::string(PagePartName(page.key.part)), page.ref);
      }
    }
  }
  add("trace fingerprints", state_->footer.fingerprints);
  add("trace locations", state_->footer.locations);
  add("catalogue", state_->footer.catalogue);
  std::vector<Usage> result;
  for (auto& [what, entry] : usage) result.push_back(std::move(entry));
  std::stable_sort(result.begin(), result.end(),
                   [](const Usage& a, const Usage& b) { return a.stored_bytes > b.stored_bytes; });
  return result;
}

Status BlockReader::Verify() const {
  return state_->Verify().Wrap(fmt::format("verify block {}", state_->name));
}

std::size_t BlockReader::memory_bytes() const {
  std::size_t bytes =
      sizeof(State) + state_->footer.row_groups.capacity() * sizeof(BlockFooter::RowGroupPlace) +
      state_->fingerprints.capacity() * sizeof(std::uint64_t) +
      sizeof(std::uint32_t) *
          (state_->trace_row_groups.capacity() + state_->trace_positions.capacity());
  for (const CatalogueEntry& entry : state_->catalogue.entries) {
    bytes +=
        sizeof(entry) + entry.key.capacity() + entry.values.capacity() * sizeof(CatalogueValue);
    for (const CatalogueValue& value : entry.values) {
      if (value.value.AsString() != nullptr) bytes += value.value.AsString()->capacity();
    }
  }
  return bytes;
}

}  // namespace vivace::block

#include "block/block_footer.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <cstring>
#include <utility>

#include "base/checksum.h"

namespace vivace::block {
namespace {

using columnar::PageRef;

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

Status CheckVersion(std::uint32_t version) {
  if (version == kBlockVersion) return OkStatus();
  if (version == 0) return Corrupt("block version 0, versions begin at 1");
  return Error(ErrorCode::kUnsupported,
               fmt::format("block version {}, this build reads up to {}: a newer Vivace wrote it, "
                           "and only such a one can read it",
                           version, kBlockVersion));
}

void EncodeBounds(const RowGroup::Bounds& bounds, ByteWriter& out) {
  for (const std::uint64_t value :
       {bounds.start_min, bounds.start_max, bounds.end_max, bounds.duration_min,
        bounds.duration_max, bounds.trace_start_min, bounds.trace_start_max}) {
    out.Varint(value);
  }
}

Result<RowGroup::Bounds> DecodeBounds(ByteReader& in) {
  RowGroup::Bounds bounds;
  for (std::uint64_t* value :
       {&bounds.start_min, &bounds.start_max, &bounds.end_max, &bounds.duration_min,
        &bounds.duration_max, &bounds.trace_start_min, &bounds.trace_start_max}) {
    ASSIGN_OR_RETURN(*value, in.ReadVarint());
  }
  return bounds;
}

Result<BlockMeta> DecodeMeta(ByteReader& in, std::uint64_t file_bytes) {
  BlockMeta meta;
  ASSIGN_OR_RETURN(const ByteView id, in.ReadBytes(meta.id.bytes.size()));
  std::memcpy(meta.id.bytes.data(), id.data(), id.size());
  ASSIGN_OR_RETURN(const std::string_view tenant, in.ReadText());
  meta.tenant = std::string(tenant);
  ASSIGN_OR_RETURN(const std::uint64_t created, in.ReadU64());
  meta.created_unix_ns = static_cast<std::int64_t>(created);
  for (std::uint64_t* value :
       {&meta.start_unix_ns_min, &meta.start_unix_ns_max, &meta.end_unix_ns_max,
        &meta.trace_start_unix_ns_min, &meta.trace_start_unix_ns_max, &meta.spans, &meta.traces}) {
    ASSIGN_OR_RETURN(*value, in.ReadVarint());
  }
  meta.bytes = file_bytes;
  return meta;
}

// Fails unless `ref` begins at `next`; moves `next` to its end.
Status Follow(std::string_view what, const PageRef& ref, std::uint64_t& next, std::uint64_t end) {
  if (ref.extent.offset != next || ref.extent.size > end - next) {
    return Corrupt(fmt::format("{} lies at {}+{}, expected it at {} and before {}", what,
                               ref.extent.offset, ref.extent.size, next, end));
  }
  next += ref.extent.size;
  return OkStatus();
}

}  // namespace

std::string EncodeBlockHeader() {
  ByteWriter out;
  out.Raw(kBlockMagic);
  out.U32(kBlockVersion);
  return out.Take();
}

Status CheckBlockHeader(ByteView bytes) {
  ByteReader in(bytes);
  RETURN_IF_ERROR(in.ExpectMagic(kBlockMagic).Wrap("block header"));
  ASSIGN_OR_RETURN(const std::uint32_t version, in.ReadU32());
  return CheckVersion(version).Wrap("block header");
}

std::string EncodeBlockFooter(const BlockFooter& footer, std::uint64_t offset) {
  ByteWriter out;
  const BlockMeta& meta = footer.meta;
  out.Bytes(std::as_bytes(std::span(meta.id.bytes)));
  out.Text(meta.tenant);
  out.U64(static_cast<std::uint64_t>(meta.created_unix_ns));
  for (const std::uint64_t value :
       {meta.start_unix_ns_min, meta.start_unix_ns_max, meta.end_unix_ns_max,
        meta.trace_start_unix_ns_min, meta.trace_start_unix_ns_max, meta.spans, meta.traces}) {
    out.Varint(value);
  }
  out.Varint(footer.row_groups.size());
  for (const BlockFooter::RowGroupPlace& place : footer.row_groups) {
    columnar::WritePageRef(place.index, out);
    out.Varint(place.summary.spans);
    out.Varint(place.summary.traces);
    EncodeBounds(place.summary.bounds, out);
  }
  out.Varint(footer.trace_entries);
  columnar::WritePageRef(footer.fingerprints, out);
  columnar::WritePageRef(footer.locations, out);
  columnar::WritePageRef(footer.catalogue, out);

  const auto size = static_cast<std::uint32_t>(out.size());
  const std::uint32_t checksum = Crc32c(out.view());
  out.U64(offset);
  out.U32(size);
  out.U32(checksum);
  out.U32(kBlockVersion);
  out.Raw(kBlockMagic);
  return out.Take();
}

Result<BlockTrailer> DecodeBlockTrailer(ByteView bytes, std::uint64_t file_bytes) {
  if (bytes.size() < kBlockTrailerBytes || file_bytes < kBlockHeaderBytes + kBlockTrailerBytes) {
    return Corrupt(fmt::format("file of {} bytes, a block has more than {}", file_bytes,
                               kBlockHeaderBytes + kBlockTrailerBytes));
  }
  ByteReader in(bytes.last(kBlockTrailerBytes));
  BlockTrailer trailer;
  ASSIGN_OR_RETURN(trailer.footer.offset, in.ReadU64());
  ASSIGN_OR_RETURN(const std::uint32_t size, in.ReadU32());
  ASSIGN_OR_RETURN(trailer.footer_checksum, in.ReadU32());
  ASSIGN_OR_RETURN(const std::uint32_t version, in.ReadU32());
  RETURN_IF_ERROR(in.ExpectMagic(kBlockMagic).Wrap("end of block: not a block, or cut off"));
  RETURN_IF_ERROR(CheckVersion(version));
  trailer.footer.size = size;
  const std::uint64_t end = file_bytes - kBlockTrailerBytes;
  if (trailer.footer.offset < kBlockHeaderBytes || trailer.footer.offset > end ||
      trailer.footer.size != end - trailer.footer.offset) {
    return Corrupt(
        fmt::format("footer at {}+{} does not end at {}", trailer.footer.offset, size, end));
  }
  return trailer;
}

Result<BlockFooter> DecodeBlockFooter(ByteView bytes, const BlockTrailer& trailer,
                                      std::uint64_t file_bytes) {
  if (const std::uint32_t found = Crc32c(bytes); found != trailer.footer_checksum) {
    return Corrupt(
        fmt::format("footer has checksum {:08x}, expected {:08x}", found, trailer.footer_checksum));
  }
  ByteReader in(bytes);
  BlockFooter footer;
  ASSIGN_OR_RETURN(footer.meta, DecodeMeta(in, file_bytes));
  std::uint64_t next = kBlockHeaderBytes;
  ASSIGN_OR_RETURN(const std::uint64_t row_groups, in.ReadVarint());
  for (std::uint64_t i = 0; i < row_groups; ++i) {
    BlockFooter::RowGroupPlace place;
    ASSIGN_OR_RETURN(place.index, columnar::ReadPageRef(in));
    ASSIGN_OR_RETURN(place.summary.spans, in.ReadVarint());
    ASSIGN_OR_RETURN(place.summary.traces, in.ReadVarint());
    ASSIGN_OR_RETURN(place.summary.bounds, DecodeBounds(in));
    const std::uint64_t index = place.index.extent.offset;
    if (index < next || index > trailer.footer.offset) {
      return Corrupt(fmt::format("index of row group {} lies at {}", i, index));
    }
    place.summary.stored = {next, index - next};
    next = index;
    RETURN_IF_ERROR(Follow("row group index", place.index, next, trailer.footer.offset));
    footer.row_groups.push_back(place);
  }
  ASSIGN_OR_RETURN(footer.trace_entries, in.ReadVarint());
  ASSIGN_OR_RETURN(footer.fingerprints, columnar::ReadPageRef(in));
  ASSIGN_OR_RETURN(footer.locations, columnar::ReadPageRef(in));
  ASSIGN_OR_RETURN(footer.catalogue, columnar::ReadPageRef(in));
  RETURN_IF_ERROR(Follow("trace fingerprints", footer.fingerprints, next, trailer.footer.offset));
  RETURN_IF_ERROR(Follow("trace locations", footer.locations, next, trailer.footer.offset));
  RETURN_IF_ERROR(Follow("catalogue", footer.catalogue, next, trailer.footer.offset));
  if (next != trailer.footer.offset || !in.AtEnd()) {
    return Corrupt(
        fmt::format("parts end at {}, the footer begins at {} and has {} bytes left over", next,
                    trailer.footer.offset, in.remaining()));
  }
  return footer;
}

std::uint64_t TraceFingerprint(const TraceId& id) {
  return XXH3_64bits(id.bytes.data(), id.bytes.size());
}

}  // namespace vivace::block

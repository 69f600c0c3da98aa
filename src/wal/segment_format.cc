#include "wal/segment_format.h"

#include <algorithm>

#include <fmt/core.h>
#include <lz4.h>

#include "base/checksum.h"

namespace vivace::wal {
namespace {

constexpr std::string_view kSegmentMagic = "VIVACWAL";
constexpr std::string_view kRecordMarker = "VREC";
constexpr std::string_view kNameEnd = ".wal";
constexpr std::size_t kNameDigits = 20;
constexpr std::size_t kHeaderCopyBytes = 64;
constexpr std::size_t kHeaderChecksumOffset = 60;
constexpr std::size_t kKindOffset = 31;
constexpr std::uint8_t kFirstOfCommit = 1;
constexpr std::uint8_t kFurtherOfCommit = 2;

static_assert(kPayloadBytesMax <= LZ4_MAX_INPUT_SIZE);
static_assert(kHeaderCopyOffset + kHeaderCopyBytes <= kSegmentHeaderBytes);
static_assert(kSegmentHeaderBytes % kRecordAlignment == 0);

std::string EncodeHeaderCopy(const SegmentHeader& header) {
  ByteWriter out;
  out.Raw(kSegmentMagic);
  out.U32(kSegmentVersion);
  out.U32(static_cast<std::uint32_t>(kSegmentHeaderBytes));
  out.U64(header.number);
  out.U64(header.salt);
  out.U64(static_cast<std::uint64_t>(header.created_unix_ns));
  out.U64(header.previous_segment);
  out.U64(header.previous_end);
  out.U32(0);
  out.U32(Crc32c(out.view()));
  CHECK(out.size() == kHeaderCopyBytes);
  return out.Take();
}

Result<SegmentHeader> DecodeHeaderCopy(ByteView bytes) {
  ByteReader in(bytes);
  RETURN_IF_ERROR(in.ExpectMagic(kSegmentMagic));
  ASSIGN_OR_RETURN(const std::uint32_t version, in.ReadU32());
  ASSIGN_OR_RETURN(const std::uint32_t header_bytes, in.ReadU32());
  SegmentHeader header;
  ASSIGN_OR_RETURN(header.number, in.ReadU64());
  ASSIGN_OR_RETURN(header.salt, in.ReadU64());
  ASSIGN_OR_RETURN(const std::uint64_t created, in.ReadU64());
  header.created_unix_ns = static_cast<std::int64_t>(created);
  ASSIGN_OR_RETURN(header.previous_segment, in.ReadU64());
  ASSIGN_OR_RETURN(header.previous_end, in.ReadU64());
  ASSIGN_OR_RETURN(const std::uint32_t zero, in.ReadU32());
  ASSIGN_OR_RETURN(const std::uint32_t checksum, in.ReadU32());
  const std::uint32_t found = Crc32c(bytes.first(kHeaderChecksumOffset));
  if (checksum != found) {
    return Error(
        ErrorCode::kCorruption,
        fmt::format("segment header says checksum {:08x}, its bytes have {:08x}", checksum, found));
  }
  // Only a whole header may say that it is newer: a flipped bit must not stop the start.
  if (version != kSegmentVersion) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("log segment of version {}; this program reads version {}: start the "
                             "newer program that wrote it, or move the segment away",
                             version, kSegmentVersion));
  }
  if (header_bytes != kSegmentHeaderBytes || zero != 0) {
    return Error(ErrorCode::kCorruption, "segment header with unknown fields");
  }
  return header;
}

std::uint32_t RecordHeaderChecksum(ByteView header, std::uint64_t salt, std::uint64_t offset) {
  ByteWriter place;
  place.U64(salt);
  place.U64(offset);
  return Crc32c(header.subspan(8, kRecordHeaderBytes - 8), Crc32c(place.view()));
}

}  // namespace

std::string SegmentName(std::uint64_t number) { return fmt::format("{:020}{}", number, kNameEnd); }

std::optional<std::uint64_t> ParseSegmentName(std::string_view name) {
  if (name.size() != kNameDigits + kNameEnd.size() || !name.ends_with(kNameEnd)) return {};
  std::uint64_t number = 0;
  for (const char c : name.substr(0, kNameDigits)) {
    if (c < '0' || c > '9') return {};
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (number > (UINT64_MAX - digit) / 10) return {};
    number = number * 10 + digit;
  }
  // 0 means "none", and the last number would leave none for the next segment.
  if (number == 0 || number == UINT64_MAX) return {};
  return number;
}

std::string EncodeSegmentHeader(const SegmentHeader& header) {
  const std::string copy = EncodeHeaderCopy(header);
  std::string out(kSegmentHeaderBytes, '\0');
  out.replace(0, copy.size(), copy);
  out.replace(kHeaderCopyOffset, copy.size(), copy);
  return out;
}

Result<SegmentHeader> DecodeSegmentHeader(ByteView start) {
  if (start.size() < kHeaderCopyBytes) {
    return Error(ErrorCode::kCorruption, fmt::format("segment header needs {} bytes, there are {}",
                                                     kHeaderCopyBytes, start.size()));
  }
  Result<SegmentHeader> first = DecodeHeaderCopy(start.first(kHeaderCopyBytes));
  if (first.ok() || first.error().code() == ErrorCode::kUnsupported ||
      start.size() < kHeaderCopyOffset + kHeaderCopyBytes) {
    return first;
  }
  Result<SegmentHeader> second =
      DecodeHeaderCopy(start.subspan(kHeaderCopyOffset, kHeaderCopyBytes));
  if (second.ok() || second.error().code() == ErrorCode::kUnsupported) return second;
  return first;
}

void EncodeRecord(std::string_view tenant, std::int64_t received_unix_ns, std::string_view payload,
                  std::string& out) {
  CHECK(tenant.size() <= kTenantBytesMax);
  CHECK(payload.size() <= kPayloadBytesMax);
  const std::size_t start = out.size();
  const std::size_t payload_at = start + kRecordHeaderBytes + tenant.size();
  const int bound = LZ4_compressBound(static_cast<int>(payload.size()));
  out.resize(start + kRecordHeaderBytes);
  out.append(tenant);
  out.resize(payload_at + static_cast<std::size_t>(bound));
  const int compressed = LZ4_compress_default(payload.data(), out.data() + payload_at,
                                              static_cast<int>(payload.size()), bound);
  RecordHeader header;
  if (compressed > 0 && static_cast<std::size_t>(compressed) < payload.size()) {
    header.encoding = RecordEncoding::kLz4;
    out.resize(payload_at + static_cast<std::size_t>(compressed));
  } else {
    header.encoding = RecordEncoding::kPlain;
    out.resize(payload_at);
    out.append(payload);
  }
  const ByteView body = AsBytes(out).subspan(start + kRecordHeaderBytes);
  ByteWriter writer;
  writer.Raw(kRecordMarker);
  writer.U32(0);
  writer.U32(Crc32c(body));
  writer.U32(static_cast<std::uint32_t>(body.size()));
  writer.U64(static_cast<std::uint64_t>(received_unix_ns));
  writer.U32(static_cast<std::uint32_t>(payload.size()));
  writer.U16(static_cast<std::uint16_t>(tenant.size()));
  writer.U8(static_cast<std::uint8_t>(header.encoding));
  writer.U8(0);
  CHECK(writer.size() == kRecordHeaderBytes);
  std::ranges::copy(AsText(writer.view()), out.begin() + static_cast<std::ptrdiff_t>(start));
  out.resize(start + AlignUp(out.size() - start), '\0');
}

void SealRecord(std::span<char> record, std::uint64_t salt, std::uint64_t offset,
                bool starts_commit) {
  CHECK(record.size() >= kRecordHeaderBytes);
  record[kKindOffset] = static_cast<char>(starts_commit ? kFirstOfCommit : kFurtherOfCommit);
  ByteWriter checksum;
  checksum.U32(RecordHeaderChecksum(std::as_bytes(record), salt, offset));
  std::ranges::copy(AsText(checksum.view()), record.begin() + 4);
}

std::optional<RecordHeader> DecodeRecordHeader(ByteView bytes, std::uint64_t salt,
                                               std::uint64_t offset) {
  CHECK(bytes.size() >= kRecordHeaderBytes);
  if (AsText(bytes.first(kRecordMarker.size())) != kRecordMarker) return {};
  ByteReader in(bytes.subspan(kRecordMarker.size()));
  const std::uint32_t checksum = *in.ReadU32();
  if (checksum != RecordHeaderChecksum(bytes, salt, offset)) return {};
  RecordHeader header;
  header.body_checksum = *in.ReadU32();
  header.body_size = *in.ReadU32();
  header.received_unix_ns = static_cast<std::int64_t>(*in.ReadU64());
  header.raw_size = *in.ReadU32();
  header.tenant_size = *in.ReadU16();
  const std::uint8_t encoding = *in.ReadU8();
  const std::uint8_t kind = *in.ReadU8();
  if (encoding > static_cast<std::uint8_t>(RecordEncoding::kLz4)) return {};
  if (kind != kFirstOfCommit && kind != kFurtherOfCommit) return {};
  header.starts_commit = kind == kFirstOfCommit;
  header.encoding = static_cast<RecordEncoding>(encoding);
  if (header.tenant_size > kTenantBytesMax || header.raw_size > kPayloadBytesMax ||
      header.body_size > kBodyBytesMax || header.body_size < header.tenant_size) {
    return {};
  }
  return header;
}

Result<LogRecord> DecodeBody(const RecordHeader& header, ByteView body, std::string& buffer) {
  CHECK(body.size() == header.body_size);
  const std::uint32_t checksum = Crc32c(body);
  if (checksum != header.body_checksum) {
    return Error(ErrorCode::kCorruption, fmt::format("record says checksum {:08x}, its body has "
                                                     "{:08x}",
                                                     header.body_checksum, checksum));
  }
  LogRecord record;
  record.tenant = AsText(body.first(header.tenant_size));
  record.received_unix_ns = header.received_unix_ns;
  const ByteView stored = body.subspan(header.tenant_size);
  if (header.encoding == RecordEncoding::kPlain) {
    if (stored.size() != header.raw_size) {
      return Error(ErrorCode::kCorruption, fmt::format("plain record says {} bytes, has {}",
                                                       header.raw_size, stored.size()));
    }
    record.payload = stored;
    return record;
  }
  buffer.resize(header.raw_size);
  const int got =
      LZ4_decompress_safe(reinterpret_cast<const char*>(stored.data()), buffer.data(),
                          static_cast<int>(stored.size()), static_cast<int>(header.raw_size));
  if (got < 0 || static_cast<std::uint32_t>(got) != header.raw_size) {
    return Error(ErrorCode::kCorruption,
                 fmt::format("LZ4 record does not give its {} bytes", header.raw_size));
  }
  record.payload = AsBytes(buffer);
  return record;
}

}  // namespace vivace::wal

#pragma once
// The bytes of a segment's header and of a record's header, as docs/log-format.md has them.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "wal/log.h"

namespace vivace::wal {

inline constexpr std::uint32_t kSegmentVersion = 1;
/// Where the first record starts; the header stands at 0 and at kHeaderCopyOffset.
inline constexpr std::uint64_t kSegmentHeaderBytes = 1024;
inline constexpr std::uint64_t kHeaderCopyOffset = 512;
inline constexpr std::size_t kRecordHeaderBytes = 32;
inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::uint64_t kBodyBytesMax = kPayloadBytesMax + kTenantBytesMax;

struct SegmentHeader {
  std::uint64_t number = 0;
  std::uint64_t salt = 0;
  std::int64_t created_unix_ns = 0;
  std::uint64_t previous_segment = 0;  ///< 0: none.
  std::uint64_t previous_end = 0;
  bool operator==(const SegmentHeader&) const = default;
};

enum class RecordEncoding : std::uint8_t { kPlain = 0, kLz4 = 1 };

/// A record's header without its marker and header checksum.
struct RecordHeader {
  std::uint32_t body_checksum = 0;
  std::uint32_t body_size = 0;
  std::int64_t received_unix_ns = 0;
  std::uint32_t raw_size = 0;
  std::uint16_t tenant_size = 0;
  RecordEncoding encoding = RecordEncoding::kPlain;
  bool starts_commit = false;  ///< Everything before it was synced before it was written.
  bool operator==(const RecordHeader&) const = default;
};

/// "00000000000000000042.wal"
std::string SegmentName(std::uint64_t number);
/// The number in a segment's name; none if `name` is not one.
std::optional<std::uint64_t> ParseSegmentName(std::string_view name);

/// The kSegmentHeaderBytes at the start of a segment, both copies.
std::string EncodeSegmentHeader(const SegmentHeader& header);

/// Reads the header from a segment's first bytes (up to kSegmentHeaderBytes of them), from
/// either copy. kCorruption: neither is whole. kUnsupported: written by a newer version.
Result<SegmentHeader> DecodeSegmentHeader(ByteView start);

/// Appends to `out` a record as it stands in a segment, padded, but without kind and header
/// checksum: SealRecord sets these, once the place is known. LZ4 where it shrinks `payload`. The
/// sizes are within kTenantBytesMax and kPayloadBytesMax.
void EncodeRecord(std::string_view tenant, std::int64_t received_unix_ns, std::string_view payload,
                  std::string& out);

/// Completes the header of the record that starts at `record`[0] and will stand at `offset` of
/// the segment with `salt`.
void SealRecord(std::span<char> record, std::uint64_t salt, std::uint64_t offset,
                bool starts_commit);

/// Reads the header of a record from kRecordHeaderBytes; none if they are no record header of
/// this place, or name sizes or kinds that this version does not know.
std::optional<RecordHeader> DecodeRecordHeader(ByteView bytes, std::uint64_t salt,
                                               std::uint64_t offset);

/// Takes a body apart, decompressing into `buffer` if need be; the views are into `body` or
/// `buffer`. kCorruption: the body does not match its header.
Result<LogRecord> DecodeBody(const RecordHeader& header, ByteView body, std::string& buffer);

constexpr std::uint64_t AlignUp(std::uint64_t offset) {
  return (offset + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

}  // namespace vivace::wal

#include "wal/segment_reader.h"

#include <algorithm>

namespace vivace::wal {
namespace {

// Read at a time: large enough for the disk, small next to everything else.
constexpr std::uint64_t kWindowBytes = std::uint64_t{1} << 20;
// Runs of damage that are remembered with their places, for the log lines; more are counted.
constexpr std::size_t kDamageExtentsMax = 16;

}  // namespace

SegmentReader::SegmentReader(const RandomAccessFile& file, const SegmentHeader& header,
                             std::uint64_t from, std::optional<std::uint64_t> end)
    : file_(file),
      header_(header),
      proven_end_(end),
      end_(std::min(file.size(), end.value_or(file.size()))),
      at_(AlignUp(std::max(from, kSegmentHeaderBytes))),
      valid_end_(at_) {}

Result<ByteView> SegmentReader::View(std::uint64_t offset, std::uint64_t size) {
  CHECK(offset + size <= end_);
  if (offset < window_offset_ || offset + size > window_offset_ + window_.size()) {
    const std::uint64_t wanted = std::min(std::max(size, kWindowBytes), end_ - offset);
    // A window that one huge record needed is not kept.
    if (window_.capacity() > 4 * kWindowBytes) std::vector<std::byte>().swap(window_);
    window_.resize(static_cast<std::size_t>(wanted));
    window_offset_ = offset;
    Status status = file_.ReadAt(offset, window_);
    if (!status.ok()) {
      window_.clear();
      return std::move(status).error();
    }
  }
  return ByteView(window_).subspan(static_cast<std::size_t>(offset - window_offset_),
                                   static_cast<std::size_t>(size));
}

Result<std::optional<SegmentReader::Item>> SegmentReader::Next() {
  while (at_ < end_ && end_ - at_ >= kRecordHeaderBytes) {
    ASSIGN_OR_RETURN(const ByteView header_bytes, View(at_, kRecordHeaderBytes));
    const std::optional<RecordHeader> header =
        DecodeRecordHeader(header_bytes, header_.salt, at_);
    if (!header) {
      at_ += kRecordAlignment;
      continue;
    }
    const std::uint64_t record_size = kRecordHeaderBytes + header->body_size;
    if (record_size > end_ - at_) break;  // Cut off: nothing can stand behind it.
    ASSIGN_OR_RETURN(const ByteView record, View(at_, record_size));
    if (decompressed_.capacity() > 4 * kWindowBytes) std::string().swap(decompressed_);
    Result<LogRecord> decoded =
        DecodeBody(*header, record.subspan(kRecordHeaderBytes), decompressed_);
    const std::uint64_t offset = at_;
    at_ = AlignUp(at_ + record_size);
    if (!decoded.ok()) continue;  // The header is right, so the next record starts there.
    if (offset > valid_end_) AddDamage(valid_end_, offset);
    valid_end_ = at_;
    return std::optional<Item>(Item{.offset = offset, .record = *decoded});
  }
  Finish();
  return std::optional<Item>();
}

void SegmentReader::AddDamage(std::uint64_t from, std::uint64_t to) {
  ++damaged_runs_;
  damaged_bytes_ += to - from;
  if (damage_.size() < kDamageExtentsMax) damage_.push_back(Extent{from, to - from});
}

void SegmentReader::Finish() {
  if (finished_) return;
  finished_ = true;
  if (proven_end_ && *proven_end_ > valid_end_) {
    AddDamage(valid_end_, *proven_end_);
  } else if (!proven_end_ && end_ > valid_end_) {
    torn_bytes_ = end_ - valid_end_;
  }
  if (proven_end_ && file_.size() > *proven_end_) torn_bytes_ += file_.size() - *proven_end_;
}

}  // namespace vivace::wal

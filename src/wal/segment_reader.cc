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

Result<std::optional<RecordHeader>> SegmentReader::HeaderAt(std::uint64_t offset) {
  ASSIGN_OR_RETURN(const ByteView bytes, View(offset, kRecordHeaderBytes));
  return DecodeRecordHeader(bytes, header_.salt, offset);
}

Result<std::uint64_t> SegmentReader::FindCommit(std::uint64_t offset) {
  while (offset < end_ && end_ - offset >= kRecordHeaderBytes) {
    ASSIGN_OR_RETURN(const std::optional<RecordHeader> header, HeaderAt(offset));
    if (!header) {
      offset += kRecordAlignment;
      continue;
    }
    if (header->starts_commit) return offset;
    offset = AlignUp(offset + kRecordHeaderBytes + header->body_size);
  }
  return end_;
}

Result<std::optional<SegmentReader::Item>> SegmentReader::Next() {
  while (!finished_ && at_ < end_ && end_ - at_ >= kRecordHeaderBytes) {
    const std::uint64_t offset = at_;
    ASSIGN_OR_RETURN(const std::optional<RecordHeader> header, HeaderAt(offset));
    std::uint64_t next = offset + kRecordAlignment;
    const std::uint64_t record_size = kRecordHeaderBytes + (header ? header->body_size : 0);
    if (header && record_size <= end_ - offset) {
      next = AlignUp(offset + record_size);  // The header is right: what follows starts there.
      ASSIGN_OR_RETURN(const ByteView record, View(offset, record_size));
      if (decompressed_.capacity() > 4 * kWindowBytes) std::string().swap(decompressed_);
      Result<LogRecord> decoded =
          DecodeBody(*header, record.subspan(kRecordHeaderBytes), decompressed_);
      if (decoded.ok()) {
        if (offset > valid_end_) AddDamage(valid_end_, offset);
        at_ = next;
        valid_end_ = next;
        return std::optional<Item>(Item{.offset = offset, .record = *decoded});
      }
    }
    // A hole. Was it synced once?
    if (!proven_end_ && offset >= synced_end_) {
      ASSIGN_OR_RETURN(const std::uint64_t commit, FindCommit(next));
      if (commit >= end_) break;
      synced_end_ = commit;
    }
    at_ = next;
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
  // What was synced once is in the log, whole or damaged; the rest is a torn tail.
  const std::uint64_t log_end = proven_end_.value_or(synced_end_);
  if (log_end > valid_end_) {
    AddDamage(valid_end_, log_end);
    valid_end_ = log_end;
  }
  if (file_.size() > valid_end_) torn_bytes_ = file_.size() - valid_end_;
}

}  // namespace vivace::wal

// The reading half of the local log: what a start finds in the folder, and the replay of it.
#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/log.h"
#include "wal/local_log.h"
#include "wal/local_log_instruments.h"
#include "wal/segment_reader.h"

namespace vivace::wal {

// ---- Opening ---------------------------------------------------------------------------------

Status LocalLog::ReadFolder() {
  RETURN_IF_ERROR(files_.CreateDirectories(config_.folder));
  // Also when it was there: an earlier start may have failed between making and syncing it.
  RETURN_IF_ERROR(files_.SyncDirectory(ParentPath(config_.folder)));
  // A new segment may name any that is found here, so none may go away with the power.
  RETURN_IF_ERROR(files_.SyncDirectory(config_.folder));
  ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, files_.List(config_.folder));
  for (const DirectoryEntry& entry : entries) {
    const std::optional<std::uint64_t> number = ParseSegmentName(entry.name);
    if (!number || entry.is_directory) {
      LogWarn("log folder holds something that is no segment; left alone",
              {{"folder", config_.folder}, {"name", entry.name}});
      MutexLock lock(mutex_);
      ++foreign_files_;
      continue;
    }
    RETURN_IF_ERROR(ReadSegmentStart(*number, entry.size));
  }
  MutexLock lock(mutex_);
  instruments_->segments.Set(static_cast<std::int64_t>(segments_.size()));
  return {};
}

Status LocalLog::ReadSegmentStart(std::uint64_t number, std::uint64_t bytes) {
  const std::string path = PathOf(number);
  ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, files_.OpenFile(path));
  std::vector<std::byte> start(std::min<std::uint64_t>(file->size(), kSegmentHeaderBytes));
  RETURN_IF_ERROR(file->ReadAt(0, start));
  Result<SegmentHeader> header = DecodeSegmentHeader(start);
  if (header.ok() && header->number != number) {
    header = Error(ErrorCode::kCorruption,
                   fmt::format("its header says segment {}; was it renamed?", header->number));
  }
  Segment segment;
  segment.bytes = bytes;
  if (header.ok()) {
    segment.readable = true;
    segment.header = *header;
  } else if (header.error().code() == ErrorCode::kUnsupported) {
    return std::move(header).error().Wrap("open " + path);
  } else if (bytes > kSegmentHeaderBytes) {
    LogError("log segment is unreadable and passed over",
             {{"path", path}, {"bytes", bytes}, {"error", header.error().message()}});
  }
  MutexLock lock(mutex_);
  segments_[number] = segment;
  next_number_ = std::max(next_number_, number + 1);
  return {};
}

// ---- Replay ----------------------------------------------------------------------------------

std::optional<std::uint64_t> LocalLog::ProvenEnd(std::uint64_t number) const {
  // Several successors may name it, when segments in between were begun and hold nothing.
  for (auto it = segments_.upper_bound(number); it != segments_.end(); ++it) {
    if (it->second.readable && it->second.header.previous_segment == number) {
      return it->second.header.previous_end;
    }
  }
  return {};
}

Result<ReplayReport> LocalLog::Replay(
    LogPosition from, const std::function<Status(LogPosition, const LogRecord&)>& visit) {
  std::map<std::uint64_t, Segment> segments;
  ReplayReport report;
  {
    MutexLock lock(mutex_);
    CHECK(!appended_);
    // Somebody may have emptied the folder: what is released already must not be named again.
    next_number_ = std::max(next_number_, from.segment);
    segments = segments_;
    report.foreign_files = foreign_files_;
  }
  for (const auto& [number, segment] : segments) {
    if (!segment.readable) continue;
    const std::uint64_t previous = segment.header.previous_segment;
    if (number > from.segment && previous != 0 && previous >= from.segment &&
        !segments.contains(previous)) {
      ++report.missing_segments;
      LogError("log segment is missing", {{"path", PathOf(previous)}, {"named_by", number}});
    }
  }
  for (const auto& [number, segment] : segments) {
    if (number < from.segment) continue;
    std::optional<std::uint64_t> end;
    {
      MutexLock lock(mutex_);
      end = ProvenEnd(number);
    }
    if (!segment.readable) {
      const bool was_being_made = segment.bytes <= kSegmentHeaderBytes && !end;
      if (was_being_made) {
        report.torn_bytes += segment.bytes;
      } else {
        ++report.unreadable_segments;
      }
      continue;
    }
    ++report.segments;
    const std::uint64_t offset = number == from.segment ? from.offset : 0;
    ASSIGN_OR_RETURN(const std::uint64_t valid_end,
                     ReplaySegment(number, offset, end, visit, report));
    if (!end && offset <= kSegmentHeaderBytes) {
      MutexLock lock(mutex_);
      last_end_ = LogPosition{number, valid_end};
    }
  }
  instruments_->replayed.Add(report.records);
  instruments_->damaged_runs.Add(report.damaged_runs);
  instruments_->damaged_bytes.Add(report.damaged_bytes);
  instruments_->lost_segments.Add(report.unreadable_segments + report.missing_segments);
  return report;
}

Result<std::uint64_t> LocalLog::ReplaySegment(
    std::uint64_t number, std::uint64_t from, std::optional<std::uint64_t> end,
    const std::function<Status(LogPosition, const LogRecord&)>& visit, ReplayReport& report) {
  const std::string path = PathOf(number);
  SegmentHeader header;
  {
    MutexLock lock(mutex_);
    header = segments_.at(number).header;
  }
  // After a crash of the process alone, the tail may be in memory only: what is shown from here
  // on must not go away with the power.
  if (!end) RETURN_IF_ERROR(files_.SyncFile(path));
  ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, files_.OpenFile(path));
  SegmentReader reader(*file, header, from, end);
  for (;;) {
    ASSIGN_OR_RETURN(const std::optional<SegmentReader::Item> item, reader.Next());
    if (!item) break;
    ++report.records;
    report.payload_bytes += item->record.payload.size();
    RETURN_IF_ERROR(visit(LogPosition{number, item->offset}, item->record));
  }
  for (const Extent& run : reader.damage()) {
    LogError("log segment is damaged; what can be read was read",
             {{"path", path}, {"offset", run.offset}, {"bytes", run.size}});
  }
  if (reader.torn_bytes() > 0) {
    LogInfo("log segment ends in a torn write, never acknowledged; passed over",
            {{"path", path}, {"offset", reader.valid_end()}, {"bytes", reader.torn_bytes()}});
  }
  report.damaged_runs += reader.damaged_runs();
  report.damaged_bytes += reader.damaged_bytes();
  report.torn_bytes += reader.torn_bytes();
  return reader.valid_end();
}

}  // namespace vivace::wal

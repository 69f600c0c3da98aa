#pragma once
// Reading of one segment from front to back, past damage, with bounded memory.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "wal/log.h"
#include "wal/segment_format.h"

namespace vivace::wal {

/// Reads the records of one segment. Not thread-safe. Memory: one window of 1 MiB, or the
/// largest record there is.
///
///   SegmentReader reader(*file, header, first, end);
///   for (;;) {
///     ASSIGN_OR_RETURN(const std::optional<SegmentReader::Item> item, reader.Next());
///     if (!item) break;
///   }
class SegmentReader {
 public:
  struct Item {
    std::uint64_t offset = 0;
    LogRecord record;  ///< Views hold until the next call.
  };

  /// Starts at `from` or the first record, whichever is later, aligned. `end`, if known, is the
  /// "previous end" of the segment's successor: up to there everything was whole once. `file`
  /// outlives the reader.
  SegmentReader(const RandomAccessFile& file, const SegmentHeader& header, std::uint64_t from,
                std::optional<std::uint64_t> end);

  /// Returns the next whole record, none at the end. Errors are those of reading the file.
  Result<std::optional<Item>> Next();

  /// Where the log's bytes end in this segment, as far as has been read.
  std::uint64_t valid_end() const { return valid_end_; }
  /// What was passed over inside the log; complete once Next has returned none.
  const std::vector<Extent>& damage() const { return damage_; }
  std::uint64_t damaged_runs() const { return damaged_runs_; }
  std::uint64_t damaged_bytes() const { return damaged_bytes_; }
  /// Bytes after the end that mean nothing; known once Next has returned none.
  std::uint64_t torn_bytes() const { return torn_bytes_; }

 private:
  /// The record header at `offset`; none if there is none.
  Result<std::optional<RecordHeader>> HeaderAt(std::uint64_t offset);
  /// The first record of a commit at or after `offset`; end_ if there is none.
  Result<std::uint64_t> FindCommit(std::uint64_t offset);
  Result<ByteView> View(std::uint64_t offset, std::uint64_t size);
  void AddDamage(std::uint64_t from, std::uint64_t to);
  void Finish();

  const RandomAccessFile& file_;
  const SegmentHeader header_;
  const std::optional<std::uint64_t> proven_end_;
  const std::uint64_t end_;  // No record reaches past it.
  std::uint64_t at_;
  std::uint64_t valid_end_;
  std::uint64_t synced_end_ = 0;  // Known to have been synced by what stands there.
  bool finished_ = false;
  std::vector<Extent> damage_;
  std::uint64_t damaged_runs_ = 0;
  std::uint64_t damaged_bytes_ = 0;
  std::uint64_t torn_bytes_ = 0;
  std::vector<std::byte> window_;
  std::uint64_t window_offset_ = 0;
  std::string decompressed_;
};

}  // namespace vivace::wal

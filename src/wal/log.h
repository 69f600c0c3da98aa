#pragma once
// The durable log's interface: records of bytes, appended, synced, replayed. It knows nothing
// of spans. wal/local_log.h implements it over segments in a folder.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace vivace::wal {

/// Where a record starts. Positions grow in the order of the log.
struct LogPosition {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;
  auto operator<=>(const LogPosition&) const = default;
};

/// A record as Replay shows it; the views hold for the time of the call.
struct LogRecord {
  std::string_view tenant;
  std::int64_t received_unix_ns = 0;
  ByteView payload;
};

/// One segment, for the status page.
struct SegmentInfo {
  std::uint64_t number = 0;
  std::uint64_t bytes = 0;
};

/// Whether the log takes records.
struct LogHealth {
  bool stopped = false;            ///< For good, until the process starts anew.
  std::string reason;              ///< Why it stopped, or why the last append was refused.
  std::uint64_t queued_bytes = 0;  ///< Waiting for their commit.
};

/// What a replay met.
struct ReplayReport {
  std::uint64_t segments = 0;
  std::uint64_t records = 0;
  std::uint64_t payload_bytes = 0;
  /// Runs of bytes inside the log that fail their checks, and their size: records that may have
  /// been acknowledged are lost there. Zero after any crash of a disk that keeps its promises.
  std::uint64_t damaged_runs = 0;
  std::uint64_t damaged_bytes = 0;
  /// Segments whose headers are both unreadable, and segments that are gone.
  std::uint64_t unreadable_segments = 0;
  std::uint64_t missing_segments = 0;
  /// Bytes after the end of the log in a segment: what a crash cut off, never acknowledged.
  std::uint64_t torn_bytes = 0;
  /// Files in the folder that are not segments; left alone.
  std::uint64_t foreign_files = 0;
};

/// Payload bytes that one record may hold: twice what a receiver takes in one request.
inline constexpr std::size_t kPayloadBytesMax = std::size_t{128} << 20;
/// Bytes that a tenant's name may have.
inline constexpr std::size_t kTenantBytesMax = 1024;

/// A durable sequence of records. Thread-safe unless said otherwise.
class Log {
 public:
  /// The record's position once it is durable, or why it is not (and may never be) in the log.
  using Done = std::function<void(Result<LogPosition>)>;

  virtual ~Log() = default;

  /// Queues a record. `done` is called exactly once: on the committer's thread, in log order,
  /// after the sync that made the record durable; or before Append returns, when the record is
  /// refused. It must be quick, and must not call Roll.
  /// kUnavailable: too much is waiting, the disk is full, or the log has stopped; the message
  /// says which. kInvalidArgument: the payload or tenant is over its limit.
  virtual void Append(std::string tenant, std::int64_t received_unix_ns,
                      std::shared_ptr<const std::string> payload, Done done) = 0;

  /// Shows every record from `from` on, in order, with bounded memory. Called before the first
  /// Append. Damage is counted, logged and passed over; an error of `visit` or of reading ends
  /// the replay and is returned. New segments get numbers of at least from.segment.
  virtual Result<ReplayReport> Replay(
      LogPosition from, const std::function<Status(LogPosition, const LogRecord&)>& visit) = 0;

  /// Starts a new segment and returns its number: every record whose Append has returned is in
  /// an earlier one, durable or refused. Blocks for that commit.
  virtual Result<std::uint64_t> Roll() = 0;

  /// Deletes the segments with numbers below `before_segment`, never the newest one.
  virtual Status Release(std::uint64_t before_segment) = 0;

  virtual LogHealth health() const = 0;
  /// The segments there are, ascending.
  virtual std::vector<SegmentInfo> segments() const = 0;
};

}  // namespace vivace::wal

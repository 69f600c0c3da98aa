#pragma once
// The log on local disk: segments in one folder, group commit. docs/log-format.md has the bytes.

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "base/random.h"
#include "base/result.h"
#include "wal/log.h"
#include "wal/segment_format.h"

namespace vivace::wal {

/// Who commits what has been appended.
enum class CommitMode {
  kOwnThread,  ///< A thread of the log's own.
  kManual,     ///< Whoever calls CommitPending, for tests that must repeat exactly.
};

/// A folder of segments.
///
/// Appends are compressed on the caller's thread and gathered; the committer writes what has
/// gathered while the last sync ran, syncs once and answers all. The first write or sync that
/// fails stops the log: what the kernel dropped it does not say, so nothing is tried again, and
/// every append from then on answers kUnavailable until the process starts anew. A disk that is
/// too full for a new segment refuses appends but does not stop the log.
///
/// After a restart the log goes on in a new segment; old ones are only read.
class LocalLog final : public Log {
 public:
  struct Config {
    std::string folder;  ///< Made if absent; the caller holds the lock on the data folder.
    /// A segment that would pass this is closed; the space is reserved at its start. Small
    /// enough that released space comes back soon, large enough to make new ones rare.
    std::uint64_t segment_bytes_max = std::uint64_t{64} << 20;
    /// Bytes written before one sync; one larger record goes alone.
    std::uint64_t commit_bytes_max = std::uint64_t{1} << 20;
    /// Payload bytes that may wait for their commit; more are refused with kUnavailable.
    std::uint64_t queue_bytes_max = std::uint64_t{64} << 20;
    /// Slept before each sync, to measure with the latency of another disk. Zero in service.
    std::chrono::microseconds sync_delay{0};
    CommitMode commit_mode = CommitMode::kOwnThread;
  };

  /// Lists the folder's segments. kUnsupported: one was written by a newer version; the message
  /// names it. Everything given must outlive the log.
  static Result<std::unique_ptr<LocalLog>> Open(Config config, FileSystem& files, Clock& clock,
                                                Random& random, MetricsRegistry& metrics);
  /// Commits what is queued, as Close does.
  ~LocalLog() override;

  void Append(std::string tenant, std::int64_t received_unix_ns,
              std::shared_ptr<const std::string> payload, Done done) override EXCLUDES(mutex_);
  Result<ReplayReport> Replay(
      LogPosition from, const std::function<Status(LogPosition, const LogRecord&)>& visit) override
      EXCLUDES(mutex_);
  Result<std::uint64_t> Roll() override EXCLUDES(mutex_);
  Status Release(std::uint64_t before_segment) override EXCLUDES(mutex_);
  LogHealth health() const override EXCLUDES(mutex_);
  std::vector<SegmentInfo> segments() const override EXCLUDES(mutex_);

  /// Commits what is queued on the caller's thread and returns the number of records answered.
  /// Only with kManual, by one thread at a time.
  std::size_t CommitPending() EXCLUDES(mutex_);

  /// Takes no more appends, commits what is queued, answers everything. Idempotent.
  void Close() EXCLUDES(mutex_);

 private:
  /// A segment of the folder, as far as Open looked into it.
  struct Segment {
    std::uint64_t bytes = 0;
    bool readable = false;  ///< `header` is valid.
    SegmentHeader header;
  };

  /// What is committed with one sync, or a new segment.
  struct Work {
    struct Waiting {
      std::size_t offset = 0;  ///< Of the record in `bytes`.
      std::uint64_t cost = 0;
      Done done;
    };
    std::string bytes;
    std::vector<Waiting> waiting;
    std::shared_ptr<std::promise<Result<std::uint64_t>>> roll;  ///< Null: an append.
  };

  struct Instruments;

  LocalLog(Config config, FileSystem& files, Clock& clock, Random& random,
           MetricsRegistry& metrics);
  Status ReadFolder();
  Status ReadSegmentStart(std::uint64_t number, std::uint64_t bytes);
  Result<std::uint64_t> ReplaySegment(
      std::uint64_t number, std::uint64_t from, std::optional<std::uint64_t> end,
      const std::function<Status(LogPosition, const LogRecord&)>& visit, ReplayReport& report);
  std::optional<std::uint64_t> ProvenEnd(std::uint64_t number) const REQUIRES(mutex_);

  // The committer's own: the thread's, or the caller's of CommitPending.
  void RunCommitter() EXCLUDES(mutex_);
  std::size_t DoWork(Work& work) EXCLUDES(mutex_);
  Status Commit(Work& work) EXCLUDES(mutex_);
  Status StartSegment() EXCLUDES(mutex_);
  Status WriteSegmentStart(std::uint64_t number, const SegmentHeader& header);
  Result<SegmentHeader> NextHeader(std::uint64_t number) EXCLUDES(mutex_);
  void StopForGood(const Error& error) EXCLUDES(mutex_);
  void NoteRefusal(const Error& error) EXCLUDES(mutex_);
  Status Refusal(std::uint64_t cost) const REQUIRES(mutex_);
  std::string PathOf(std::uint64_t number) const;

  const Config config_;
  FileSystem& files_;
  Clock& clock_;
  Random& random_;
  const std::unique_ptr<Instruments> instruments_;

  mutable Mutex mutex_;
  ConditionVariable work_;
  std::deque<Work> queue_ GUARDED_BY(mutex_);
  std::string spare_buffer_ GUARDED_BY(mutex_);
  std::uint64_t queued_bytes_ GUARDED_BY(mutex_) = 0;
  bool closing_ GUARDED_BY(mutex_) = false;
  bool stopped_ GUARDED_BY(mutex_) = false;
  bool appended_ GUARDED_BY(mutex_) = false;
  std::string reason_ GUARDED_BY(mutex_);
  std::map<std::uint64_t, Segment> segments_ GUARDED_BY(mutex_);
  std::uint64_t next_number_ GUARDED_BY(mutex_) = 1;
  /// Where the newest segment before the open one ends, once known; its file is synced.
  std::optional<LogPosition> last_end_ GUARDED_BY(mutex_);
  std::uint64_t foreign_files_ GUARDED_BY(mutex_) = 0;

  // Touched by the committer alone.
  std::unique_ptr<WritableFile> file_;  ///< The open segment, if there is one.
  SegmentHeader file_header_;
  std::uint64_t file_offset_ = 0;

  std::thread committer_;
};

}  // namespace vivace::wal

#pragma once
// The log on local disk: segments in one folder, group commit. docs/log-format.md has the bytes.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
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

namespace vivace::wal {

struct LogBatch;
struct LogMetrics;

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
      LogPosition from,
      const std::function<Status(LogPosition, const LogRecord&)>& visit) override
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
};

}  // namespace vivace::wal

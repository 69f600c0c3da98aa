#include "wal/local_log.h"

#include <algorithm>
#include <thread>
#include <utility>

#include <fmt/core.h>
#include <pthread.h>

#include "base/log.h"
#include "wal/local_log_instruments.h"

namespace vivace::wal {
namespace {

// Buffers of commits above this are not kept for the next one.
constexpr std::size_t kSpareBufferBytesMax = std::size_t{4} << 20;

// What a queued record costs besides its payload: callback, header, tenant.
constexpr std::uint64_t kQueuedRecordOverheadBytes = 256;

Error Unavailable(std::string message) {
  return Error(ErrorCode::kUnavailable, std::move(message));
}

}  // namespace

Result<std::unique_ptr<LocalLog>> LocalLog::Open(Config config, FileSystem& files, Clock& clock,
                                                 Random& random, MetricsRegistry& metrics) {
  const CommitMode mode = config.commit_mode;
  std::unique_ptr<LocalLog> log(new LocalLog(std::move(config), files, clock, random, metrics));
  RETURN_IF_ERROR(log->ReadFolder());
  if (mode == CommitMode::kOwnThread) {
    log->committer_ = std::thread([raw = log.get()] { raw->RunCommitter(); });
  }
  return log;
}

LocalLog::LocalLog(Config config, FileSystem& files, Clock& clock, Random& random,
                   MetricsRegistry& metrics)
    : config_(std::move(config)),
      files_(files),
      clock_(clock),
      random_(random),
      instruments_(std::make_unique<Instruments>(metrics)) {}

LocalLog::~LocalLog() { Close(); }

std::string LocalLog::PathOf(std::uint64_t number) const {
  return JoinPath(config_.folder, SegmentName(number));
}

// ---- Appending -------------------------------------------------------------------------------

Status LocalLog::Refusal(std::uint64_t cost) const {
  if (stopped_) {
    return Unavailable(
        fmt::format("the log has stopped and takes nothing until a restart: {}", reason_));
  }
  if (closing_) return Unavailable("the log is closing");
  // One record alone always fits, however large.
  if (queued_bytes_ > 0 && queued_bytes_ + cost > config_.queue_bytes_max) {
    return Unavailable(fmt::format("{} of at most {} bytes wait for the disk already",
                                   queued_bytes_, config_.queue_bytes_max));
  }
  return {};
}

void LocalLog::Append(std::string tenant, std::int64_t received_unix_ns,
                      std::shared_ptr<const std::string> payload, Done done) {
  CHECK(payload != nullptr);
  if (tenant.size() > kTenantBytesMax || payload->size() > kPayloadBytesMax) {
    instruments_->refused.Add();
    done(Error(ErrorCode::kInvalidArgument,
               fmt::format("a log record takes {} bytes of tenant and {} of payload, not {} and {}",
                           kTenantBytesMax, kPayloadBytesMax, tenant.size(), payload->size())));
    return;
  }
  const std::uint64_t cost = payload->size() + kQueuedRecordOverheadBytes;
  Status refusal;
  {
    MutexLock lock(mutex_);
    appended_ = true;
    refusal = Refusal(cost);
    if (refusal.ok()) queued_bytes_ += cost;
  }
  if (!refusal.ok()) {
    instruments_->refused.Add();
    done(std::move(refusal).error());
    return;
  }

  // Compressed here, on as many threads as append.
  std::string record;
  EncodeRecord(tenant, received_unix_ns, *payload, record);

  {
    MutexLock lock(mutex_);
    if (stopped_ || closing_) {
      queued_bytes_ -= cost;
      refusal = Refusal(cost);
    } else {
      if (queue_.empty() || queue_.back().roll != nullptr ||
          queue_.back().bytes.size() + record.size() > config_.commit_bytes_max) {
        Work& work = queue_.emplace_back();
        work.bytes = std::exchange(spare_buffer_, {});
      }
      Work& work = queue_.back();
      work.waiting.push_back(Work::Waiting{work.bytes.size(), cost, std::move(done)});
      work.bytes.append(record);
      instruments_->queued_bytes.Set(static_cast<std::int64_t>(queued_bytes_));
    }
  }
  if (!refusal.ok()) {
    instruments_->refused.Add();
    done(std::move(refusal).error());
    return;
  }
  if (config_.commit_mode == CommitMode::kOwnThread) work_.NotifyOne();
}

Result<std::uint64_t> LocalLog::Roll() {
  auto promise = std::make_shared<std::promise<Result<std::uint64_t>>>();
  std::future<Result<std::uint64_t>> future = promise->get_future();
  {
    MutexLock lock(mutex_);
    appended_ = true;
    if (stopped_ || closing_) return Refusal(0).error();
    queue_.emplace_back().roll = std::move(promise);
  }
  if (config_.commit_mode == CommitMode::kManual) {
    CommitPending();
  } else {
    work_.NotifyOne();
  }
  return future.get();
}

// ---- Committing ------------------------------------------------------------------------------

void LocalLog::RunCommitter() {
  pthread_setname_np(pthread_self(), "log-commit");
  for (;;) {
    Work work;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !closing_) work_.Wait(mutex_);
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    DoWork(work);
  }
}

std::size_t LocalLog::CommitPending() {
  CHECK(config_.commit_mode == CommitMode::kManual);
  std::size_t answered = 0;
  for (;;) {
    Work work;
    {
      MutexLock lock(mutex_);
      if (queue_.empty()) return answered;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    answered += DoWork(work);
  }
}

std::size_t LocalLog::DoWork(Work& work) {
  if (work.roll != nullptr) {
    // A segment without records is new enough.
    Status status;
    if (file_ == nullptr || file_offset_ > kSegmentHeaderBytes) status = StartSegment();
    if (status.ok()) {
      work.roll->set_value(file_header_.number);
    } else {
      work.roll->set_value(std::move(status).error());
    }
    return 0;
  }

  const Status status = Commit(work);
  std::uint64_t cost = 0;
  for (Work::Waiting& waiting : work.waiting) {
    cost += waiting.cost;
    if (status.ok()) {
      waiting.done(
          LogPosition{file_header_.number, file_offset_ - work.bytes.size() + waiting.offset});
    } else {
      waiting.done(status.error());
    }
  }
  if (!status.ok()) instruments_->refused.Add(work.waiting.size());
  work.bytes.clear();
  MutexLock lock(mutex_);
  queued_bytes_ -= cost;
  instruments_->queued_bytes.Set(static_cast<std::int64_t>(queued_bytes_));
  if (work.bytes.capacity() <= kSpareBufferBytesMax) spare_buffer_ = std::move(work.bytes);
  return work.waiting.size();
}

Status LocalLog::Commit(Work& work) {
  const bool full = file_ != nullptr && file_offset_ > kSegmentHeaderBytes &&
                    file_offset_ + work.bytes.size() > config_.segment_bytes_max;
  if (file_ == nullptr || full) RETURN_IF_ERROR(StartSegment());
  {
    MutexLock lock(mutex_);
    if (stopped_) return Refusal(0);
  }

  for (const Work::Waiting& waiting : work.waiting) {
    SealRecord(std::span<char>(work.bytes).subspan(waiting.offset), file_header_.salt,
               file_offset_ + waiting.offset, waiting.offset == 0);
  }
  Status status = file_->Append(AsBytes(work.bytes));
  if (status.ok()) {
    const Nanoseconds start = clock_.Steady();
    if (config_.sync_delay.count() > 0) std::this_thread::sleep_for(config_.sync_delay);
    status = file_->Sync();
    instruments_->sync_seconds.Observe(
        std::chrono::duration<double>(clock_.Steady() - start).count());
  }
  if (!status.ok()) {
    StopForGood(status.error());
    MutexLock lock(mutex_);
    return Refusal(0);
  }

  file_offset_ += work.bytes.size();
  instruments_->commits.Add();
  instruments_->records.Add(work.waiting.size());
  instruments_->bytes.Add(work.bytes.size());
  std::uint64_t payload_bytes = 0;
  for (const Work::Waiting& waiting : work.waiting) {
    payload_bytes += waiting.cost - kQueuedRecordOverheadBytes;
  }
  instruments_->payload_bytes.Add(payload_bytes);
  MutexLock lock(mutex_);
  segments_[file_header_.number].bytes = file_offset_;
  reason_.clear();
  return {};
}

Status LocalLog::StartSegment() {
  std::uint64_t number = 0;
  {
    MutexLock lock(mutex_);
    if (stopped_) return Refusal(0);
    number = next_number_++;
    if (file_ != nullptr) last_end_ = LogPosition{file_header_.number, file_offset_};
  }
  if (file_ != nullptr) {
    // Closed even if the new one fails: a header that says where this one ends may be on disk.
    IgnoreError(file_->Close(), "all that counts has been synced");
    file_ = nullptr;
  }
  Result<SegmentHeader> header = NextHeader(number);
  Status status = header.ok() ? WriteSegmentStart(number, *header) : header.error();
  if (status.ok()) {
    MutexLock lock(mutex_);
    segments_[number] = Segment{.bytes = kSegmentHeaderBytes, .readable = true, .header = *header};
    instruments_->segments.Set(static_cast<std::int64_t>(segments_.size()));
    return {};
  }
  instruments_->segment_failures.Add();
  Error error = std::move(status).error().Wrap("start a log segment");
  // Nothing has been acknowledged in the new file yet, so a full disk may be asked again. Any
  // other failure is one of a disk that loses what it is given.
  if (error.code() != ErrorCode::kUnavailable) {
    StopForGood(error);
    MutexLock lock(mutex_);
    return Refusal(0);
  }
  NoteRefusal(error);
  return error;
}

Result<SegmentHeader> LocalLog::NextHeader(std::uint64_t number) {
  SegmentHeader header{
      .number = number, .salt = random_.Next(), .created_unix_ns = clock_.UnixNanos()};
  std::optional<LogPosition> end;
  std::uint64_t newest = 0;
  {
    MutexLock lock(mutex_);
    end = last_end_;
    const auto found = std::find_if(segments_.rbegin(), segments_.rend(),
                                    [](const auto& entry) { return entry.second.readable; });
    if (found != segments_.rend()) newest = found->first;
  }
  if (!end && newest != 0) {
    // The first segment since the start, and no replay has read the last one.
    ReplayReport ignored;
    const auto ignore = [](LogPosition, const LogRecord&) { return OkStatus(); };
    ASSIGN_OR_RETURN(const std::uint64_t offset, ReplaySegment(newest, 0, {}, ignore, ignored));
    end = LogPosition{newest, offset};
    MutexLock lock(mutex_);
    last_end_ = end;
  }
  if (end) {
    header.previous_segment = end->segment;
    header.previous_end = end->offset;
  }
  return header;
}

Status LocalLog::WriteSegmentStart(std::uint64_t number, const SegmentHeader& header) {
  const std::string path = PathOf(number);
  ASSIGN_OR_RETURN(std::unique_ptr<WritableFile> file, files_.CreateFile(path));
  Status status = file->Preallocate(config_.segment_bytes_max);
  if (status.ok()) status = file->Append(AsBytes(EncodeSegmentHeader(header)));
  if (status.ok()) status = file->Sync();
  if (status.ok()) status = files_.SyncDirectory(config_.folder);
  if (!status.ok()) {
    IgnoreError(file->Close(), "the file is given up");
    IgnoreError(files_.Remove(path), "an empty segment; Release removes it");
    return status;
  }
  file_ = std::move(file);
  file_header_ = header;
  file_offset_ = kSegmentHeaderBytes;
  return {};
}

void LocalLog::NoteRefusal(const Error& error) {
  bool is_new = false;
  {
    MutexLock lock(mutex_);
    is_new = reason_.empty();
    reason_ = error.message();
  }
  if (is_new) LogError("log cannot grow; appends are refused", {{"error", error.ToString()}});
}

void LocalLog::StopForGood(const Error& error) {
  {
    MutexLock lock(mutex_);
    if (stopped_) return;
    stopped_ = true;
    reason_ = error.message();
  }
  instruments_->stopped.Set(1);
  LogError("log has stopped: a write or sync failed; appends are refused until a restart",
           {{"folder", config_.folder}, {"error", error.ToString()}});
}

// ---- Releasing and closing -------------------------------------------------------------------

Status LocalLog::Release(std::uint64_t before_segment) {
  std::vector<std::uint64_t> numbers;
  {
    MutexLock lock(mutex_);
    for (const auto& [number, segment] : segments_) {
      // The newest stays: its number keeps the numbers growing.
      if (number < before_segment && number != segments_.rbegin()->first) numbers.push_back(number);
    }
  }
  if (numbers.empty()) return {};
  for (const std::uint64_t number : numbers) {
    Status status = files_.Remove(PathOf(number));
    if (!status.ok() && status.error().code() != ErrorCode::kNotFound) {
      return std::move(status).Wrap("release log segment");
    }
    MutexLock lock(mutex_);
    segments_.erase(number);
    instruments_->segments.Set(static_cast<std::int64_t>(segments_.size()));
  }
  return files_.SyncDirectory(config_.folder);
}

LogHealth LocalLog::health() const {
  MutexLock lock(mutex_);
  return LogHealth{.stopped = stopped_, .reason = reason_, .queued_bytes = queued_bytes_};
}

std::vector<SegmentInfo> LocalLog::segments() const {
  MutexLock lock(mutex_);
  std::vector<SegmentInfo> all;
  for (const auto& [number, segment] : segments_) all.push_back({number, segment.bytes});
  return all;
}

void LocalLog::Close() {
  {
    MutexLock lock(mutex_);
    closing_ = true;
  }
  work_.NotifyAll();
  if (committer_.joinable()) committer_.join();
  if (config_.commit_mode == CommitMode::kManual) CommitPending();
  if (file_ != nullptr) {
    IgnoreError(file_->Close(), "all that counts has been synced");
    file_ = nullptr;
  }
}

}  // namespace vivace::wal

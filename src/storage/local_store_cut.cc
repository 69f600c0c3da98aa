#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/log.h"
#include "block/block_reader.h"
#include "storage/block_builder.h"
#include "storage/local_store.h"

// Cutting live data into blocks. The order of the steps is that of docs/storage.md; each step
// leaves a state from which a crash loses nothing, and a step that failed is repeated.

namespace vivace::storage {

void LocalStore::PostCut() {
  {
    MutexLock lock(cut_mutex_);
    if (cut_posted_ || cutting_) return;
    if (retry_wanted_ && env_.clock.Steady() < retry_at_) return;
    cut_posted_ = true;
  }
  const Status posted = env_.background.Post([this, gate = gate_] {
    if (!gate->Enter()) return;
    RunPostedCut();
    gate->Leave();
  });
  if (posted.ok()) return;
  // The next tick tries again.
  MutexLock lock(cut_mutex_);
  cut_posted_ = false;
}

void LocalStore::RunPostedCut() {
  {
    MutexLock lock(cut_mutex_);
    cut_posted_ = false;
    if (cutting_) return;
    cutting_ = true;
  }
  IgnoreError(CutAndRecord(false), "recorded, logged and repeated");
  {
    MutexLock lock(cut_mutex_);
    cutting_ = false;
  }
  cut_ended_.NotifyAll();
  // What came meanwhile may already be enough for the next one.
  if (!stopping_ && CutIsDue()) PostCut();
}

Status LocalStore::Flush() {
  {
    MutexLock lock(cut_mutex_);
    while (cutting_) cut_ended_.Wait(cut_mutex_);
    if (stopping_) return Error(ErrorCode::kUnavailable, "the store is stopping");
    cutting_ = true;
  }
  Status status = CutAndRecord(true);
  {
    MutexLock lock(cut_mutex_);
    cutting_ = false;
  }
  cut_ended_.NotifyAll();
  return status;
}

Status LocalStore::CutAndRecord(bool everything) {
  Status status = Cut(everything);
  if (!status.ok() && stopping_) return status;
  {
    MutexLock lock(cut_mutex_);
    generation_ = manifest_.generation;
    if (status.ok()) {
      retry_wanted_ = false;
      retry_delay_ = Nanoseconds{0};
      last_cut_error_.clear();
    } else {
      ++cut_failures_;
      last_cut_error_ = status.error().ToString();
      retry_wanted_ = true;
      retry_delay_ = retry_delay_.count() == 0 ? config_.retry_delay : 2 * retry_delay_;
      retry_delay_ = std::min(retry_delay_, config_.retry_delay_max);
      retry_at_ = env_.clock.Steady() + retry_delay_;
      LogWarn("cut failed; the data stays live and in the log",
              {{"error", last_cut_error_},
               {"retry_ms",
                std::chrono::duration_cast<std::chrono::milliseconds>(retry_delay_).count()}});
    }
  }
  if (!status.ok()) metrics_->cut_failures.Add();
  return status;
}

Status LocalStore::Cut(bool everything) {
  // One that failed before goes first: its runs are not in any other.
  if (pending_.has_value()) {
    RETURN_IF_ERROR(FinishCut());
    // While the log is replayed, Replay decides what is cut.
    if (replay_cut_at_bytes_ != 0 || (!everything && !CutIsDue())) return {};
  }
  RETURN_IF_ERROR(BeginCut());
  return pending_.has_value() ? FinishCut() : Status();
}

Status LocalStore::BeginCut() {
  {
    MutexLock lock(intake_mutex_);
    if (uncut_otlp_bytes_ == 0) return {};
  }
  ASSIGN_OR_RETURN(const std::uint64_t segment, log_->Roll());
  std::uint64_t epoch = 0;
  {
    MutexLock lock(intake_mutex_);
    epoch = epoch_++ % 2;
  }
  WaitForAppendsBefore(epoch);
  CollectRuns(segment, {.segment = segment, .offset = 0});
  return {};
}

void LocalStore::WaitForAppendsBefore(std::uint64_t epoch) {
  // Each ends when the log has answered it, which it always does.
  MutexLock lock(intake_mutex_);
  while (under_way_[epoch] > 0) append_ended_.Wait(intake_mutex_);
}

void LocalStore::CollectRuns(std::uint64_t before_segment, wal::LogPosition release) {
  PendingCut cut;
  cut.release = release;
  cut.begun = env_.clock.Steady();
  std::uint64_t bytes = 0;
  for (const auto& data : AllTenants()) {
    TenantCut share{.data = data, .runs = data->SealBefore(before_segment)};
    if (share.runs.empty()) continue;
    for (const auto& run : share.runs) {
      bytes += run->totals().otlp_bytes;
      cut.spans += run->totals().spans;
    }
    cut.tenants.push_back(std::move(share));
  }
  {
    MutexLock lock(intake_mutex_);
    CHECK(uncut_otlp_bytes_ >= bytes);
    uncut_otlp_bytes_ -= bytes;
    uncut_since_ = cut.begun;
  }
  if (!cut.tenants.empty()) pending_ = std::move(cut);
}

Status LocalStore::FinishCut() {
  PendingCut& cut = *pending_;
  for (TenantCut& share : cut.tenants) {
    if (!share.built) RETURN_IF_ERROR(BuildTenant(share));
  }

  Manifest next = manifest_;
  next.written_unix_ns = env_.clock.UnixNanos();
  next.release_segment = cut.release.segment;
  next.release_offset = cut.release.offset;
  for (const TenantCut& share : cut.tenants) {
    if (share.block != nullptr)
      next.blocks.push_back({.meta = share.block->block_meta(), .quarantine_reason = ""});
  }
  std::sort(next.blocks.begin(), next.blocks.end(),
            [](const auto& a, const auto& b) { return a.meta.id < b.meta.id; });
  RETURN_IF_ERROR(manifests_.Commit(next));
  manifest_ = std::move(next);

  std::uint64_t blocks = 0;
  for (TenantCut& share : cut.tenants) {
    blocks += share.block != nullptr ? 1 : 0;
    share.data->Replace(share.runs, share.block);
  }
  const Nanoseconds took = env_.clock.Steady() - cut.begun;
  metrics_->cuts.Add();
  metrics_->cut_spans.Add(cut.spans);
  metrics_->cut_seconds.Observe(std::chrono::duration<double>(took).count());
  LogInfo("cut",
          {{"spans", cut.spans},
           {"blocks", blocks},
           {"generation", manifest_.generation},
           {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
  const wal::LogPosition release = cut.release;
  pending_.reset();
  {
    MutexLock lock(cut_mutex_);
    ++cuts_;
  }
  // During replay the log is being read; Open releases at its end.
  if (replay_cut_at_bytes_ == 0) {
    if (Status released = log_->Release(release.segment); !released.ok()) {
      LogWarn("log not released; the next cut tries again",
              {{"before_segment", release.segment}, {"error", released.error().ToString()}});
    }
  }
  return {};
}

Status LocalStore::BuildTenant(TenantCut& cut) {
  const block::BlockId id = block::BlockId::Make(env_.random);
  const BlockOrder order{.path = BlockPath(id),
                         .id = id,
                         .tenant = cut.data->tenant(),
                         .created_unix_ns = env_.clock.UnixNanos(),
                         .runs = cut.runs,
                         .row_group_spans = config_.block_row_group_spans};
  const auto remove = [&] {
    if (env_.files.Exists(order.path)) {
      IgnoreError(env_.files.Remove(order.path), "no manifest names it; removed at next start");
    }
  };
  Result<std::optional<block::BlockMeta>> built = BuildBlock(
      env_.files, env_.bytes, order,
      [this](const LiveChunk& chunk, const Error& error) { return SetAside(chunk, error); },
      stopping_);
  if (!built.ok()) {
    remove();
    return std::move(built).error().Wrap(fmt::format("build block for tenant {}", order.tenant));
  }
  if (built->has_value()) {
    auto reader = block::BlockReader::Open(env_.files, order.path, ReaderOptions());
    if (!reader.ok()) {
      remove();
      return std::move(reader).error().Wrap("open the block just written");
    }
    cut.block = std::make_shared<const BlockSource>(*std::move(reader), FailureReporter());
  }
  cut.built = true;
  return {};
}

Status LocalStore::SetAside(const LiveChunk& chunk, const Error& error) {
  const std::string name =
      fmt::format("chunk-{:016x}{:016x}.otlp", env_.random.Next(), env_.random.Next());
  RETURN_IF_ERROR(env_.files.CreateDirectories(quarantine_folder_));
  RETURN_IF_ERROR(
      WriteFileAtomically(env_.files, JoinPath(quarantine_folder_, name), AsBytes(*chunk.bytes)));
  metrics_->undecodable_chunks.Add();
  problems_->Add(name,
                 fmt::format("{} spans cannot be decoded: {}", chunk.spans, error.ToString()));
  LogError("live data set aside",
           {{"file", name}, {"spans", chunk.spans}, {"error", error.ToString()}});
  return {};
}

}  // namespace vivace::storage

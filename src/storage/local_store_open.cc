#include <algorithm>
#include <set>
#include <utility>

#include <fmt/core.h>

#include "base/log.h"
#include "block/block_reader.h"
#include "otlp/walk.h"
#include "storage/local_store.h"

// Opening a data folder; the steps are those of "Start" in docs/storage.md.

namespace vivace::storage {
namespace {

constexpr std::string_view kBlockSuffix = ".block";
constexpr std::string_view kTemporarySuffix = ".tmp";

std::optional<block::BlockId> ParseBlockName(std::string_view name) {
  if (!name.ends_with(kBlockSuffix)) return std::nullopt;
  name.remove_suffix(kBlockSuffix.size());
  return block::BlockId::FromHex(name);
}

}  // namespace

struct LocalStore::FoundBlock {
  ManifestBlock entry;
  bool named = false;    // By the manifest; else adopted from the folder.
  bool changed = false;  // The next generation has to say something else.
  bool damaged = false;  // To be set aside.
  std::string problem;   // Why it is not served, if it is not.
  std::unique_ptr<block::BlockReader> reader = nullptr;
};

std::string LocalStore::BlockPath(const block::BlockId& id) const {
  return JoinPath(blocks_folder_, block::BlockFileName(id));
}

BlockSource::OnFailure LocalStore::FailureReporter() const {
  // Snapshots may outlive a block's place in the store, so nothing of `this` but what the
  // registry and the list keep alive.
  return [problems = problems_, &damaged = metrics_->damaged_blocks](const block::BlockMeta& meta,
                                                                     const Error& error) {
    if (!problems->Add("block " + meta.id.ToHex(), error.ToString())) return;
    damaged.Add();
    LogError("block cannot be read",
             {{"block", meta.id.ToHex()}, {"tenant", meta.tenant}, {"error", error.ToString()}});
  };
}

Status LocalStore::Open() {
  for (const std::string& folder : {config_.folder, blocks_folder_, manifests_.folder()}) {
    RETURN_IF_ERROR(env_.files.CreateDirectories(folder));
  }
  RETURN_IF_ERROR(env_.files.SyncDirectory(config_.folder));
  RETURN_IF_ERROR(env_.files.SyncDirectory(ParentPath(config_.folder)));
  Result<std::unique_ptr<FileLock>> lock = env_.files.Lock(JoinPath(config_.folder, "LOCK"));
  if (!lock.ok() && lock.error().code() != ErrorCode::kFailedPrecondition) {
    return std::move(lock).error();
  }
  if (!lock.ok()) {
    return std::move(lock).error().Wrap(fmt::format(
        "data folder {} is in use; stop the other server or name another folder", config_.folder));
  }
  folder_lock_ = *std::move(lock);
  RETURN_IF_ERROR(LoadBlocks());
  {
    MutexLock cut(cut_mutex_);
    generation_ = manifest_.generation;
  }

  wal::LocalLog::Config log;
  log.folder = JoinPath(config_.folder, "log");
  log.segment_bytes_max = config_.log_segment_bytes;
  log.sync_delay = std::chrono::duration_cast<std::chrono::microseconds>(config_.log_sync_delay);
  log.commit_mode = config_.commit_by_hand ? wal::CommitMode::kManual : wal::CommitMode::kOwnThread;
  ASSIGN_OR_RETURN(
      log_, wal::LocalLog::Open(std::move(log), env_.files, env_.clock, env_.random, env_.metrics));
  RETURN_IF_ERROR(Replay());

  {
    MutexLock intake(intake_mutex_);
    accepting_ = true;
  }
  if (CutIsDue()) PostCut();
  UpdateGauges();
  if (config_.tick_interval.count() > 0) ticker_ = std::thread([this] { RunTicker(); });
  return {};
}

// --- blocks ---

Status LocalStore::LoadBlocks() {
  ASSIGN_OR_RETURN(const ManifestFolder::Loaded loaded, manifests_.Load());
  ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, env_.files.List(blocks_folder_));
  manifest_ = loaded.manifest;

  std::vector<FoundBlock> found;
  std::set<block::BlockId> named;
  for (const ManifestBlock& entry : manifest_.blocks) {
    found.push_back({.entry = entry, .named = true, .problem = entry.quarantine_reason});
    named.insert(entry.meta.id);
  }
  // After damage the manifest at hand may not know every block: all that are there count.
  const bool adopt = !loaded.found || !loaded.damaged.empty();
  std::size_t foreign = 0;
  for (const DirectoryEntry& entry : entries) {
    const std::optional<block::BlockId> id = ParseBlockName(entry.name);
    if (!id.has_value() && !entry.name.ends_with(kTemporarySuffix)) ++foreign;
    if (!id.has_value() || !adopt || named.contains(*id)) continue;
    FoundBlock block;
    block.entry.meta.id = *id;
    found.push_back(std::move(block));
  }
  if (foreign > 0) {
    LogWarn("unknown files left alone", {{"folder", blocks_folder_}, {"files", foreign}});
  }
  for (FoundBlock& block : found) {
    if (!block.entry.quarantined) RETURN_IF_ERROR(OpenFound(block));
  }

  // From here on things are written. What was read of the manifest may only be in the page cache
  // of a process that was killed: it has to be durable before anything is removed for its sake.
  RETURN_IF_ERROR(env_.files.SyncDirectory(manifests_.folder()));
  RETURN_IF_ERROR(QuarantineDamaged(loaded, found));

  std::vector<std::string> keep;
  for (FoundBlock& block : found) {
    const block::BlockMeta& meta = block.entry.meta;
    keep.push_back(block::BlockFileName(meta.id));
    if (block.problem.empty()) {
      ASSIGN_OR_RETURN(const std::shared_ptr<TenantData> data, TenantFor(meta.tenant, true));
      data->Replace(
          {}, std::make_shared<const BlockSource>(std::move(block.reader), FailureReporter()));
      continue;
    }
    const std::string what = "block " + meta.id.ToHex();
    if (problems_->Add(what, block.problem)) metrics_->damaged_blocks.Add();
    LogError("block not served",
             {{"block", meta.id.ToHex()}, {"tenant", meta.tenant}, {"reason", block.problem}});
    if (meta.tenant.empty()) continue;  // Nobody knows whose it was.
    ASSIGN_OR_RETURN(const std::shared_ptr<TenantData> data, TenantFor(meta.tenant, true));
    data->AddUnavailable(what + ": " + block.problem);
  }
  Sweep(keep);
  return {};
}

Status LocalStore::OpenFound(FoundBlock& found) {
  const std::string path = BlockPath(found.entry.meta.id);
  auto reader = block::BlockReader::Open(env_.files, path, ReaderOptions());
  if (reader.ok()) {
    const block::BlockMeta& meta = (*reader)->meta();
    if (meta.id == found.entry.meta.id && (!found.named || meta == found.entry.meta)) {
      found.changed = !found.named;
      found.entry.meta = meta;
      found.reader = *std::move(reader);
      return {};
    }
    found.problem = fmt::format("holds block {} of tenant {}, the manifest expects another",
                                meta.id.ToHex(), meta.tenant);
    found.damaged = true;
    return {};
  }
  switch (reader.error().code()) {
    case ErrorCode::kUnsupported:
      return std::move(reader).error().Wrap(path);
    case ErrorCode::kCorruption:
    case ErrorCode::kNotFound:
      found.damaged = true;
      break;
    default:  // It may be readable the next time.
      break;
  }
  found.problem = reader.error().ToString();
  return {};
}

Status LocalStore::QuarantineDamaged(const ManifestFolder::Loaded& loaded,
                                     std::vector<FoundBlock>& found) {
  const auto set_aside = [&](const std::string& from, const std::string& name) -> Status {
    RETURN_IF_ERROR(env_.files.CreateDirectories(quarantine_folder_));
    return env_.files.Rename(from, JoinPath(quarantine_folder_, name));
  };
  Manifest next = manifest_;
  next.blocks.clear();
  bool changed = !loaded.found || !loaded.damaged.empty();
  for (FoundBlock& block : found) {
    if (block.damaged) {
      const std::string path = BlockPath(block.entry.meta.id);
      if (env_.files.Exists(path)) {
        const Status moved = set_aside(path, block::BlockFileName(block.entry.meta.id));
        if (!moved.ok()) {
          // It stays in its place, unserved, and the next start tries again.
          LogWarn("damaged block not moved", {{"path", path}, {"error", moved.error().ToString()}});
          if (block.named) next.blocks.push_back(block.entry);
          continue;
        }
      }
      block.entry.quarantined = true;
      block.entry.quarantine_reason = block.problem;
      changed = true;
      if (block.named) next.blocks.push_back(block.entry);
      continue;
    }
    if (!block.problem.empty() && !block.named) continue;  // Unreadable this time.
    changed |= block.changed;
    next.blocks.push_back(block.entry);
  }
  if (!changed) return {};
  std::sort(next.blocks.begin(), next.blocks.end(),
            [](const auto& a, const auto& b) { return a.meta.id < b.meta.id; });
  next.written_unix_ns = env_.clock.UnixNanos();
  // The damaged generations go last: as long as one lies there, the next start adopts all blocks
  // that it finds, too.
  RETURN_IF_ERROR(manifests_.Commit(next));
  manifest_ = std::move(next);
  for (const ManifestFolder::Damaged& damaged : loaded.damaged) {
    problems_->Add("manifest " + damaged.name, damaged.reason);
    LogError("manifest damaged; the one before and all block files were taken",
             {{"file", damaged.name}, {"reason", damaged.reason}});
    const std::string path = JoinPath(manifests_.folder(), damaged.name);
    if (!env_.files.Exists(path)) continue;
    if (const Status moved = set_aside(path, damaged.name); !moved.ok()) {
      LogWarn("damaged manifest not moved", {{"error", moved.error().ToString()}});
    }
  }
  return {};
}

void LocalStore::Sweep(const std::vector<std::string>& keep) {
  manifests_.SweepTemporaries();
  const Result<std::vector<DirectoryEntry>> entries = env_.files.List(blocks_folder_);
  if (!entries.ok()) return;
  std::size_t removed = 0;
  for (const DirectoryEntry& entry : *entries) {
    const bool temporary = entry.name.ends_with(kTemporarySuffix);
    const bool unnamed = ParseBlockName(entry.name).has_value() &&
                         std::find(keep.begin(), keep.end(), entry.name) == keep.end();
    if (entry.is_directory || (!temporary && !unnamed)) continue;
    const Status status = env_.files.Remove(JoinPath(blocks_folder_, entry.name));
    if (status.ok()) ++removed;
  }
  if (removed > 0) LogInfo("unfinished files removed", {{"files", removed}});
}

// --- log ---

Status LocalStore::Replay() {
  replay_cut_at_bytes_ = std::max<std::uint64_t>(1, config_.cut_bytes);
  const Nanoseconds begun = env_.clock.Steady();
  const wal::LogPosition from{.segment = manifest_.release_segment,
                              .offset = manifest_.release_offset};
  Result<wal::ReplayReport> report =
      log_->Replay(from, [this](wal::LogPosition position, const wal::LogRecord& record) {
        return ReplayRecord(position, record);
      });
  if (!report.ok()) return std::move(report).error().Wrap("replay the log");
  replay_cut_at_bytes_ = 0;

  if (report->damaged_runs + report->unreadable_segments + report->missing_segments > 0) {
    const std::string reason = fmt::format(
        "{} bytes in {} places, {} segment headers and {} whole segments were damaged "
        "or missing at start; acknowledged spans may be lost",
        report->damaged_bytes, report->damaged_runs, report->unreadable_segments,
        report->missing_segments);
    problems_->Add("log", reason);
    LogError("log damaged", {{"reason", reason}});
  }
  if (report->records > 0) {
    const auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(env_.clock.Steady() - begun);
    LogInfo("log replayed", {{"records", report->records},
                             {"spans", replayed_spans_.load()},
                             {"bytes", report->payload_bytes},
                             {"torn_bytes", report->torn_bytes},
                             {"took_ms", took.count()}});
  }
  // Also what an earlier run could not remove any more.
  if (const Status released = log_->Release(manifest_.release_segment); !released.ok()) {
    LogWarn("log not released; the next cut tries again", {{"error", released.error().ToString()}});
  }
  return {};
}

Status LocalStore::ReplayRecord(wal::LogPosition position, const wal::LogRecord& record) {
  // Memory stays bounded: what has been read so far becomes blocks before more is read.
  std::uint64_t uncut = 0;
  {
    MutexLock lock(intake_mutex_);
    uncut = uncut_otlp_bytes_;
  }
  if (uncut >= replay_cut_at_bytes_) {
    if (!pending_.has_value()) CollectRuns(UINT64_MAX, position);
    Status cut = CutAndRecord(false);
    if (cut.ok()) {
      replay_cut_at_bytes_ = std::max<std::uint64_t>(1, config_.cut_bytes);
    } else if (live_bytes_.used() >= live_bytes_.bytes_max()) {
      return std::move(cut).Wrap("no room in memory for the log, and it cannot become a block");
    } else {
      replay_cut_at_bytes_ = uncut + std::max<std::uint64_t>(1, config_.cut_bytes / 4);
    }
  }

  auto payload = std::make_shared<const std::string>(AsText(record.payload));
  Result<otlp::WalkResult> walked = otlp::Walk(payload);
  Result<std::shared_ptr<TenantData>> data = TenantFor(std::string(record.tenant), true);
  if (!walked.ok() || !data.ok()) {
    const Error& error = walked.ok() ? data.error() : walked.error();
    const std::string name =
        fmt::format("record-{:016}-{:016}.otlp", position.segment, position.offset);
    RETURN_IF_ERROR(env_.files.CreateDirectories(quarantine_folder_));
    RETURN_IF_ERROR(
        WriteFileAtomically(env_.files, JoinPath(quarantine_folder_, name), AsBytes(*payload)));
    problems_->Add(name, error.ToString());
    metrics_->undecodable_chunks.Add();
    LogError("log record set aside", {{"file", name}, {"error", error.ToString()}});
    return {};
  }
  if (walked->batch.span_count == 0) return {};
  replayed_spans_ += walked->batch.span_count;
  metrics_->replayed_spans.Add(walked->batch.span_count);
  LiveBytes held;
  const std::uint64_t bytes = LiveChunk::MemoryBytes(walked->batch);
  held.store = live_bytes_.ForceReserve(bytes);
  held.process = env_.bytes.ForceReserve(bytes);
  LiveChunk chunk = LiveChunk::From(std::move(walked->batch));
  chunk.held = std::move(held);
  Show(*data, std::move(chunk), position.segment);
  return {};
}

}  // namespace vivace::storage

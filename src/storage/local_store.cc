#include "storage/local_store.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

#include "base/log.h"

namespace vivace::storage {
namespace {

// Closed runs are made columnar ahead of the next search only while someone looks: a snapshot
// within this time. Without readers ingest does not pay for it.
constexpr Nanoseconds kReadersRecent = std::chrono::seconds(60);

}  // namespace

Result<std::unique_ptr<Store>> Store::Open(StoreConfig config, StoreEnvironment environment) {
  auto store = std::make_unique<LocalStore>(std::move(config), environment);
  RETURN_IF_ERROR(store->Open());
  return std::unique_ptr<Store>(std::move(store));
}

LocalStore::StoreMetrics::StoreMetrics(MetricsRegistry& registry)
    : appended_spans(registry.AddCounter("vivace_store_appended_spans_total",
                                         "Spans stored durably and shown.")),
      refused_batches(registry.AddCounter("vivace_store_refused_batches_total",
                                          "Batches that were not stored; senders were told.")),
      cuts(registry.AddCounter("vivace_store_cuts_total", "Cuts of live data into blocks.")),
      cut_failures(registry.AddCounter("vivace_store_cut_failures_total",
                                       "Attempts to cut that failed; they are repeated.")),
      cut_spans(registry.AddCounter("vivace_store_cut_spans_total", "Spans cut into blocks.")),
      cut_seconds(registry.AddHistogram("vivace_store_cut_duration_seconds",
                                        "Time from the start of a cut to its success.",
                                        LatencyBuckets())),
      damaged_blocks(registry.AddCounter("vivace_store_damaged_blocks_total",
                                         "Blocks found damaged or unreadable.")),
      undecodable_chunks(registry.AddCounter("vivace_store_undecodable_records_total",
                                             "Stored requests set aside in quarantine/.")),
      replayed_spans(registry.AddCounter("vivace_store_replayed_spans_total",
                                         "Spans brought back from the log at start.")),
      live_spans(registry.AddGauge("vivace_store_live_spans", "Spans not yet in a block.")),
      live_bytes(registry.AddGauge("vivace_store_live_bytes", "Memory of live data.")),
      blocks(registry.AddGauge("vivace_store_blocks", "Blocks served.")),
      block_spans(registry.AddGauge("vivace_store_block_spans", "Spans in blocks.")),
      block_bytes(registry.AddGauge("vivace_store_block_bytes", "Bytes of block files.")),
      manifest_generation(
          registry.AddGauge("vivace_store_manifest_generation", "Newest manifest generation.")) {}

LocalStore::LocalStore(StoreConfig config, StoreEnvironment environment)
    : config_(std::move(config)),
      env_(environment),
      blocks_folder_(JoinPath(config_.folder, "blocks")),
      quarantine_folder_(JoinPath(config_.folder, "quarantine")),
      metrics_(std::make_unique<StoreMetrics>(environment.metrics)),
      live_bytes_(config_.live_bytes_max),
      accounts_{environment.bytes, live_bytes_},
      row_group_cache_(std::make_unique<block::RowGroupCache>(config_.row_group_cache_bytes)),
      manifests_(environment.files, JoinPath(config_.folder, "manifest")) {}

LocalStore::~LocalStore() { IgnoreError(Stop(), "nothing is left to do about it"); }

// --- intake ---

Result<LiveBytes> LocalStore::ReserveLive(std::uint64_t bytes) {
  LiveBytes held;
  ASSIGN_OR_RETURN(held.store, live_bytes_.Reserve(bytes).Wrap("live data waits for its block"));
  ASSIGN_OR_RETURN(held.process, env_.bytes.Reserve(bytes).Wrap("memory of the process"));
  return held;
}

Result<std::shared_ptr<TenantData>> LocalStore::TenantFor(const std::string& tenant, bool stored) {
  MutexLock lock(tenants_mutex_);
  const auto found = tenants_.find(tenant);
  if (found != tenants_.end()) return found->second;
  if (!stored && tenants_.size() >= config_.tenants_max) {
    return Error(ErrorCode::kResourceExhausted,
                 fmt::format("there are {} tenants, and no more are allowed", tenants_.size()));
  }
  auto data = std::make_shared<TenantData>(tenant, accounts_, config_.live_row_group_spans);
  tenants_.emplace(tenant, data);
  return data;
}

void LocalStore::Append(std::string tenant, otlp::Batch batch, std::function<void(Status)> done) {
  const auto refuse = [&](Error error) {
    metrics_->refused_batches.Add();
    done(std::move(error));
  };
  if (batch.span_count == 0) return done(OkStatus());
  if (tenant.empty() || tenant.size() > kTenantBytesMax) {
    return refuse(Error(
        ErrorCode::kInvalidArgument,
        fmt::format("tenant name has {} bytes, expected 1 to {}", tenant.size(), kTenantBytesMax)));
  }
  if (batch.span_count > kBatchSpansMax) {
    return refuse(Error(ErrorCode::kInvalidArgument,
                        fmt::format("{} spans in one request, at most {} are taken; send them in "
                                    "several",
                                    batch.span_count, kBatchSpansMax)));
  }
  Result<LiveBytes> held = ReserveLive(LiveChunk::MemoryBytes(batch));
  if (!held.ok()) {
    if (CutIsWorthwhile()) PostCut();
    return refuse(std::move(held).error());
  }
  Result<std::shared_ptr<TenantData>> data = TenantFor(tenant, false);
  if (!data.ok()) return refuse(std::move(data).error());
  const auto chunk = std::make_shared<LiveChunk>(LiveChunk::From(std::move(batch)));
  chunk->held = *std::move(held);

  std::uint64_t epoch = 0;
  bool accepting = false;
  {
    MutexLock lock(intake_mutex_);
    accepting = accepting_;
    epoch = epoch_ % 2;
    if (accepting) ++under_way_[epoch];
  }
  if (!accepting) return refuse(Error(ErrorCode::kUnavailable, "the store is stopping"));

  log_->Append(std::move(tenant), env_.clock.UnixNanos(), chunk->bytes,
               [this, chunk, data = *std::move(data), epoch,
                done = std::move(done)](Result<wal::LogPosition> position) {
                 Status status;
                 if (position.ok()) {
                   metrics_->appended_spans.Add(chunk->spans);
                   Show(data, std::move(*chunk), position->segment);
                 } else {
                   metrics_->refused_batches.Add();
                   status = std::move(position).error();
                 }
                 {
                   MutexLock lock(intake_mutex_);
                   --under_way_[epoch];
                 }
                 append_ended_.NotifyAll();
                 done(std::move(status));
               });
}

void LocalStore::Show(const std::shared_ptr<TenantData>& data, LiveChunk chunk,
                      std::uint64_t log_segment) {
  const std::uint64_t bytes = chunk.bytes->size();
  const std::shared_ptr<const LiveRun> closed = data->Insert(std::move(chunk), log_segment);
  bool full = false;
  {
    MutexLock lock(intake_mutex_);
    if (uncut_otlp_bytes_ == 0) uncut_since_ = env_.clock.Steady();
    const bool was_full = uncut_otlp_bytes_ >= config_.cut_bytes;
    uncut_otlp_bytes_ += bytes;
    full = accepting_ && !was_full && uncut_otlp_bytes_ >= config_.cut_bytes;
  }
  if (full) PostCut();
  if (closed != nullptr) MakeColumnarLater(closed);
}

void LocalStore::MakeColumnarLater(const std::shared_ptr<const LiveRun>& run) {
  const std::int64_t last = last_snapshot_steady_ns_.load(std::memory_order_relaxed);
  const std::int64_t now = env_.clock.Steady().count();
  if (last == INT64_MIN || now - last > kReadersRecent.count()) return;
  // Weak: when the run has become a block meanwhile there is nothing to do.
  const Status posted = env_.background.Post([weak = std::weak_ptr(run), gate = gate_] {
    if (!gate->Enter()) return;
    if (const auto alive = weak.lock()) {
      for (const auto& part : alive->Parts(alive->totals().chunks, true)) {
        IgnoreError(part->Load(), "logged; the query that needs it tries again");
      }
    }
    gate->Leave();
  });
  IgnoreError(posted, "the executor is busy; the query that needs it will do the work");
}

void LocalStore::CommitPending() {
  CHECK(config_.commit_by_hand);
  log_->CommitPending();
}

// --- readers ---

std::shared_ptr<const Snapshot> LocalStore::TakeSnapshot(std::string_view tenant) const {
  last_snapshot_steady_ns_.store(env_.clock.Steady().count(), std::memory_order_relaxed);
  std::shared_ptr<TenantData> data;
  {
    MutexLock lock(tenants_mutex_);
    const auto found = tenants_.find(tenant);
    if (found != tenants_.end()) data = found->second;
  }
  if (data == nullptr) return std::make_shared<const Snapshot>(Snapshot::Sources{});
  return data->TakeSnapshot();
}

std::vector<std::shared_ptr<TenantData>> LocalStore::AllTenants() const {
  MutexLock lock(tenants_mutex_);
  std::vector<std::shared_ptr<TenantData>> all;
  all.reserve(tenants_.size());
  for (const auto& [name, data] : tenants_) all.push_back(data);
  return all;
}

std::vector<std::string> LocalStore::Tenants() const {
  std::vector<std::string> names;
  for (const auto& data : AllTenants()) {
    const TenantData::Figures figures = data->figures();
    if (figures.live_spans + figures.blocks > 0) names.push_back(data->tenant());
  }
  return names;
}

StoreStatus LocalStore::status() const {
  StoreStatus status;
  bool first = true;
  for (const auto& data : AllTenants()) {
    const TenantData::Figures figures = data->figures();
    if (figures.live_spans + figures.blocks == 0) continue;
    ++status.tenants;
    status.live_spans += figures.live_spans;
    status.live_chunks += figures.live_chunks;
    status.live_otlp_bytes += figures.live_otlp_bytes;
    status.blocks += figures.blocks;
    status.block_spans += figures.block_spans;
    status.block_bytes += figures.block_bytes;
    status.oldest_unix_ns = first
                                ? figures.trace_start_unix_ns_min
                                : std::min(status.oldest_unix_ns, figures.trace_start_unix_ns_min);
    status.newest_unix_ns = std::max(status.newest_unix_ns, figures.trace_start_unix_ns_max);
    first = false;
  }
  status.live_bytes = live_bytes_.used();
  status.live_bytes_max = live_bytes_.bytes_max();
  status.replayed_spans = replayed_spans_.load();
  {
    MutexLock lock(cut_mutex_);
    status.manifest_generation = generation_;
    status.cuts = cuts_;
    status.cut_failures = cut_failures_;
    status.last_cut_error = last_cut_error_;
  }
  {
    MutexLock lock(intake_mutex_);
    status.accepting = accepting_;
  }
  status.problems = problems_->List();
  status.log_segments = log_->segments().size();
  if (const wal::LogHealth health = log_->health(); health.stopped) {
    status.accepting = false;
    status.problems.push_back({"log", "stopped until the next start: " + health.reason});
  }
  return status;
}

void LocalStore::UpdateGauges() const {
  const StoreStatus now = status();
  const auto set = [](Gauge& gauge, std::uint64_t value) {
    gauge.Set(static_cast<std::int64_t>(value));
  };
  set(metrics_->live_spans, now.live_spans);
  set(metrics_->live_bytes, now.live_bytes);
  set(metrics_->blocks, now.blocks);
  set(metrics_->block_spans, now.block_spans);
  set(metrics_->block_bytes, now.block_bytes);
  set(metrics_->manifest_generation, now.manifest_generation);
}

// --- time ---

bool LocalStore::CutIsDue() const {
  MutexLock lock(intake_mutex_);
  if (uncut_otlp_bytes_ == 0) return false;
  return uncut_otlp_bytes_ >= config_.cut_bytes ||
         env_.clock.Steady() - uncut_since_ >= config_.cut_age;
}

bool LocalStore::CutIsWorthwhile() const {
  MutexLock lock(intake_mutex_);
  return uncut_otlp_bytes_ >= config_.cut_bytes / 4;
}

void LocalStore::Tick() {
  bool retry = false;
  {
    MutexLock lock(cut_mutex_);
    retry = retry_wanted_;
  }
  if (retry || CutIsDue()) PostCut();
  UpdateGauges();
}

void LocalStore::RunTicker() {
  while (true) {
    {
      MutexLock lock(ticker_mutex_);
      if (!ticker_stop_) ticker_wake_.WaitFor(ticker_mutex_, config_.tick_interval);
      if (ticker_stop_) return;
    }
    Tick();
  }
}

Status LocalStore::Stop() {
  {
    MutexLock lock(intake_mutex_);
    accepting_ = false;
  }
  stopping_ = true;
  {
    MutexLock lock(ticker_mutex_);
    ticker_stop_ = true;
  }
  ticker_wake_.NotifyAll();
  if (ticker_.joinable()) ticker_.join();
  gate_->Close();
  {
    MutexLock lock(cut_mutex_);
    while (cutting_) cut_ended_.Wait(cut_mutex_);
  }
  if (log_ != nullptr) log_->Close();
  folder_lock_ = nullptr;
  return {};
}

}  // namespace vivace::storage

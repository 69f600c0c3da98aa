#pragma once
// The store over a local folder; docs/storage.md says what is written when.

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/byte_accountant.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "base/mutex.h"
#include "block/row_group_cache.h"
#include "storage/manifest.h"
#include "storage/problems.h"
#include "storage/store.h"
#include "storage/task_gate.h"
#include "storage/tenant_data.h"
#include "wal/local_log.h"

namespace vivace::storage {

/// See Store. Three parts, a file each: local_store.cc takes spans and gives snapshots,
/// local_store_cut.cc turns live data into blocks, local_store_open.cc brings back what the
/// folder holds.
class LocalStore final : public Store {
 public:
  LocalStore(StoreConfig config, StoreEnvironment environment);
  ~LocalStore() override;

  /// Called once, before anything else.
  Status Open();

  void Append(std::string tenant, otlp::Batch batch, std::function<void(Status)> done) override;
  std::shared_ptr<const Snapshot> TakeSnapshot(std::string_view tenant) const override;
  std::vector<std::string> Tenants() const override;
  Status Flush() override;
  void Tick() override;
  void CommitPending() override;
  Status Stop() override;
  StoreStatus status() const override;

 private:
  struct StoreMetrics {
    explicit StoreMetrics(MetricsRegistry& registry);
    Counter& appended_spans;
    Counter& refused_batches;
    Counter& cuts;
    Counter& cut_failures;
    Counter& cut_spans;
    Histogram& cut_seconds;
    Counter& damaged_blocks;
    Counter& undecodable_chunks;
    Counter& replayed_spans;
    Gauge& live_spans;
    Gauge& live_bytes;
    Gauge& blocks;
    Gauge& block_spans;
    Gauge& block_bytes;
    Gauge& manifest_generation;
  };

  // One tenant's share of a cut.
  struct TenantCut {
    std::shared_ptr<TenantData> data;
    std::vector<std::shared_ptr<const LiveRun>> runs;
    bool built = false;
    std::shared_ptr<const BlockSource> block = nullptr;  // Null when no span could be decoded.
  };
  // A cut that has begun; it is carried on until it has succeeded.
  struct PendingCut {
    wal::LogPosition release;
    std::vector<TenantCut> tenants;
    std::uint64_t spans = 0;
    Nanoseconds begun{0};
  };
  // A block file as Open finds it.
  struct FoundBlock;

  // --- local_store.cc ---
  Result<LiveBytes> ReserveLive(std::uint64_t bytes);
  // `stored` data is taken whatever the number of tenants.
  Result<std::shared_ptr<TenantData>> TenantFor(const std::string& tenant, bool stored)
      EXCLUDES(tenants_mutex_);
  std::vector<std::shared_ptr<TenantData>> AllTenants() const EXCLUDES(tenants_mutex_);
  void Show(const std::shared_ptr<TenantData>& data, LiveChunk chunk, std::uint64_t log_segment)
      EXCLUDES(intake_mutex_);
  void MakeColumnarLater(const std::shared_ptr<const LiveRun>& run);
  bool CutIsDue() const EXCLUDES(intake_mutex_);
  // When memory is short: enough to cut ahead of time, not so little that blocks become tiny.
  bool CutIsWorthwhile() const EXCLUDES(intake_mutex_);
  void UpdateGauges() const;
  void RunTicker() EXCLUDES(ticker_mutex_);

  // --- local_store_cut.cc ---
  void PostCut() EXCLUDES(cut_mutex_);
  void RunPostedCut() EXCLUDES(cut_mutex_);
  // The following run while cutting_ is set by the caller: one at a time.
  Status CutAndRecord(bool everything) EXCLUDES(cut_mutex_);
  Status Cut(bool everything);
  Status BeginCut();
  void CollectRuns(std::uint64_t before_segment, wal::LogPosition release);
  Status FinishCut();
  Status BuildTenant(TenantCut& cut);
  Status SetAside(const LiveChunk& chunk, const Error& error);
  void WaitForAppendsBefore(std::uint64_t epoch) EXCLUDES(intake_mutex_);

  // --- local_store_open.cc ---
  Status LoadBlocks();
  Status OpenFound(FoundBlock& found);
  Status QuarantineDamaged(const ManifestFolder::Loaded& loaded, std::vector<FoundBlock>& found);
  void Sweep(const std::vector<std::string>& keep);
  Status Replay();
  Status ReplayRecord(wal::LogPosition position, const wal::LogRecord& record);
  BlockSource::OnFailure FailureReporter() const;
  block::BlockReaderOptions ReaderOptions() const { return {.cache = row_group_cache_.get()}; }
  std::string BlockPath(const block::BlockId& id) const;

  const StoreConfig config_;
  const StoreEnvironment env_;
  const std::string blocks_folder_;
  const std::string quarantine_folder_;
  std::unique_ptr<StoreMetrics> metrics_;
  const std::shared_ptr<Problems> problems_ = std::make_shared<Problems>();
  const std::shared_ptr<TaskGate> gate_ = std::make_shared<TaskGate>();
  std::unique_ptr<FileLock> folder_lock_;
  ByteAccountant live_bytes_;
  const LiveAccounts accounts_;
  const std::unique_ptr<block::RowGroupCache> row_group_cache_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::uint64_t> replayed_spans_{0};
  mutable std::atomic<std::int64_t> last_snapshot_steady_ns_{INT64_MIN};

  mutable Mutex tenants_mutex_;
  std::map<std::string, std::shared_ptr<TenantData>, std::less<>> tenants_
      GUARDED_BY(tenants_mutex_);

  mutable Mutex intake_mutex_;
  ConditionVariable append_ended_;
  bool accepting_ GUARDED_BY(intake_mutex_) = false;
  // Appends under way, by the parity of the epoch in which they began. A cut begins an epoch;
  // it waits for the one before, and there is one cut at a time.
  std::uint64_t epoch_ GUARDED_BY(intake_mutex_) = 0;
  std::array<std::uint64_t, 2> under_way_ GUARDED_BY(intake_mutex_) = {0, 0};
  // Live data that no pending cut has taken.
  std::uint64_t uncut_otlp_bytes_ GUARDED_BY(intake_mutex_) = 0;
  Nanoseconds uncut_since_ GUARDED_BY(intake_mutex_){0};

  mutable Mutex cut_mutex_;
  ConditionVariable cut_ended_;
  bool cutting_ GUARDED_BY(cut_mutex_) = false;
  bool cut_posted_ GUARDED_BY(cut_mutex_) = false;
  bool retry_wanted_ GUARDED_BY(cut_mutex_) = false;
  Nanoseconds retry_at_ GUARDED_BY(cut_mutex_){0};
  Nanoseconds retry_delay_ GUARDED_BY(cut_mutex_){0};
  std::uint64_t cuts_ GUARDED_BY(cut_mutex_) = 0;
  std::uint64_t cut_failures_ GUARDED_BY(cut_mutex_) = 0;
  std::string last_cut_error_ GUARDED_BY(cut_mutex_);
  std::uint64_t generation_ GUARDED_BY(cut_mutex_) = 0;

  // Belong to whoever has set cutting_ (and to Open).
  ManifestFolder manifests_;
  Manifest manifest_;
  std::optional<PendingCut> pending_;
  std::uint64_t replay_cut_at_bytes_ = 0;

  Mutex ticker_mutex_;
  ConditionVariable ticker_wake_;
  bool ticker_stop_ GUARDED_BY(ticker_mutex_) = false;
  std::thread ticker_;

  // Last, so that its committer ends before what its callbacks use.
  std::unique_ptr<wal::LocalLog> log_;
};

}  // namespace vivace::storage

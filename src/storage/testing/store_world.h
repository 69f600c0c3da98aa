#pragma once
// A store on a simulated disk, with a ledger of what it was sent and what it promised.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "base/simulated_file_system.h"
#include "storage/store.h"
#include "storage/testing/test_spans.h"

namespace vivace::storage::testing {

/// Bounds so small that a few requests reach every one of them.
StoreConfig SmallConfig();

/// Drives one store through any number of lives on one disk, on one thread, repeatably.
class StoreWorld {
 public:
  explicit StoreWorld(std::uint64_t seed, StoreConfig config = SmallConfig());
  ~StoreWorld();

  SimulatedFileSystem& disk() { return disk_; }
  SeededRandom& random() { return random_; }
  ManualClock& clock() { return clock_; }
  ManualExecutor& background() { return *outside_->background; }
  bool running() const { return store_ != nullptr; }
  Store& store() { return *store_; }

  // --- lives ---

  /// Starts a store; the folder's content is not looked at yet.
  Status Open();
  /// Stops in order. Everything acknowledged has to be there afterwards.
  Status Stop();
  /// The process is gone and the power, too: what was not synced may be lost.
  void PowerCut();

  // --- one thing at a time ---

  /// Sends a request of some spans, of new and of known traces; it waits for a commit.
  void Send();
  void Commit();
  /// One random thing out of everything that can happen to a healthy store. Never fails by
  /// itself: what the store answers goes into the ledger.
  void RandomStep();

  // --- the ledger ---

  /// All promises: nothing acknowledged is missing, nothing is altered, invented or there twice,
  /// by scan and by id. What is found counts as promised from then on.
  Status Verify();
  /// The same without looking every trace up by id.
  Status VerifyScan();
  /// The first broken promise that was seen inside a callback; kept until it is asked for.
  Status failure() const { return failure_; }
  std::uint64_t acknowledged() const { return acknowledged_; }
  std::uint64_t refused() const { return refused_; }
  std::uint64_t cuts() const { return cuts_; }
  std::uint64_t spans_sent() const { return last_span_; }

 private:
  // What a process has; new for each life.
  struct Outside {
    std::unique_ptr<ManualExecutor> background = std::make_unique<ManualExecutor>();
    ByteAccountant bytes{256ULL << 20};
    MetricsRegistry metrics;
  };
  struct TenantLedger {
    std::set<SpanKey> sent;
    std::set<SpanKey> promised;
  };
  // A snapshot and what it showed when it was taken.
  struct Held {
    std::shared_ptr<const Snapshot> snapshot;
    Found found;
  };

  Status VerifyTenant(const std::string& tenant, bool by_id);
  void CheckVisible(const std::string& tenant, const std::vector<SpanKey>& keys);
  void Fail(Status status);
  void EndLife();

  const StoreConfig config_;
  SeededRandom random_;
  SeededRandom store_random_;
  SimulatedFileSystem disk_;
  ManualClock clock_;
  std::unique_ptr<Outside> outside_;
  std::vector<Held> held_;
  std::unique_ptr<Store> store_;
  std::map<std::string, TenantLedger> ledger_;
  std::uint32_t last_span_ = 0;
  std::uint32_t last_trace_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t refused_ = 0;
  std::uint64_t cuts_ = 0;
  Status failure_;
};

}  // namespace vivace::storage::testing

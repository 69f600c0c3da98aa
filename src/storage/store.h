#pragma once
// The store: spans in, durable and visible; snapshots out. The data folder and the order of
// every write are described in docs/storage.md.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "base/executor.h"
#include "base/file_system.h"
#include "base/metrics.h"
#include "base/random.h"
#include "base/result.h"
#include "otlp/walk.h"
#include "storage/snapshot.h"
#include "storage/store_config.h"

namespace vivace::storage {

/// The outside, given by the owner; all of it outlives the store. `background` runs cuts and
/// makes row groups; one thread is enough, two let searches of fresh data wait less.
struct StoreEnvironment {
  FileSystem& files;
  Clock& clock;
  Random& random;
  Executor& background;
  ByteAccountant& bytes;
  MetricsRegistry& metrics;
};

/// A picture of the store for /status.
struct StoreStatus {
  struct Problem {
    std::string what;  ///< Such as "block 3f.." or "log".
    std::string reason;
  };
  std::uint64_t tenants = 0;
  std::uint64_t live_spans = 0;
  std::uint64_t live_chunks = 0;
  std::uint64_t live_otlp_bytes = 0;
  std::uint64_t live_bytes = 0;  ///< All memory accounted to live data.
  std::uint64_t live_bytes_max = 0;
  std::uint64_t blocks = 0;
  std::uint64_t block_spans = 0;
  std::uint64_t block_bytes = 0;
  /// Bounds of all trace starts here, live and in blocks, in Unix nanoseconds; 0: no spans.
  std::uint64_t oldest_unix_ns = 0;
  std::uint64_t newest_unix_ns = 0;
  std::uint64_t manifest_generation = 0;
  std::uint64_t log_segments = 0;
  std::uint64_t replayed_spans = 0;  ///< By this start.
  std::uint64_t cuts = 0;            ///< Since this start.
  std::uint64_t cut_failures = 0;    ///< Since this start.
  std::string last_cut_error;        ///< "" once a later cut succeeded.
  bool accepting = false;            ///< The log takes appends.
  std::vector<Problem> problems;     ///< Quarantined and unreadable blocks, failed log.
};

/// Spans of one batch at most: what one row group takes. 64 MiB hold as many of 64 bytes each.
inline constexpr std::uint32_t kBatchSpansMax = 1'000'000;
/// Bytes of a tenant's name.
inline constexpr std::size_t kTenantBytesMax = 150;

/// Stores the spans of all tenants: log, live data, blocks, manifest.
///
/// Life cycle: Open, use, Stop (or destruction, which stops). Everything but Stop and
/// destruction is thread-safe. Readers work on snapshots and hold no lock; ingest never waits
/// for a cut. The store outlives its snapshots.
///
///   ASSIGN_OR_RETURN(auto store, Store::Open(config, environment));
///   store->Append("tenant", batch, [](Status stored) { ... });
///   auto snapshot = store->TakeSnapshot("tenant");
class Store {
 public:
  virtual ~Store() = default;

  /// Locks the folder, reads the manifest, opens the blocks, removes what no manifest names,
  /// replays the log. kFailedPrecondition: another process has the folder. kUnsupported: a
  /// file of a newer version; nothing was written. A damaged block is set aside and reported,
  /// the rest is served.
  static Result<std::unique_ptr<Store>> Open(StoreConfig config, StoreEnvironment environment);

  /// Stores `batch`. `done` is called exactly once, possibly before Append returns: with
  /// success after the spans are durable and every snapshot taken from then on shows them;
  /// kUnavailable: not now, with the reason (memory bound, disk full, stopping): not stored,
  /// or stored but not known to be durable; sending again is right.
  /// kResourceExhausted: too many tenants. kInvalidArgument: the batch has over kBatchSpansMax
  /// spans, or the tenant has no or too long a name. `done` must not block: the commits wait for
  /// it.
  virtual void Append(std::string tenant, otlp::Batch batch, std::function<void(Status)> done) = 0;

  /// Returns the tenant's data as of now; an empty snapshot for an unknown tenant.
  virtual std::shared_ptr<const Snapshot> TakeSnapshot(std::string_view tenant) const = 0;

  /// Tenants that have data, sorted.
  virtual std::vector<std::string> Tenants() const = 0;

  /// Cuts all live data into blocks and returns when that is durable. On failure the data
  /// stays live and the log keeps it; it is tried again later.
  virtual Status Flush() = 0;

  /// Looks at ages and retries; see StoreConfig::tick_interval.
  virtual void Tick() = 0;

  /// Commits what has been appended; only with StoreConfig::commit_by_hand.
  virtual void CommitPending() = 0;

  /// Refuses further appends, lets those under way finish, ends background work, closes.
  /// Live data is not cut: the log has it. Idempotent.
  virtual Status Stop() = 0;

  virtual StoreStatus status() const = 0;
};

}  // namespace vivace::storage

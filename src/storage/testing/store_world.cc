#include "storage/testing/store_world.h"

#include <algorithm>
#include <utility>

#include <fmt/core.h>

namespace vivace::storage::testing {
namespace {

const std::string kFolder = "/srv/data";

// A rare tenant besides the usual one, so that cuts have one or two blocks to write.
constexpr const char* kTenants[] = {"common", "rare"};

}  // namespace

StoreConfig SmallConfig() {
  StoreConfig config;
  config.folder = kFolder;
  config.cut_bytes = 4'000;
  config.cut_age = std::chrono::seconds(300);
  config.live_bytes_max = 8 << 20;
  config.block_row_group_spans = 16;
  config.live_row_group_spans = 8;
  config.row_group_cache_bytes = 1 << 20;
  config.log_segment_bytes = 6'000;
  config.tick_interval = Nanoseconds{0};
  config.commit_by_hand = true;
  return config;
}

StoreWorld::StoreWorld(std::uint64_t seed, StoreConfig config)
    : config_(std::move(config)), random_(seed), store_random_(seed + 1), disk_(seed + 2) {
  IgnoreError(disk_.CreateDirectories("/srv"), "nothing has been told to fail yet");
  IgnoreError(disk_.SyncDirectory("/"), "nothing has been told to fail yet");
}

StoreWorld::~StoreWorld() { EndLife(); }

void StoreWorld::EndLife() {
  held_.clear();
  if (store_ != nullptr) cuts_ += store_->status().cuts;
  store_ = nullptr;
}

Status StoreWorld::Open() {
  EndLife();
  outside_ = std::make_unique<Outside>();
  ASSIGN_OR_RETURN(store_, Store::Open(config_, {.files = disk_,
                                                 .clock = clock_,
                                                 .random = store_random_,
                                                 .background = *outside_->background,
                                                 .bytes = outside_->bytes,
                                                 .metrics = outside_->metrics}));
  return {};
}

Status StoreWorld::Stop() {
  held_.clear();
  Status stopped = store_ != nullptr ? store_->Stop() : Status();
  EndLife();
  return stopped;
}

void StoreWorld::PowerCut() {
  // Whatever the dying store still tries comes too late.
  disk_.CutPowerAt(disk_.operations() + 1);
  EndLife();
  disk_.PowerCut();
}

void StoreWorld::Fail(Status status) {
  if (failure_.ok()) failure_ = std::move(status);
}

void StoreWorld::Send() {
  const std::string tenant = kTenants[random_.Chance(1, 6) ? 1 : 0];
  TenantLedger& ledger = ledger_[tenant];
  std::vector<SpanKey> keys(1 + random_.Below(6));
  for (SpanKey& key : keys) {
    // Traces go on in later requests; an old one now and then. Their numbers are of one tenant
    // only: odd ones of the rare one.
    const std::uint32_t back =
        static_cast<std::uint32_t>(random_.Chance(1, 10) ? random_.Below(40) : random_.Below(4));
    if (random_.Chance(1, 2)) ++last_trace_;
    const std::uint32_t trace = last_trace_ > back ? last_trace_ - back : 0;
    key = {.trace = 2 * trace + (tenant == kTenants[1] ? 1 : 0), .span = ++last_span_};
    ledger.sent.insert(key);
  }
  store_->Append(tenant, BatchOf(keys), [this, tenant, keys](Status stored) {
    if (!stored.ok()) {
      ++refused_;
      return;
    }
    ++acknowledged_;
    ledger_[tenant].promised.insert(keys.begin(), keys.end());
    CheckVisible(tenant, keys);
  });
}

void StoreWorld::CheckVisible(const std::string& tenant, const std::vector<SpanKey>& keys) {
  const std::shared_ptr<const Snapshot> snapshot = store_->TakeSnapshot(tenant);
  const SpanKey key = keys[random_.Below(keys.size())];
  Result<Found> by_id = FindTrace(*snapshot, key.trace);
  if (!by_id.ok()) return;  // A disk that fails under a block is not about being visible.
  if (!by_id->contains(key)) {
    Fail(Error(ErrorCode::kInternal,
               fmt::format("span {} of trace {} is acknowledged and not found by id", key.span,
                           key.trace)));
  }
  if (!random_.Chance(1, 16)) return;
  Result<Found> scanned = Scan(*snapshot);
  if (scanned.ok() && !scanned->contains(key)) {
    Fail(Error(ErrorCode::kInternal,
               fmt::format("span {} of trace {} is acknowledged and not found by a scan", key.span,
                           key.trace)));
  }
}

void StoreWorld::Commit() { store_->CommitPending(); }

void StoreWorld::RandomStep() {
  switch (random_.Below(20)) {
    default:
      Send();
      return;
    case 8:
    case 9:
    case 10:
    case 11:
      Commit();
      return;
    case 12:
    case 13:
      background().RunOne();
      return;
    case 14:
      background().RunAll();
      return;
    case 15:
      IgnoreError(store_->Flush(), "the disk may have been told to fail; promises are what counts");
      return;
    case 16:
      clock_.Advance(std::chrono::seconds(random_.Below(400)));
      store_->Tick();
      return;
    case 17: {
      const std::string tenant = kTenants[random_.Below(2)];
      std::shared_ptr<const Snapshot> snapshot = store_->TakeSnapshot(tenant);
      Result<Found> found = Scan(*snapshot);
      if (found.ok() && held_.size() < 3) {
        held_.push_back({std::move(snapshot), *std::move(found)});
      }
      return;
    }
    case 18: {
      if (held_.empty()) return;
      // Whatever was cut or added since.
      const Held held = std::move(held_.back());
      held_.pop_back();
      Result<Found> found = Scan(*held.snapshot);
      if (found.ok() && *found != held.found) {
        Fail(Error(ErrorCode::kInternal, "a snapshot shows something else than before"));
      }
      return;
    }
    case 19:
      clock_.JumpTo(clock_.UnixNanos() - std::int64_t{3'600'000'000'000});
      return;
  }
}

Status StoreWorld::VerifyTenant(const std::string& tenant, bool by_id) {
  TenantLedger& ledger = ledger_[tenant];
  const std::shared_ptr<const Snapshot> snapshot = store_->TakeSnapshot(tenant);
  if (!snapshot->unavailable().empty()) {
    return Error(ErrorCode::kInternal, "not all is served: " + snapshot->unavailable().front());
  }
  ASSIGN_OR_RETURN(const Found scanned, Scan(*snapshot));
  for (const SpanKey& key : ledger.promised) {
    if (!scanned.contains(key)) {
      return Error(ErrorCode::kInternal, fmt::format("tenant {}: span {} of trace {} is missing",
                                                     tenant, key.span, key.trace));
    }
  }
  std::map<std::uint32_t, Found> traces;
  for (const auto& [key, times] : scanned) {
    if (times != 1) {
      return Error(ErrorCode::kInternal,
                   fmt::format("tenant {}: span {} of trace {} is there {} times", tenant, key.span,
                               key.trace, times));
    }
    if (!ledger.sent.contains(key)) {
      return Error(ErrorCode::kInternal, fmt::format("tenant {}: span {} of trace {} is invented",
                                                     tenant, key.span, key.trace));
    }
    ledger.promised.insert(key);
    traces[key.trace].emplace(key, times);
  }
  if (!by_id) return {};
  for (const auto& [trace, expected] : traces) {
    ASSIGN_OR_RETURN(const Found found, FindTrace(*snapshot, trace));
    if (found != expected) {
      return Error(ErrorCode::kInternal,
                   fmt::format("tenant {}: trace {} has {} spans by id, {} by scan", tenant, trace,
                               found.size(), expected.size()));
    }
  }
  return {};
}

Status StoreWorld::Verify() {
  RETURN_IF_ERROR(Status(failure_));
  for (const char* tenant : kTenants) RETURN_IF_ERROR(VerifyTenant(tenant, true));
  return {};
}

Status StoreWorld::VerifyScan() {
  RETURN_IF_ERROR(Status(failure_));
  for (const char* tenant : kTenants) RETURN_IF_ERROR(VerifyTenant(tenant, false));
  return {};
}

}  // namespace vivace::storage::testing

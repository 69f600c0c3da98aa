#include "storage/tenant_data.h"

#include <algorithm>
#include <utility>

namespace vivace::storage {
namespace {

bool Before(const std::shared_ptr<const Source>& a, const std::shared_ptr<const Source>& b) {
  if (a->meta().trace_start_max != b->meta().trace_start_max) {
    return a->meta().trace_start_max > b->meta().trace_start_max;
  }
  return a->meta().name < b->meta().name;
}

}  // namespace

TenantData::TenantData(std::string tenant, LiveAccounts accounts, std::uint64_t run_spans_max)
    : tenant_(std::move(tenant)), accounts_(accounts), run_spans_max_(run_spans_max) {}

void TenantData::Changed() {
  settled_ = nullptr;
  snapshot_ = nullptr;
  ++version_;
}

std::shared_ptr<const LiveRun> TenantData::SealLast() {
  if (runs_.empty() || runs_.back().run->sealed()) return nullptr;
  Run& last = runs_.back();
  last.run->Seal();
  last.source = std::make_shared<const LiveSource>(last.run);
  Changed();
  return last.run;
}

std::shared_ptr<const LiveRun> TenantData::Insert(LiveChunk chunk, std::uint64_t log_segment) {
  MutexLock lock(mutex_);
  std::shared_ptr<const LiveRun> closed;
  if (!runs_.empty()) {
    const LiveRun& last = *runs_.back().run;
    CHECK(last.log_segment() <= log_segment);
    if (last.log_segment() != log_segment || !last.HasRoom(chunk.spans, run_spans_max_)) {
      closed = SealLast();
    }
  }
  if (runs_.empty() || runs_.back().run->sealed()) {
    runs_.push_back({std::make_shared<LiveRun>(next_run_++, log_segment, accounts_), nullptr});
  }
  runs_.back().run->Append(std::move(chunk));
  snapshot_ = nullptr;
  ++version_;
  return closed;
}

std::shared_ptr<const Snapshot> TenantData::TakeSnapshot() const {
  std::shared_ptr<const Snapshot::Sources> settled;
  std::shared_ptr<const Source> open;
  std::vector<std::string> unavailable;
  std::uint64_t version = 0;
  {
    MutexLock lock(mutex_);
    if (snapshot_ != nullptr) return snapshot_;
    if (settled_ == nullptr) {
      auto sources = std::make_shared<Snapshot::Sources>(blocks_.begin(), blocks_.end());
      for (const Run& run : runs_) {
        if (run.source != nullptr) sources->push_back(run.source);
      }
      std::sort(sources->begin(), sources->end(), Before);
      settled_ = std::move(sources);
    }
    settled = settled_;
    if (!runs_.empty() && !runs_.back().run->sealed()) {
      open = std::make_shared<const LiveSource>(runs_.back().run);
    }
    unavailable = unavailable_;
    version = version_;
  }
  Snapshot::Sources sources;
  sources.reserve(settled->size() + 1);
  sources = *settled;
  if (open != nullptr) {
    sources.insert(std::upper_bound(sources.begin(), sources.end(), open, Before), open);
  }
  auto snapshot = std::make_shared<const Snapshot>(std::move(sources), std::move(unavailable));
  MutexLock lock(mutex_);
  if (version_ == version) snapshot_ = snapshot;
  return snapshot;
}

std::vector<std::shared_ptr<const LiveRun>> TenantData::SealBefore(std::uint64_t log_segment) {
  MutexLock lock(mutex_);
  if (!runs_.empty() && runs_.back().run->log_segment() < log_segment) SealLast();
  std::vector<std::shared_ptr<const LiveRun>> sealed;
  for (const Run& run : runs_) {
    if (run.run->log_segment() < log_segment) sealed.push_back(run.run);
  }
  return sealed;
}

void TenantData::Replace(const std::vector<std::shared_ptr<const LiveRun>>& runs,
                         std::shared_ptr<const BlockSource> block) {
  MutexLock lock(mutex_);
  std::erase_if(runs_, [&](const Run& run) {
    return std::find(runs.begin(), runs.end(), run.run) != runs.end();
  });
  if (block != nullptr) blocks_.push_back(std::move(block));
  Changed();
}

void TenantData::AddUnavailable(std::string what) {
  MutexLock lock(mutex_);
  unavailable_.push_back(std::move(what));
  Changed();
}

TenantData::Figures TenantData::figures() const {
  Figures figures;
  bool first = true;
  const auto widen = [&](std::uint64_t start_min, std::uint64_t start_max) {
    figures.trace_start_unix_ns_min =
        first ? start_min : std::min(figures.trace_start_unix_ns_min, start_min);
    figures.trace_start_unix_ns_max = std::max(figures.trace_start_unix_ns_max, start_max);
    first = false;
  };
  MutexLock lock(mutex_);
  for (const Run& run : runs_) {
    const LiveRun::Totals& totals = run.run->totals();
    figures.live_spans += totals.spans;
    figures.live_chunks += totals.chunks;
    figures.live_otlp_bytes += totals.otlp_bytes;
    widen(totals.trace_start_unix_ns_min, totals.trace_start_unix_ns_max);
  }
  for (const auto& block : blocks_) {
    const SourceMeta& meta = block->meta();
    ++figures.blocks;
    figures.block_spans += meta.spans;
    figures.block_bytes += meta.bytes;
    widen(meta.trace_start_min, meta.trace_start_max);
  }
  return figures;
}

}  // namespace vivace::storage

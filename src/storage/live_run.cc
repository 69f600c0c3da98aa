#include "storage/live_run.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include <fmt/core.h>

#include "base/log.h"
#include "block/row_group_builder.h"
#include "otlp/decode.h"

namespace vivace::storage {
namespace {

LiveBytes Hold(const LiveAccounts& accounts, std::uint64_t bytes) {
  // Acknowledged data: it has to be held, so that it can only be counted, not refused.
  return {.process = accounts.process.ForceReserve(bytes),
          .store = accounts.store.ForceReserve(bytes)};
}

std::uint64_t Fingerprint(const TraceId& id) { return std::hash<TraceId>{}(id); }

void AppendAll(TraceData&& from, TraceData& to) {
  std::move(from.resource_spans.begin(), from.resource_spans.end(),
            std::back_inserter(to.resource_spans));
}

}  // namespace

// --- LivePart ---

LivePart::LivePart(const LiveRun& run, LiveAccounts accounts, std::size_t begin, std::size_t end)
    : run_(run), accounts_(accounts), begin_(begin), end_(end) {
  for (std::size_t i = begin; i < end; ++i) spans_ += run.chunk(i).spans;
}

Result<std::shared_ptr<const block::RowGroup>> LivePart::Load() const {
  {
    MutexLock lock(mutex_);
    while (state_ == State::kMaking) made_.Wait(mutex_);
    if (state_ == State::kMade) return rows_;
    state_ = State::kMaking;
  }
  Result<std::shared_ptr<const block::RowGroup>> rows = Make();
  {
    MutexLock lock(mutex_);
    state_ = rows.ok() ? State::kMade : State::kNone;
    if (rows.ok()) {
      rows_ = *rows;
      held_ = Hold(accounts_, rows_->memory_bytes());
    }
  }
  made_.NotifyAll();
  return rows;
}

Result<std::shared_ptr<const block::RowGroup>> LivePart::Make() const {
  block::RowGroupBuilder builder;
  for (std::size_t i = begin_; i < end_; ++i) {
    const LiveChunk& chunk = run_.chunk(i);
    // The walk has accepted these bytes, so failing here is a fault of ours; a cut sets such
    // a chunk aside, until then it is found by id only.
    Result<TraceData> decoded = otlp::Decode(AsBytes(*chunk.bytes));
    Status added = decoded.ok() ? builder.Add(*decoded) : Status(std::move(decoded).error());
    if (!added.ok()) {
      LogError("live chunk cannot be made columnar",
               {{"run", run_.number()}, {"chunk", i}, {"error", added.error().ToString()}});
    }
  }
  return builder.Finish();
}

// --- LiveRun ---

LiveRun::LiveRun(std::uint64_t number, std::uint64_t log_segment, LiveAccounts accounts)
    : number_(number), log_segment_(log_segment), accounts_(accounts) {}

LiveRun::~LiveRun() = default;

bool LiveRun::HasRoom(std::uint64_t spans, std::uint64_t spans_max) const {
  if (sealed_ || totals_.chunks == kChunksMax) return false;
  return totals_.chunks == 0 || totals_.spans + spans <= spans_max;
}

void LiveRun::Append(LiveChunk chunk) {
  CHECK(!sealed_);
  CHECK(totals_.chunks < kChunksMax);
  std::unique_ptr<Page>& page = pages_[totals_.chunks / kPageChunks];
  if (page == nullptr) page = std::make_unique<Page>();

  const bool first = totals_.chunks == 0;
  totals_.trace_start_unix_ns_min =
      first ? chunk.start_unix_ns_min
            : std::min(totals_.trace_start_unix_ns_min, chunk.start_unix_ns_min);
  totals_.trace_start_unix_ns_max =
      std::max(totals_.trace_start_unix_ns_max, chunk.trace_start_unix_ns_max);
  totals_.end_unix_ns_max = std::max(totals_.end_unix_ns_max, chunk.end_unix_ns_max);
  totals_.spans += chunk.spans;
  totals_.traces += chunk.traces.size();
  totals_.otlp_bytes += chunk.bytes->size();
  (*page)[totals_.chunks % kPageChunks] = std::move(chunk);
  ++totals_.chunks;
}

const LiveChunk& LiveRun::chunk(std::size_t index) const {
  return (*pages_[index / kPageChunks])[index % kPageChunks];
}

std::vector<std::shared_ptr<const LivePart>> LiveRun::Parts(std::size_t chunks, bool sealed) const {
  MutexLock lock(parts_mutex_);
  const auto make = [&](std::size_t begin, std::size_t end) {
    return std::make_shared<const LivePart>(*this, accounts_, begin, end);
  };
  const std::size_t covered = parts_.empty() ? 0 : parts_.back()->end();
  if (sealed) {
    if (parts_.size() != 1 || covered != chunks) parts_ = {make(0, chunks)};
    return parts_;
  }
  if (covered < chunks) parts_.push_back(make(covered, chunks));
  while (parts_.size() >= 2) {
    const LivePart& before = *parts_[parts_.size() - 2];
    const LivePart& last = *parts_.back();
    // Never across `chunks`, which this caller may not see beyond.
    if (before.spans() >= 2 * last.spans() || last.end() > chunks) break;
    auto merged = make(before.begin(), last.end());
    parts_.resize(parts_.size() - 2);
    parts_.push_back(std::move(merged));
  }
  std::vector<std::shared_ptr<const LivePart>> visible;
  for (const auto& part : parts_) {
    if (part->end() <= chunks) visible.push_back(part);
  }
  // Someone with a newer view came first: this caller gets the rest for itself.
  const std::size_t shown = visible.empty() ? 0 : visible.back()->end();
  if (shown < chunks) visible.push_back(make(shown, chunks));
  return visible;
}

std::shared_ptr<const LiveRun::Index> LiveRun::TraceIndex(std::size_t chunks) const {
  {
    MutexLock lock(parts_mutex_);
    if (index_ != nullptr) return index_;
  }
  auto index = std::make_shared<Index>();
  for (std::size_t i = 0; i < chunks; ++i) {
    for (const otlp::WalkedTrace& trace : chunk(i).traces) {
      index->emplace_back(Fingerprint(trace.id), static_cast<std::uint32_t>(i));
    }
  }
  std::sort(index->begin(), index->end());
  MutexLock lock(parts_mutex_);
  if (index_ == nullptr) {
    index_held_ = Hold(accounts_, index->capacity() * sizeof(Index::value_type));
    index_ = std::move(index);
  }
  return index_;
}

Result<bool> LiveRun::AppendFrom(std::size_t index, const TraceId& id, TraceData& out) const {
  const LiveChunk& from = chunk(index);
  if (from.Find(id) == nullptr) return false;
  Result<TraceData> spans = otlp::DecodeTrace(AsBytes(*from.bytes), id);
  if (!spans.ok()) {
    return Error(ErrorCode::kInternal, fmt::format("live run {}, chunk {}: {}", number_, index,
                                                   spans.error().ToString()));
  }
  AppendAll(*std::move(spans), out);
  return true;
}

Result<bool> LiveRun::AppendTrace(const TraceId& id, std::size_t chunks, bool sealed,
                                  TraceData& out) const {
  bool found = false;
  if (!sealed) {
    for (std::size_t i = 0; i < chunks; ++i) {
      ASSIGN_OR_RETURN(const bool here, AppendFrom(i, id, out));
      found |= here;
    }
    return found;
  }
  const std::shared_ptr<const Index> index = TraceIndex(chunks);
  const std::uint64_t fingerprint = Fingerprint(id);
  for (auto at = std::lower_bound(index->begin(), index->end(), Index::value_type(fingerprint, 0));
       at != index->end() && at->first == fingerprint; ++at) {
    ASSIGN_OR_RETURN(const bool here, AppendFrom(at->second, id, out));
    found |= here;
  }
  return found;
}

}  // namespace vivace::storage

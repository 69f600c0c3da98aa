#include "storage/live_source.h"

#include <utility>

#include <fmt/core.h>

namespace vivace::storage {
namespace {

SourceMeta MetaOf(const LiveRun& run) {
  const LiveRun::Totals& totals = run.totals();
  return {.name = fmt::format("live-{:012}", run.number()),
          .trace_start_min = totals.trace_start_unix_ns_min,
          .trace_start_max = totals.trace_start_unix_ns_max,
          .end_max = totals.end_unix_ns_max,
          .spans = totals.spans,
          .traces = totals.traces,
          .bytes = totals.otlp_bytes,
          .live = true};
}

}  // namespace

LiveSource::LiveSource(std::shared_ptr<const LiveRun> run)
    : run_(std::move(run)),
      chunks_(run_->totals().chunks),
      sealed_(run_->sealed()),
      meta_(MetaOf(*run_)) {}

const LiveSource::Parts& LiveSource::ChosenParts() const {
  MutexLock lock(mutex_);
  if (parts_ == nullptr) parts_ = std::make_unique<const Parts>(run_->Parts(chunks_, sealed_));
  return *parts_;
}

std::size_t LiveSource::row_group_count() const { return ChosenParts().size(); }

Result<std::shared_ptr<const block::RowGroup>> LiveSource::LoadRowGroup(std::size_t index) const {
  const Parts& parts = ChosenParts();
  CHECK(index < parts.size());
  return parts[index]->Load();
}

Result<bool> LiveSource::AppendTrace(const TraceId& id, TraceData& out) const {
  return run_->AppendTrace(id, chunks_, sealed_, out);
}

Result<std::shared_ptr<const block::Catalogue>> LiveSource::catalogue() const {
  {
    MutexLock lock(mutex_);
    if (catalogue_ != nullptr) return catalogue_;
  }
  block::CatalogueBuilder builder;
  for (const auto& part : ChosenParts()) {
    ASSIGN_OR_RETURN(const auto rows, part->Load());
    builder.Add(*rows);
  }
  auto catalogue = std::make_shared<const block::Catalogue>(builder.Finish());
  MutexLock lock(mutex_);
  if (catalogue_ == nullptr) catalogue_ = std::move(catalogue);
  return catalogue_;
}

}  // namespace vivace::storage

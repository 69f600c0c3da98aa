#include "tracing/batch_exporter.h"

#include <algorithm>
#include <unordered_map>

#include "base/log.h"
#include "otlp/encode.h"

namespace vivace::tracing {

BatchExporter::BatchExporter(Config config, std::unique_ptr<OtlpClient> client, Clock& clock,
                             Random& random)
    : config_(config), client_(std::move(client)), clock_(clock), random_(random), thread_([this] {
        Run();
      }) {}

BatchExporter::~BatchExporter() {
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    changed_.NotifyAll();
  }
  thread_.join();
}

void BatchExporter::Submit(std::shared_ptr<const SpanOrigin> origin, Span span) {
  MutexLock lock(mutex_);
  if (stopping_ || queue_.size() >= config_.queue_spans_max) {
    ++counts_.dropped;
    return;
  }
  ++submitted_;
  queue_.push_back({std::move(origin), std::move(span)});
  if (queue_.size() == 1 || queue_.size() == config_.batch_spans_max) changed_.NotifyAll();
}

bool BatchExporter::Flush(std::chrono::milliseconds timeout) {
  const Nanoseconds deadline = clock_.Steady() + timeout;
  MutexLock lock(mutex_);
  const std::uint64_t target = submitted_;
  flushing_ = !queue_.empty();
  changed_.NotifyAll();
  while (finished_ < target) {
    const Nanoseconds left = deadline - clock_.Steady();
    if (left <= Nanoseconds(0)) return false;
    changed_.WaitFor(mutex_, left);
  }
  return true;
}

BatchExporter::Counts BatchExporter::counts() const {
  MutexLock lock(mutex_);
  return counts_;
}

void BatchExporter::Run() {
  for (;;) {
    std::vector<Queued> batch;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) changed_.Wait(mutex_);
      if (queue_.empty()) return;
      const Nanoseconds deadline = clock_.Steady() + config_.schedule_delay;
      while (queue_.size() < config_.batch_spans_max && !stopping_ && !flushing_) {
        const Nanoseconds left = deadline - clock_.Steady();
        if (left <= Nanoseconds(0)) break;
        changed_.WaitFor(mutex_, left);
      }
      const std::size_t count = std::min(queue_.size(), config_.batch_spans_max);
      batch.reserve(count);
      for (std::size_t i = 0; i < count; ++i) {
        batch.push_back(std::move(queue_.front()));
        queue_.pop_front();
      }
      if (queue_.empty()) flushing_ = false;
    }
    Export(std::move(batch));
  }
}

void BatchExporter::Export(std::vector<Queued> batch) {
  const std::uint64_t spans = batch.size();
  TraceData data;
  std::unordered_map<const SpanOrigin*, std::size_t> group_of;
  for (Queued& queued : batch) {
    const auto [group, added] = group_of.try_emplace(queued.origin.get(), group_of.size());
    if (added) {
      ResourceSpans& resource_spans = data.resource_spans.emplace_back();
      resource_spans.resource = queued.origin->resource;
      resource_spans.scope_spans.emplace_back().scope = queued.origin->scope;
    }
    data.resource_spans[group->second].scope_spans[0].spans.push_back(std::move(queued.span));
  }
  const std::string request = otlp::Encode(data);

  ExportOutcome outcome = client_->Send(request);
  std::uint64_t retries = 0;
  std::chrono::milliseconds wait = config_.retry_first;
  const Nanoseconds give_up = clock_.Steady() + config_.retry_budget;
  while (outcome.kind == ExportOutcome::Kind::kRetryable) {
    const auto jitter = static_cast<std::int64_t>(random_.Below(401)) - 200;  // +-20 % in 1/1000
    const std::chrono::milliseconds pause =
        outcome.retry_after.value_or(wait + wait * jitter / 1000);
    if (clock_.Steady() + pause > give_up || !WaitForRetry(pause)) break;
    wait = std::min(wait * 3 / 2, config_.retry_longest);
    ++retries;
    outcome = client_->Send(request);
  }

  const bool accepted = outcome.kind == ExportOutcome::Kind::kAccepted;
  const std::uint64_t lost = accepted ? std::min(outcome.rejected_spans, spans) : spans;
  if (lost > 0) {
    LogWarn("spans not exported", {{"spans", lost}, {"reason", outcome.message}});
  }
  MutexLock lock(mutex_);
  counts_.exported += spans - lost;
  counts_.dropped += lost;
  counts_.retries += retries;
  finished_ += spans;
  changed_.NotifyAll();
}

/// False when the exporter stops meanwhile.
bool BatchExporter::WaitForRetry(std::chrono::milliseconds wait) {
  const Nanoseconds deadline = clock_.Steady() + wait;
  MutexLock lock(mutex_);
  while (!stopping_) {
    const Nanoseconds left = deadline - clock_.Steady();
    if (left <= Nanoseconds(0)) return true;
    changed_.WaitFor(mutex_, left);
  }
  return false;
}

}  // namespace vivace::tracing

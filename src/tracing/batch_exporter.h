#pragma once
// Collects ended spans and exports them in batches on a thread of its own.

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "base/mutex.h"
#include "base/random.h"
#include "tracing/otlp_client.h"
#include "tracing/tracer.h"

namespace vivace::tracing {

/// A bounded queue of spans and one thread that sends them, with retries. Submit never blocks:
/// a full queue drops the span and counts it, because an application must not wait for its
/// telemetry. Thread-safe.
class BatchExporter final : public SpanSink {
 public:
  struct Config {
    std::size_t queue_spans_max = 65'536;           ///< About 30 MB of usual spans.
    std::size_t batch_spans_max = 512;              ///< As OpenTelemetry's batch processor.
    std::chrono::milliseconds schedule_delay{500};  ///< A span waits no longer than this.
    /// Waits between tries: the first, then each half as long again up to the longest, with
    /// 20 % jitter; a server's Retry-After wins.
    std::chrono::milliseconds retry_first{1000};
    std::chrono::milliseconds retry_longest{5000};
    std::chrono::milliseconds retry_budget{30'000};  ///< Over it a batch is dropped and counted.
  };
  struct Counts {
    std::uint64_t exported = 0;  ///< Spans that the server took.
    std::uint64_t dropped = 0;   ///< Spans lost to a full queue, refusals or spent retries.
    std::uint64_t retries = 0;   ///< Requests sent again.
  };

  /// `clock` and `random` outlive it.
  BatchExporter(Config config, std::unique_ptr<OtlpClient> client, Clock& clock, Random& random);
  /// Sends what is queued, once, without retries, then stops.
  ~BatchExporter() override;

  void Submit(std::shared_ptr<const SpanOrigin> origin, Span span) override EXCLUDES(mutex_);
  /// Waits until everything submitted before has been sent or dropped; false after `timeout`.
  bool Flush(std::chrono::milliseconds timeout) EXCLUDES(mutex_);
  Counts counts() const EXCLUDES(mutex_);

 private:
  struct Queued {
    std::shared_ptr<const SpanOrigin> origin;
    Span span;
  };
  void Run() EXCLUDES(mutex_);
  void Export(std::vector<Queued> batch) EXCLUDES(mutex_);
  bool WaitForRetry(std::chrono::milliseconds wait) EXCLUDES(mutex_);

  const Config config_;
  const std::unique_ptr<OtlpClient> client_;
  Clock& clock_;
  Random& random_;

  mutable Mutex mutex_;
  ConditionVariable changed_;
  std::deque<Queued> queue_ GUARDED_BY(mutex_);
  Counts counts_ GUARDED_BY(mutex_);
  std::uint64_t submitted_ GUARDED_BY(mutex_) = 0;
  std::uint64_t finished_ GUARDED_BY(mutex_) = 0;
  bool flushing_ GUARDED_BY(mutex_) = false;
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace vivace::tracing

#pragma once
// Counters, gauges and histograms, and their Prometheus text exposition.
//
// Declared at the top of the file that moves them:
//   Counter& spans = Metrics().AddCounter("vivace_spans_received_total",
//                                         "Spans accepted from clients.");
//   Counter& h = Metrics().AddCounter("vivace_http_requests_total", "...", {{"route", "x"}});
// Label sets are closed: code never makes a label value from a request (T20).
// Text format: Prometheus exposition format 0.0.4.

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace vivace {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// A number that only grows. Thread-safe, lock-free.
class Counter {
 public:
  void Add(std::uint64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// A number that goes up and down. Thread-safe, lock-free.
class Gauge {
 public:
  void Set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void Add(std::int64_t by) { value_.fetch_add(by, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Observations counted in fixed buckets. Thread-safe, lock-free.
class Histogram {
 public:
  /// `bounds` are upper limits, ascending; +Inf is added.
  explicit Histogram(std::vector<double> bounds);
  void Observe(double value);

  const std::vector<double>& bounds() const { return bounds_; }
  /// Observations in bucket `i` alone (not cumulated); i == bounds().size() is +Inf.
  std::uint64_t bucket(std::size_t i) const { return buckets_[i].load(std::memory_order_relaxed); }
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> buckets_;
  std::atomic<double> sum_{0};
};

/// Seconds from 100 us to 10 s, for latencies.
std::vector<double> LatencyBuckets();

/// The set of metrics of a process, or of one test. Thread-safe. What Add returns lives as
/// long as the registry; adding the same name and labels again returns the first one.
class MetricsRegistry {
 public:
  Counter& AddCounter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge& AddGauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  Histogram& AddHistogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                          MetricLabels labels = {});
  /// A gauge whose value is asked for at exposition; `read` is thread-safe and quick, and is
  /// called for as long as the registry lives or until the same name and labels are added again.
  void AddCallback(std::string_view name, std::string_view help, std::function<double()> read,
                   MetricLabels labels = {});

  /// All metrics in the text format, names sorted.
  std::string Expose() const EXCLUDES(mutex_);

 private:
  struct Series;
  struct Family;
  Series& FindOrAdd(std::string_view name, std::string_view help, std::string_view type,
                    const MetricLabels& labels) REQUIRES(mutex_);

  mutable Mutex mutex_;
  std::map<std::string, std::unique_ptr<Family>, std::less<>> families_ GUARDED_BY(mutex_);

 public:
  MetricsRegistry();
  ~MetricsRegistry();
};

/// The registry of the process.
MetricsRegistry& Metrics();

}  // namespace vivace

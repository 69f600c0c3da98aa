#pragma once
// What a listener counts. Label sets are closed: routes come from the router, methods and codes
// from fixed lists.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "net/grpc.h"

namespace vivace::net {

/// Metrics of one listener. Thread-safe.
class ListenerMetrics {
 public:
  /// `registry` outlives it.
  ListenerMetrics(MetricsRegistry& registry, std::string listener, std::vector<std::string> routes);
  ~ListenerMetrics();

  /// Counts an answered HTTP request under its route, method and status class.
  void ObserveHttp(std::size_t route, std::string_view method, int status, Nanoseconds took) const;
  /// Counts an ended gRPC call.
  void ObserveGrpc(std::size_t route, GrpcCode code, Nanoseconds took) const;

  Gauge& connections;
  Gauge& requests_in_flight;
  Counter& connections_accepted;
  Counter& connections_refused;    ///< Over the limit, or no file descriptor left.
  Counter& connections_timed_out;  ///< Idle, slow header, slow body, stalled write.
  Counter& protocol_errors;        ///< Broken HTTP, floods, failed TLS handshakes.
  Counter& received_bytes;
  Counter& sent_bytes;

 private:
  struct Series;
  Histogram& Find(std::atomic<Histogram*>& slot, std::size_t route, std::string_view method,
                  std::string_view code) const;

  MetricsRegistry& registry_;
  const std::string listener_;
  const std::vector<std::string> routes_;
  const std::unique_ptr<Series[]> series_;  // One per route.
};

}  // namespace vivace::net

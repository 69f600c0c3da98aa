#include "net/listener_metrics.h"

#include <algorithm>
#include <array>
#include <utility>

namespace vivace::net {
namespace {

constexpr std::array<std::string_view, 7> kMethods = {"GET",    "HEAD",    "POST", "PUT",
                                                      "DELETE", "OPTIONS", "other"};
constexpr std::array<std::string_view, 6> kClasses = {"other", "1xx", "2xx", "3xx", "4xx", "5xx"};
constexpr std::size_t kGrpcCodes = 17;

std::size_t MethodIndex(std::string_view method) {
  const auto found = std::find(kMethods.begin(), kMethods.end(), method);
  return found == kMethods.end() ? kMethods.size() - 1
                                 : static_cast<std::size_t>(found - kMethods.begin());
}

double Seconds(Nanoseconds time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

// Made on first use, so that routes that are never called have no series.
struct ListenerMetrics::Series {
  std::array<std::array<std::atomic<Histogram*>, kClasses.size()>, kMethods.size()> http{};
  std::array<std::atomic<Histogram*>, kGrpcCodes> grpc{};
};

ListenerMetrics::ListenerMetrics(MetricsRegistry& registry, std::string listener,
                                 std::vector<std::string> routes)
    : connections(
          registry.AddGauge("vivace_connections", "Open connections.", {{"listener", listener}})),
      requests_in_flight(registry.AddGauge("vivace_requests_in_flight",
                                           "Requests whose handlers have not answered yet.",
                                           {{"listener", listener}})),
      connections_accepted(registry.AddCounter("vivace_connections_accepted_total",
                                               "Connections accepted.", {{"listener", listener}})),
      connections_refused(registry.AddCounter(
          "vivace_connections_refused_total",
          "Connections closed at once: over the limit, or no file descriptor left.",
          {{"listener", listener}})),
      connections_timed_out(registry.AddCounter("vivace_connections_timed_out_total",
                                                "Connections closed for being idle or slow.",
                                                {{"listener", listener}})),
      protocol_errors(registry.AddCounter("vivace_connection_protocol_errors_total",
                                          "Connections closed for broken HTTP, floods or TLS.",
                                          {{"listener", listener}})),
      received_bytes(registry.AddCounter("vivace_received_bytes_total",
                                         "Bytes received from clients.", {{"listener", listener}})),
      sent_bytes(registry.AddCounter("vivace_sent_bytes_total", "Bytes sent to clients.",
                                     {{"listener", listener}})),
      registry_(registry),
      listener_(std::move(listener)),
      routes_(std::move(routes)),
      series_(std::make_unique<Series[]>(routes_.size())) {}

ListenerMetrics::~ListenerMetrics() = default;

Histogram& ListenerMetrics::Find(std::atomic<Histogram*>& slot, std::size_t route,
                                 std::string_view method, std::string_view code) const {
  Histogram* histogram = slot.load(std::memory_order_acquire);
  if (histogram == nullptr) {
    histogram = &registry_.AddHistogram("vivace_request_duration_seconds",
                                        "From the whole header to the answer of the handler.",
                                        LatencyBuckets(),
                                        {{"listener", listener_},
                                         {"route", routes_[route]},
                                         {"method", std::string(method)},
                                         {"code", std::string(code)}});
    slot.store(histogram, std::memory_order_release);
  }
  return *histogram;
}

void ListenerMetrics::ObserveHttp(std::size_t route, std::string_view method, int status,
                                  Nanoseconds took) const {
  const std::size_t method_index = MethodIndex(method);
  const auto code = static_cast<std::size_t>(status / 100);
  const std::size_t class_index = code < kClasses.size() ? code : 0;
  Find(series_[route].http[method_index][class_index], route, kMethods[method_index],
       kClasses[class_index])
      .Observe(Seconds(took));
}

void ListenerMetrics::ObserveGrpc(std::size_t route, GrpcCode code, Nanoseconds took) const {
  const auto index = static_cast<std::size_t>(code);
  const GrpcCode known = index < kGrpcCodes ? code : GrpcCode::kUnknown;
  Find(series_[route].grpc[static_cast<std::size_t>(known)], route, "grpc", GrpcCodeName(known))
      .Observe(Seconds(took));
}

}  // namespace vivace::net

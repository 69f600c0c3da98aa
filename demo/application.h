#pragma once
// The endpoints of the demo application.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/executor.h"
#include "base/metrics.h"
#include "base/random.h"
#include "net/router.h"
#include "tracing/shop_simulator.h"
#include "tracing/tracer.h"

namespace vivace::demo {

/// Serves the demo's paths. Each request is a server span, continued from `traceparent` if
/// the client sent one, with the work below it. Thread-safe after construction.
class Application {
 public:
  struct Config {
    std::string service_name = "vivace-demo";
    double sample_rate = 1.0;
  };
  /// All references outlive the application. Requests run on `workers`, since some wait.
  Application(Config config, Clock& clock, Random& random, Executor& workers,
              MetricsRegistry& metrics, tracing::SpanSink& spans);

  /// Adds all paths to `router`; the application outlives it.
  void Register(net::Router& router);
  /// Where /generate-load sends its requests: the application's own "host:port". Set before
  /// the server starts.
  void SetOwnAddress(std::string address) { own_address_ = std::move(address); }

 private:
  using Endpoint = net::HttpResponse (Application::*)(const net::HttpRequest& request,
                                                      tracing::ActiveSpan& span);
  void AddEndpoint(net::Router& router, const std::string& path, Endpoint endpoint);

  net::HttpResponse Index(const net::HttpRequest& request, tracing::ActiveSpan& span);
  net::HttpResponse Hello(const net::HttpRequest& request, tracing::ActiveSpan& span);
  net::HttpResponse Slow(const net::HttpRequest& request, tracing::ActiveSpan& span);
  net::HttpResponse Fail(const net::HttpRequest& request, tracing::ActiveSpan& span);
  net::HttpResponse TraceExample(const net::HttpRequest& request, tracing::ActiveSpan& span);
  net::HttpResponse GenerateTraces(const net::HttpRequest& request, tracing::ActiveSpan& span);
  net::HttpResponse SyntheticData(const net::HttpRequest& request, tracing::ActiveSpan& span);
  net::HttpResponse GenerateLoad(const net::HttpRequest& request, tracing::ActiveSpan& span);
  void Nest(int level, int depth, const tracing::SpanContext& parent);

  const Config config_;
  Clock& clock_;
  Random& random_;
  Executor& workers_;
  MetricsRegistry& metrics_;
  tracing::SpanSink& spans_;
  const tracing::Tracer tracer_;
  Counter& generated_traces_;
  std::string own_address_;
};

}  // namespace vivace::demo

#pragma once
// Traces of a made-up web shop: services, databases, a queue, orders that fail now and then.
// Nothing is called: spans are written with the times that the calls would have had.

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "tracing/tracer.h"

namespace vivace::tracing {

/// Writes shop traces to a sink. Not thread-safe. `clock`, `random` and `sink` outlive it.
class ShopSimulator {
 public:
  /// `sample_rate` applies to each trace as a whole.
  ShopSimulator(double sample_rate, Clock& clock, Random& random, SpanSink& sink);
  ~ShopSimulator();

  /// Writes `count` traces that ended within the last seconds and returns their ids; two in
  /// three are orders, the others page views.
  std::vector<TraceId> WriteTraces(int count);

  /// Writes the one trace that shows a newcomer what tracing is for: some 60 spans with a
  /// failed payment that is tried again, one query per cart item where one would do, a slow
  /// query, a queue with a link, and events.
  TraceId WriteShowcase();

 private:
  struct Timeline;
  struct Call;

  const Tracer& TracerOf(std::string_view service);
  ActiveSpan Begin(std::string_view service, std::string_view name, const SpanContext* parent,
                   const Timeline& time, SpanKind kind);
  Call BeginCall(std::string_view client, std::string_view server, std::string_view method,
                 const SpanContext& parent, Timeline& time);
  static void EndCall(Call& call, Timeline& time);
  void Query(std::string_view service, std::string_view system, std::string_view name,
             std::string_view statement, const SpanContext& parent, Timeline& time,
             double milliseconds);
  void Deliver(const SpanContext& publish, Timeline time);
  TraceId WriteOrder(Timeline time);
  TraceId WritePageView(Timeline time);
  double Between(double low, double high);

  const double sample_rate_;
  Clock& clock_;
  Random& random_;
  SpanSink& sink_;
  std::map<std::string, std::unique_ptr<Tracer>, std::less<>> tracers_;
};

}  // namespace vivace::tracing

#include "app/demo_trace.h"

#include <map>
#include <memory>

#include "otlp/encode.h"
#include "tracing/shop_simulator.h"

namespace vivace::app {
namespace {

/// Gathers spans by who made them, as an exporter would send them.
class Gatherer final : public tracing::SpanSink {
 public:
  void Submit(std::shared_ptr<const tracing::SpanOrigin> origin, Span span) override {
    const auto [group, added] = group_of_.try_emplace(origin.get(), group_of_.size());
    if (added) {
      ResourceSpans& resource_spans = data.resource_spans.emplace_back();
      resource_spans.resource = origin->resource;
      resource_spans.scope_spans.emplace_back().scope = origin->scope;
    }
    data.resource_spans[group->second].scope_spans[0].spans.push_back(std::move(span));
  }
  TraceData data;

 private:
  std::map<const tracing::SpanOrigin*, std::size_t> group_of_;
};

}  // namespace

Result<DemoTrace> MakeDemoTrace(Clock& clock, Random& random) {
  Gatherer gatherer;
  tracing::ShopSimulator shop(1.0, clock, random, gatherer);
  DemoTrace demo;
  demo.id = shop.WriteShowcase();
  ASSIGN_OR_RETURN(otlp::WalkResult walked,
                   otlp::Walk(std::make_shared<const std::string>(otlp::Encode(gatherer.data))));
  demo.batch = std::move(walked.batch);
  return demo;
}

}  // namespace vivace::app

#include "tracing/shop_simulator.h"

#include <algorithm>
#include <map>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::tracing {
namespace {

class CollectingSink final : public SpanSink {
 public:
  void Submit(std::shared_ptr<const SpanOrigin> origin, Span span) override {
    services[span.trace_id].insert(std::string(ServiceName(origin->resource)));
    traces[span.trace_id].push_back(std::move(span));
  }
  std::map<TraceId, std::vector<Span>> traces;
  std::map<TraceId, std::set<std::string>> services;
};

class ShopSimulatorTest : public testing::Test {
 protected:
  ManualClock clock_;
  SeededRandom random_{7};
  CollectingSink sink_;
};

TEST_F(ShopSimulatorTest, EverySpanButTheRootHasItsParentInTheTraceAndLiesInThePast) {
  ShopSimulator shop(1.0, clock_, random_, sink_);
  const std::vector<TraceId> ids = shop.WriteTraces(30);
  ASSERT_EQ(ids.size(), 30U);
  ASSERT_EQ(sink_.traces.size(), 30U);
  for (const auto& [id, spans] : sink_.traces) {
    std::set<SpanId> known;
    for (const Span& span : spans) known.insert(span.span_id);
    EXPECT_EQ(known.size(), spans.size());
    EXPECT_EQ(std::count_if(spans.begin(), spans.end(), [](const Span& s) { return s.IsRoot(); }),
              1);
    for (const Span& span : spans) {
      EXPECT_TRUE(span.IsRoot() || known.count(span.Parent()) == 1) << span.name;
      EXPECT_LE(span.start_unix_ns, span.end_unix_ns) << span.name;
      EXPECT_LT(span.end_unix_ns, static_cast<std::uint64_t>(clock_.UnixNanos())) << span.name;
    }
  }
}

TEST_F(ShopSimulatorTest, TheShowcaseHasWhatItIsThereToShow) {
  ShopSimulator shop(1.0, clock_, random_, sink_);
  const TraceId id = shop.WriteShowcase();
  const std::vector<Span>& spans = sink_.traces.at(id);
  EXPECT_GE(spans.size(), 50U);
  EXPECT_LE(spans.size(), 80U);
  EXPECT_GE(sink_.services.at(id).size(), 6U);
  const auto count = [&](auto predicate) {
    return std::count_if(spans.begin(), spans.end(), predicate);
  };
  EXPECT_GE(count([](const Span& s) { return s.status_code == StatusCode::kError; }), 1);
  EXPECT_GE(count([](const Span& s) { return !s.links.empty(); }), 1);
  EXPECT_GE(count([](const Span& s) { return !s.events.empty(); }), 4);
  EXPECT_GE(count([](const Span& s) { return s.name == "shop.catalog/GetProduct"; }), 32);
  EXPECT_EQ(count([](const Span& s) {
              return s.name == "SELECT stock" && s.DurationNanos() > 200'000'000;
            }),
            1);
}

TEST_F(ShopSimulatorTest, SamplesWholeTraces) {
  ShopSimulator shop(0.0, clock_, random_, sink_);
  EXPECT_EQ(shop.WriteTraces(5).size(), 5U);
  EXPECT_TRUE(sink_.traces.empty());
}

}  // namespace
}  // namespace vivace::tracing

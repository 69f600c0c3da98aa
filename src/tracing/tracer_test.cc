#include "tracing/tracer.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::tracing {
namespace {

class CollectingSink final : public SpanSink {
 public:
  void Submit(std::shared_ptr<const SpanOrigin>, Span span) override {
    spans.push_back(std::move(span));
  }
  std::vector<Span> spans;
};

class TracerTest : public testing::Test {
 protected:
  Tracer MakeTracer(double rate = 1.0) {
    return Tracer(std::make_shared<SpanOrigin>(), rate, clock_, random_, sink_);
  }
  ManualClock clock_;
  SeededRandom random_{1};
  CollectingSink sink_;
};

TEST_F(TracerTest, AChildSharesTheTraceAndNamesItsParent) {
  const Tracer tracer = MakeTracer();
  ActiveSpan parent = tracer.Start("parent", {});
  ActiveSpan child = tracer.Start("child", {.kind = SpanKind::kClient, .parent = parent.context()});
  clock_.Advance(std::chrono::milliseconds(3));
  child.End();
  parent.End();
  ASSERT_EQ(sink_.spans.size(), 2U);
  EXPECT_EQ(sink_.spans[0].trace_id, sink_.spans[1].trace_id);
  EXPECT_EQ(sink_.spans[0].Parent(), sink_.spans[1].span_id);
  EXPECT_TRUE(sink_.spans[1].IsRoot());
  EXPECT_EQ(sink_.spans[0].kind, SpanKind::kClient);
  EXPECT_EQ(sink_.spans[0].DurationNanos(), 3'000'000U);
}

TEST_F(TracerTest, EndsOnceEvenWhenEndedTwiceMovedAndDestroyed) {
  const Tracer tracer = MakeTracer();
  {
    ActiveSpan span = tracer.Start("once", {});
    ActiveSpan moved = std::move(span);
    moved.End();
    moved.End();
  }
  EXPECT_EQ(sink_.spans.size(), 1U);
}

TEST_F(TracerTest, RecordsAnExceptionAsAnEventAndAnErrorStatus) {
  const Tracer tracer = MakeTracer();
  ActiveSpan span = tracer.Start("fails", {});
  span.SetAttribute("key", "first");
  span.SetAttribute("key", "second");
  span.RecordException("runtime_error", "it broke");
  span.End();
  const Span& done = sink_.spans.at(0);
  EXPECT_EQ(done.status_code, StatusCode::kError);
  EXPECT_EQ(done.status_message, "it broke");
  ASSERT_EQ(done.events.size(), 1U);
  EXPECT_EQ(done.events[0].name, "exception");
  ASSERT_EQ(done.attributes.size(), 1U);
  EXPECT_EQ(*done.attributes[0].value.AsString(), "second");
}

TEST_F(TracerTest, SamplesTheGivenShareAndChildrenFollowTheirParent) {
  const Tracer tracer = MakeTracer(0.25);
  constexpr int kTraces = 4000;
  for (int i = 0; i < kTraces; ++i) {
    ActiveSpan root = tracer.Start("root", {});
    ActiveSpan child = tracer.Start("child", {.parent = root.context()});
    EXPECT_EQ(child.context().sampled, root.context().sampled);
  }
  EXPECT_EQ(sink_.spans.size() % 2, 0U);
  // Five standard deviations of a binomial around 1000.
  EXPECT_NEAR(static_cast<double>(sink_.spans.size()) / 2, kTraces * 0.25, 140);
}

TEST_F(TracerTest, FollowsARemoteParent) {
  const Tracer tracer = MakeTracer(0.0);
  const auto remote = ParseTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  tracer.Start("server", {.kind = SpanKind::kServer, .parent = remote}).End();
  ASSERT_EQ(sink_.spans.size(), 1U);
  EXPECT_EQ(sink_.spans[0].trace_id, remote->trace_id);
  EXPECT_EQ(sink_.spans[0].Parent(), remote->span_id);
}

}  // namespace
}  // namespace vivace::tracing

#include "app/demo_trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::app {
namespace {

TEST(DemoTraceTest, IsOneNewTraceThatIngestTakesWhole) {
  ManualClock clock;
  SeededRandom random(3);
  const auto first = MakeDemoTrace(clock, random);
  const auto second = MakeDemoTrace(clock, random);
  ASSERT_TRUE(first.ok());
  ASSERT_TRUE(second.ok());
  ASSERT_EQ(first->batch.traces.size(), 1U);
  EXPECT_EQ(first->batch.traces[0].id, first->id);
  EXPECT_GE(first->batch.span_count, 50U);
  EXPECT_NE(first->id, second->id);
  EXPECT_LE(first->batch.end_unix_ns_max, static_cast<std::uint64_t>(clock.UnixNanos()));
}

}  // namespace
}  // namespace vivace::app

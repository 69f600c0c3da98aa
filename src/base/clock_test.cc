#include "base/clock.h"

#include <gtest/gtest.h>

namespace vivace {
namespace {

TEST(ClockTest, RealClockTellsAPresentTimeAndNeverGoesBackSteadily) {
  EXPECT_GT(RealClock().UnixNanos(), 1'700'000'000'000'000'000);
  const Nanoseconds first = RealClock().Steady();
  EXPECT_GE(RealClock().Steady(), first);
}

TEST(ClockTest, ManualClockMovesOnlyByHand) {
  ManualClock clock(1000);
  EXPECT_EQ(clock.UnixNanos(), 1000);
  clock.Advance(Nanoseconds(5));
  EXPECT_EQ(clock.UnixNanos(), 1005);
  EXPECT_EQ(clock.Steady(), Nanoseconds(5));
}

TEST(ClockTest, SettingTheTimeOfDayLeavesTheSteadyTimeAlone) {
  ManualClock clock(1000);
  clock.JumpTo(1);
  EXPECT_EQ(clock.UnixNanos(), 1);
  EXPECT_EQ(clock.Steady(), Nanoseconds(0));
}

}  // namespace
}  // namespace vivace

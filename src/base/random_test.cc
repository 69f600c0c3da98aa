#include "base/random.h"

#include <set>

#include <gtest/gtest.h>

namespace vivace {
namespace {

TEST(RandomTest, TheSameSeedGivesTheSameNumbers) {
  SeededRandom first(7);
  SeededRandom second(7);
  SeededRandom other(8);
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t value = first.Next();
    EXPECT_EQ(value, second.Next());
    EXPECT_NE(value, other.Next());
  }
}

TEST(RandomTest, SplitMixGivesItsKnownFirstNumbers) {
  SeededRandom random(1234567);
  EXPECT_EQ(random.Next(), 6457827717110365317U);
  EXPECT_EQ(random.Next(), 3203168211198807973U);
}

TEST(RandomTest, BelowAndChanceKeepTheirBounds) {
  SeededRandom random(1);
  int hits = 0;
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_LT(random.Below(10), 10U);
    if (random.Chance(1, 4)) ++hits;
    EXPECT_FALSE(random.Chance(0, 4));
    EXPECT_TRUE(random.Chance(4, 4));
  }
  EXPECT_GT(hits, 2300);
  EXPECT_LT(hits, 2700);
}

TEST(RandomTest, TheSystemsNumbersDiffer) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(SystemRandom().Next());
  EXPECT_EQ(seen.size(), 100U);
}

}  // namespace
}  // namespace vivace

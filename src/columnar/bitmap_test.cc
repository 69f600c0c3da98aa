#include "columnar/bitmap.h"

#include <gtest/gtest.h>

#include <vector>

namespace vivace::columnar {
namespace {

TEST(BitmapTest, StartsEmptyOrFull) {
  for (const std::size_t size : {0U, 1U, 63U, 64U, 65U, 200U}) {
    EXPECT_EQ(Bitmap(size).Count(), 0U);
    EXPECT_EQ(Bitmap(size, true).Count(), size);
    EXPECT_TRUE(Bitmap(size, true).All());
  }
}

TEST(BitmapTest, InvertKeepsTheTailClear) {
  Bitmap bits(70);
  bits.Set(3);
  bits.Invert();
  EXPECT_EQ(bits.Count(), 69U);
  EXPECT_FALSE(bits.Get(3));
  EXPECT_TRUE(bits.Get(69));
  EXPECT_EQ(bits.words()[1] >> 6, 0U);
}

TEST(BitmapTest, SetRangeSetsExactlyTheRange) {
  for (const auto& [begin, end] : std::vector<std::pair<std::size_t, std::size_t>>{
           {0, 0}, {0, 64}, {5, 9}, {60, 70}, {63, 193}, {64, 128}, {199, 200}}) {
    Bitmap bits(200);
    bits.SetRange(begin, end);
    for (std::size_t i = 0; i < 200; ++i) {
      EXPECT_EQ(bits.Get(i), i >= begin && i < end) << begin << ".." << end << " at " << i;
    }
  }
}

TEST(BitmapTest, CombinesBitByBit) {
  Bitmap a(100);
  Bitmap b(100);
  a.SetRange(0, 60);
  b.SetRange(40, 100);
  Bitmap both = a;
  both.And(b);
  EXPECT_EQ(both.Count(), 20U);
  Bitmap either = a;
  either.Or(b);
  EXPECT_TRUE(either.All());
  Bitmap only = a;
  only.AndNot(b);
  EXPECT_EQ(only.Count(), 40U);
  EXPECT_TRUE(only.Get(39));
  EXPECT_FALSE(only.Get(40));
}

TEST(BitmapTest, ForEachVisitsSetBitsInOrder) {
  Bitmap bits(130);
  const std::vector<std::size_t> expected = {0, 63, 64, 127, 129};
  for (const std::size_t i : expected) bits.Set(i);
  std::vector<std::size_t> seen;
  bits.ForEach([&seen](std::size_t i) { seen.push_back(i); });
  EXPECT_EQ(seen, expected);
}

}  // namespace
}  // namespace vivace::columnar

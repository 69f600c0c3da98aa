#include "columnar/code_vector.h"

#include <gtest/gtest.h>

#include <vector>

namespace vivace::columnar {
namespace {

TEST(CodeVectorTest, WidensAndKeepsWhatItHolds) {
  CodeVector codes;
  std::vector<std::uint32_t> expected;
  for (const std::uint32_t code : {0U, 255U, 256U, 7U, 65'535U, 65'536U, 1U, 0xffffffffU}) {
    codes.PushBack(code);
    expected.push_back(code);
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_EQ(codes[i], expected[i]);
  }
  EXPECT_EQ(codes.width(), 4U);
  EXPECT_EQ(codes.Max(), 0xffffffffU);
}

TEST(CodeVectorTest, UsesTheFewestBytes) {
  CodeVector codes;
  codes.PushBack(255);
  EXPECT_EQ(codes.width(), 1U);
  codes.PushBack(256);
  EXPECT_EQ(codes.width(), 2U);
  CodeVector straight;
  straight.PushBack(70'000);
  EXPECT_EQ(straight.width(), 4U);
}

TEST(CodeVectorTest, EqualityDisregardsTheWidth) {
  CodeVector narrow;
  CodeVector wide;
  wide.PushBack(300);
  narrow.PushBack(200);
  EXPECT_FALSE(narrow == wide);
  CodeVector same;
  same.PushBack(300);
  EXPECT_EQ(same, wide);
}

}  // namespace
}  // namespace vivace::columnar

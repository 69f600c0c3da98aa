#include "columnar/string_table.h"

#include <gtest/gtest.h>

#include <string>

namespace vivace::columnar {
namespace {

TEST(StringTableTest, GivesBackAnyBytes) {
  StringTable table;
  const std::string zero("a\0b", 3);
  EXPECT_EQ(table.Append(""), 0U);
  EXPECT_EQ(table.Append(zero), 1U);
  EXPECT_EQ(table.Append(""), 2U);
  EXPECT_EQ(table[0], "");
  EXPECT_EQ(table[1], zero);
  EXPECT_EQ(table[2], "");
}

TEST(StringTableBuilderTest, NumbersDistinctTextsByFirstAppearance) {
  StringTableBuilder builder;
  EXPECT_EQ(builder.Add("b"), 0U);
  EXPECT_EQ(builder.Add("b"), 0U);
  EXPECT_EQ(builder.Add(""), 1U);
  EXPECT_EQ(builder.Add("a"), 2U);
  EXPECT_EQ(builder.Add("b"), 0U);
  EXPECT_EQ(builder.Add(""), 1U);
}

TEST(StringTableBuilderTest, KeepsNumbersWhileItGrows) {
  StringTableBuilder builder;
  for (int round = 0; round < 2; ++round) {
    for (std::uint32_t i = 0; i < 10'000; ++i) {
      ASSERT_EQ(builder.Add("text " + std::to_string(i)), i);
    }
  }
  EXPECT_EQ(builder.table().size(), 10'000U);
  EXPECT_EQ(builder.Take()[1234], "text 1234");
}

}  // namespace
}  // namespace vivace::columnar

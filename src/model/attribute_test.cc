#include "model/attribute.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace vivace {
namespace {

TEST(AttributeTest, DoublesCompareByBits) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(AttributeValue{nan}, AttributeValue{nan});
  EXPECT_NE(AttributeValue{0.0}, AttributeValue{-0.0});
  EXPECT_EQ(AttributeValue{1.5}, AttributeValue{1.5});
}

TEST(AttributeTest, TypesAreNeverEqualToEachOther) {
  const std::vector<AttributeValue> values = {
      {},    {std::string("1")}, {true},         {std::int64_t{1}},
      {1.0}, {BytesValue{"1"}},  {ArrayValue{}}, {MapValue{}}};
  for (std::size_t a = 0; a < values.size(); ++a) {
    for (std::size_t b = 0; b < values.size(); ++b) {
      EXPECT_EQ(values[a] == values[b], a == b) << a << " and " << b;
    }
  }
}

TEST(AttributeTest, NestedValuesCompareDeeplyAndInOrder) {
  const auto map = [](std::int64_t first, std::int64_t second) {
    return AttributeValue{MapValue{{{"k", {first}}, {"k", {ArrayValue{{{second}}}}}}}};
  };
  EXPECT_EQ(map(1, 2), map(1, 2));
  EXPECT_NE(map(1, 2), map(1, 3));
  EXPECT_NE((AttributeValue{ArrayValue{{{true}, {false}}}}),
            (AttributeValue{ArrayValue{{{false}, {true}}}}));
}

TEST(AttributeTest, FindGivesTheFirstOfAKeyGivenTwice) {
  const std::vector<Attribute> attributes = {
      {"a", {std::int64_t{1}}}, {"b", {std::int64_t{2}}}, {"b", {std::int64_t{3}}}};
  ASSERT_NE(FindAttribute(attributes, "b"), nullptr);
  EXPECT_EQ(*FindAttribute(attributes, "b")->AsInt(), 2);
  EXPECT_EQ(FindAttribute(attributes, "c"), nullptr);
}

}  // namespace
}  // namespace vivace

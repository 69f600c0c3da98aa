#include "block/value_codec.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace vivace::block {
namespace {

std::vector<AttributeValue> Examples() {
  return {{},
          {std::string("text")},
          {std::string()},
          {true},
          {false},
          {std::numeric_limits<std::int64_t>::min()},
          {std::int64_t{-1}},
          {-0.0},
          {std::numeric_limits<double>::quiet_NaN()},
          {BytesValue{std::string("\0\xff", 2)}},
          {ArrayValue{}},
          {ArrayValue{{{std::string("a")}, {std::int64_t{1}}, {}}}},
          {MapValue{{{"k", {1.5}}, {"k", {MapValue{}}}, {"", {ArrayValue{{{true}}}}}}}}};
}

TEST(ValueCodecTest, EveryTypeComesBackExactly) {
  for (const AttributeValue& value : Examples()) {
    ByteWriter out;
    EncodeValue(value, out);
    ByteReader in(out.view());
    const auto decoded = DecodeValue(in);
    ASSERT_TRUE(decoded.ok());
    EXPECT_TRUE(*decoded == value);
    EXPECT_TRUE(in.AtEnd());
  }
}

TEST(ValueCodecTest, EveryTruncationIsRefused) {
  for (const AttributeValue& value : Examples()) {
    ByteWriter out;
    EncodeValue(value, out);
    for (std::size_t size = 0; size < out.size(); ++size) {
      ByteReader in(out.view().first(size));
      EXPECT_FALSE(DecodeValue(in).ok()) << size;
    }
  }
}

TEST(ValueCodecTest, DepthIsBoundedAtBothEnds) {
  AttributeValue value{true};
  for (int i = 1; i < kValueDepthMax; ++i) value = {ArrayValue{{std::move(value)}}};
  ASSERT_TRUE(DepthFits(value));
  ByteWriter out;
  EncodeValue(value, out);
  ByteReader in(out.view());
  EXPECT_TRUE(DecodeValue(in).ok());
  EXPECT_FALSE(DepthFits({ArrayValue{{value}}}));

  std::string bomb(1'000'000, '\0');
  for (std::size_t i = 0; i < bomb.size(); i += 2) {
    bomb[i] = 6;      // An array
    bomb[i + 1] = 1;  // of one.
  }
  ByteReader deep(AsBytes(bomb));
  EXPECT_FALSE(DecodeValue(deep).ok());
}

TEST(ValueCodecTest, UnknownTypesAreRefused) {
  for (const char type : {'\0', '\x09', '\x7f'}) {
    const std::string bytes = {type, 0, 0};
    ByteReader in(AsBytes(bytes));
    EXPECT_FALSE(DecodeValue(in).ok());
  }
}

}  // namespace
}  // namespace vivace::block

#include "model/ids.h"

#include <gtest/gtest.h>

namespace vivace {
namespace {

TEST(IdsTest, HexIsPaddedOnTheLeftAndTakesAnyCase) {
  EXPECT_EQ(TraceId::FromHex("aBc")->ToHex(), "00000000000000000000000000000abc");
  EXPECT_EQ(TraceId::FromHex("0123456789ABCDEF0123456789abcdef")->ToHex(),
            "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(SpanId::FromHex("1")->ToHex(), "0000000000000001");
  EXPECT_EQ(SpanId::FromHex("FFFFFFFFFFFFFFFF")->Number(), ~std::uint64_t{0});
}

TEST(IdsTest, RefusesWhatIsNotAnId) {
  for (const char* text : {"", "g", "0x1", " 1", "0123456789abcdef0123456789abcdef0"}) {
    EXPECT_FALSE(TraceId::FromHex(text)) << text;
  }
  for (const char* text : {"", "xyz", "0123456789abcdef0"}) {
    EXPECT_FALSE(SpanId::FromHex(text)) << text;
  }
  EXPECT_FALSE(TraceId::FromBytes("fifteen bytes.."));
  EXPECT_FALSE(SpanId::FromBytes("seven.."));
}

TEST(IdsTest, ShortHexStripsZerosButKeepsOneDigit) {
  EXPECT_EQ(TraceId::FromHex("00ab00")->ToShortHex(), "ab00");
  EXPECT_EQ(TraceId{}.ToShortHex(), "0");
}

TEST(IdsTest, BytesAndNumbersAgree) {
  const TraceId id = *TraceId::FromHex("000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(id.High(), 0x0001020304050607u);
  EXPECT_EQ(id.Low(), 0x08090a0b0c0d0e0fu);
  EXPECT_EQ(TraceId::FromBytes(id.AsText()), id);
  EXPECT_EQ(SpanId::FromNumber(0x0102030405060708u).ToHex(), "0102030405060708");
  EXPECT_EQ(SpanId::FromBytes(SpanId::FromNumber(77).AsText())->Number(), 77u);
}

TEST(IdsTest, OrderIsTheOrderOfBytes) {
  EXPECT_LT(*SpanId::FromHex("01ff"), *SpanId::FromHex("0200"));
  EXPECT_LT(SpanId::FromNumber(1), SpanId::FromNumber(0x8000000000000000u));
  EXPECT_TRUE(SpanId{}.IsZero());
  EXPECT_TRUE(TraceId{}.IsZero());
  EXPECT_FALSE(TraceId::FromHex("1")->IsZero());
}

}  // namespace
}  // namespace vivace

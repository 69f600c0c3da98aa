#include "base/bytes.h"

#include <cstdint>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace vivace {
namespace {

using ::testing::HasSubstr;
using namespace std::string_literals;

TEST(BytesTest, ReadsBackWhatWasWritten) {
  ByteWriter out;
  out.U8(0xab);
  out.U16(0xabcd);
  out.U32(0x89abcdef);
  out.U64(0x0123456789abcdef);
  out.Varint(300);
  out.WriteExtent({.offset = 5, .size = 7});
  out.Text("text");
  out.Raw("MAGIC");
  const std::string bytes = out.Take();
  ByteReader in(AsBytes(bytes));
  EXPECT_EQ(*in.ReadU8(), 0xab);
  EXPECT_EQ(*in.ReadU16(), 0xabcd);
  EXPECT_EQ(*in.ReadU32(), 0x89abcdefU);
  EXPECT_EQ(*in.ReadU64(), 0x0123456789abcdefU);
  EXPECT_EQ(*in.ReadVarint(), 300U);
  EXPECT_EQ(*in.ReadExtent(), (Extent{.offset = 5, .size = 7}));
  EXPECT_EQ(*in.ReadText(), "text");
  EXPECT_TRUE(in.ExpectMagic("MAGIC").ok());
  EXPECT_TRUE(in.AtEnd());
}

TEST(BytesTest, WritesLittleEndian) {
  ByteWriter out;
  out.U16(0x0102);
  out.U32(0x01020304);
  out.Varint(300);
  EXPECT_EQ(out.Take(), "\x02\x01\x04\x03\x02\x01\xac\x02"s);
}

TEST(BytesTest, FailsWhereTheBytesEndAndSaysWhere) {
  ByteReader in(AsBytes("abc"));
  ASSERT_TRUE(in.ReadU16().ok());
  const Result<std::uint32_t> value = in.ReadU32();
  ASSERT_FALSE(value.ok());
  EXPECT_EQ(value.error().code(), ErrorCode::kCorruption);
  EXPECT_EQ(value.error().message(), "at byte 2: needs 4 bytes, 1 are left");
  EXPECT_TRUE(in.ReadU8().ok());  // A failed read takes nothing.
}

TEST(BytesTest, EveryReadFailsAtTheEnd) {
  ByteReader in(ByteView{});
  EXPECT_FALSE(in.ReadU8().ok());
  EXPECT_FALSE(in.ReadU16().ok());
  EXPECT_FALSE(in.ReadU32().ok());
  EXPECT_FALSE(in.ReadU64().ok());
  EXPECT_FALSE(in.ReadVarint().ok());
  EXPECT_FALSE(in.ReadExtent().ok());
  EXPECT_FALSE(in.ReadBytes(1).ok());
  EXPECT_FALSE(in.ReadText().ok());
  EXPECT_FALSE(in.ExpectMagic("x").ok());
  EXPECT_TRUE(in.ReadBytes(0).ok());
}

TEST(BytesTest, RefusesALengthThatWouldWrapAround) {
  ByteWriter out;
  out.Varint(UINT64_MAX);
  const std::string bytes = out.Take();
  ByteReader in(AsBytes(bytes));
  EXPECT_EQ(in.ReadText().error().code(), ErrorCode::kCorruption);
  ByteReader again(AsBytes(bytes));
  ASSERT_TRUE(again.ReadU8().ok());
  EXPECT_FALSE(again.ReadBytes(UINT64_MAX).ok());
}

TEST(BytesTest, RefusesVarintsOver64Bits) {
  for (const std::string& bytes :
       {std::string(10, '\xff'), std::string(9, '\xff') + "\x02"s, std::string(11, '\x80')}) {
    ByteReader in(AsBytes(bytes));
    const Result<std::uint64_t> value = in.ReadVarint();
    ASSERT_FALSE(value.ok());
    EXPECT_THAT(value.error().message(), HasSubstr("over 64 bits"));
  }
  const std::string largest = std::string(9, '\xff') + "\x01"s;
  ByteReader in(AsBytes(largest));
  EXPECT_EQ(*in.ReadVarint(), UINT64_MAX);
}

TEST(BytesTest, NamesTheMagicThatIsMissing) {
  ByteReader in(AsBytes("WRONG"));
  EXPECT_EQ(in.ExpectMagic("RIGHT").error().message(),
            "at byte 0: expected the magic bytes \"RIGHT\"");
}

TEST(BytesTest, PatchesALengthWrittenEarlier) {
  ByteWriter out;
  out.U32(0);
  out.Raw("body");
  out.PatchU32(0, 4);
  EXPECT_EQ(out.Take(), "\x04\0\0\0body"s);
}

TEST(BytesTest, ZigZagKeepsSmallMagnitudesSmall) {
  EXPECT_EQ(ZigZagEncode(0), 0U);
  EXPECT_EQ(ZigZagEncode(-1), 1U);
  EXPECT_EQ(ZigZagEncode(1), 2U);
  for (const std::int64_t value : {std::int64_t{0}, std::int64_t{-1}, INT64_MAX, INT64_MIN}) {
    EXPECT_EQ(ZigZagDecode(ZigZagEncode(value)), value);
  }
}

TEST(BytesTest, ReadsBackEveryVarint) {
  EXPECT_TRUE(rc::check("varint and zigzag round trip", [](std::uint64_t bits, unsigned shift) {
    const std::uint64_t value = bits >> (shift % 64);
    ByteWriter out;
    out.Varint(value);
    RC_ASSERT(out.size() <= 10U);
    const std::string bytes = out.Take();
    ByteReader in(AsBytes(bytes));
    RC_ASSERT(*in.ReadVarint() == value);
    RC_ASSERT(in.AtEnd());
    RC_ASSERT(ZigZagEncode(ZigZagDecode(value)) == value);
  }));
}

}  // namespace
}  // namespace vivace

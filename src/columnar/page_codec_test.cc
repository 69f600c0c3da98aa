#include "columnar/page_codec.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/random.h"

namespace vivace::columnar {
namespace {

constexpr std::uint64_t kPlenty = 1 << 20;

std::vector<std::uint64_t> RoundTrip(const std::vector<std::uint64_t>& values) {
  ByteWriter out;
  EncodeNumbers(values, out);
  ByteReader in(out.view());
  DecodeBudget budget(kPlenty);
  auto decoded = DecodeNumbers(in, values.size(), budget);
  EXPECT_TRUE(decoded.ok()) << decoded.error().message();
  EXPECT_TRUE(in.AtEnd());
  return decoded.ok() ? *decoded : std::vector<std::uint64_t>();
}

TEST(PageCodecTest, NumbersComeBack) {
  constexpr std::uint64_t kMax = std::numeric_limits<std::uint64_t>::max();
  const std::vector<std::vector<std::uint64_t>> lists = {
      {},
      {0},
      {kMax},
      {0, kMax, 0, kMax},
      {kMax, kMax, kMax},
      {1ULL << 63, 0, (1ULL << 63) + 1},
      {1'700'000'000'000'000'000, 1'700'000'000'000'000'255, 1'700'000'000'000'000'001}};
  for (const auto& list : lists) EXPECT_EQ(RoundTrip(list), list);
  SeededRandom random(1);
  for (int round = 0; round < 300; ++round) {
    std::vector<std::uint64_t> list(random.Below(50));
    const std::uint64_t shift = random.Below(64);
    for (std::uint64_t& value : list) value = random.Next() >> shift;
    EXPECT_EQ(RoundTrip(list), list);
  }
}

TEST(PageCodecTest, NumbersTakeTheNarrowerForm) {
  std::vector<std::uint64_t> ascending(1000);
  for (std::size_t i = 0; i < ascending.size(); ++i) ascending[i] = i;
  ByteWriter out;
  EncodeNumbers(ascending, out);
  EXPECT_LT(out.size(), 1010U);  // One byte each as differences, two as they are.
  ByteWriter constant;
  EncodeNumbers(std::vector<std::uint64_t>(1000, 1'700'000'000'000'000'000), constant);
  EXPECT_LT(constant.size(), 20U);
}

TEST(PageCodecTest, ClaimsOverTheBudgetAreRefused) {
  ByteWriter out;
  EncodeNumbers(std::vector<std::uint64_t>(1000, 7), out);
  ByteReader in(out.view());
  DecodeBudget budget(7999);
  const auto decoded = DecodeNumbersOfAnyCount(in, budget);
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption);
}

TEST(PageCodecTest, ClaimsOverTheBytesAreRefused) {
  ByteWriter out;
  out.Varint(1ULL << 60);
  out.U8(1);
  out.Varint(0);
  out.Raw("short");
  ByteReader in(out.view());
  DecodeBudget budget(std::numeric_limits<std::uint64_t>::max());
  EXPECT_FALSE(DecodeNumbersOfAnyCount(in, budget).ok());
}

TEST(PageCodecTest, EveryTruncationOfNumbersIsRefused) {
  ByteWriter out;
  EncodeNumbers({1, 500, 3, 1'000'000}, out);
  for (std::size_t size = 0; size < out.size(); ++size) {
    ByteReader in(out.view().first(size));
    DecodeBudget budget(kPlenty);
    EXPECT_FALSE(DecodeNumbers(in, 4, budget).ok()) << size;
  }
}

TEST(PageCodecTest, CodesOverTheirLimitAreRefused) {
  CodeVector codes;
  codes.PushBack(3);
  codes.PushBack(300);
  ByteWriter out;
  EncodeCodes(codes, out);
  DecodeBudget budget(kPlenty);
  ByteReader good(out.view());
  const auto decoded = DecodeCodes(good, 2, 301, budget);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, codes);
  ByteReader bad(out.view());
  EXPECT_FALSE(DecodeCodes(bad, 2, 300, budget).ok());
}

TEST(PageCodecTest, TextsComeBack) {
  StringTable table;
  table.Append("");
  table.Append(std::string("\0\xff", 2));
  table.Append("text");
  ByteWriter out;
  EncodeTexts(table, out);
  ByteReader in(out.view());
  DecodeBudget budget(kPlenty);
  const auto decoded = DecodeTexts(in, budget);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, table);
}

TEST(PageCodecTest, PagesComeBackAndEveryFlippedBitIsDetected) {
  for (const std::string& raw : {std::string(), std::string(5000, 'a'), std::string("random~4")}) {
    const EncodedPage page = EncodePage(raw);
    DecodeBudget budget(kPlenty);
    const auto decoded = DecodePage(AsBytes(page.stored), page.ref, budget);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, raw);
    for (std::size_t bit = 0; bit < page.stored.size() * 8; ++bit) {
      std::string flipped = page.stored;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      EXPECT_FALSE(DecodePage(AsBytes(flipped), page.ref, budget).ok()) << bit;
    }
  }
}

TEST(PageCodecTest, FalseSizesInThePageIndexAreRefused) {
  EncodedPage page = EncodePage(std::string(5000, 'a'));
  for (const std::uint64_t claim : {4999ULL, 5001ULL, 0ULL, ~0ULL}) {
    PageRef ref = page.ref;
    ref.raw_bytes = claim;
    DecodeBudget budget(kPlenty);
    EXPECT_FALSE(DecodePage(AsBytes(page.stored), ref, budget).ok()) << claim;
  }
}

}  // namespace
}  // namespace vivace::columnar

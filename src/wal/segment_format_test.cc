#include "wal/segment_format.h"

#include <cstdint>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::wal {
namespace {

using ::testing::HasSubstr;

constexpr SegmentHeader kExampleHeader{
    .number = 1, .salt = 0x0123456789abcdef, .created_unix_ns = 1'700'000'000'000'000'000};
constexpr std::int64_t kExampleReceived = 1'700'000'000'000'000'001;

// The rows "0400  56 52 ..." of the format page, by offset.
std::map<std::uint64_t, std::string> BytesOfDocument() {
  std::ifstream in("docs/log-format.md");
  std::map<std::uint64_t, std::string> bytes;
  std::string line;
  while (std::getline(in, line)) {
    std::uint64_t offset = 0;
    if (line.size() < 53 || line.find_first_not_of("0123456789abcdef") != 4) continue;
    offset = std::stoull(line.substr(0, 4), nullptr, 16);
    std::istringstream words(line.substr(6, 48));
    for (std::string word; words >> word; ++offset) {
      bytes[offset] = word;
    }
  }
  return bytes;
}

std::string ExampleSegment() {
  std::string segment = EncodeSegmentHeader(kExampleHeader);
  EncodeRecord("acme", kExampleReceived, "hello", segment);
  SealRecord(std::span<char>(segment).subspan(kSegmentHeaderBytes), kExampleHeader.salt,
             kSegmentHeaderBytes, true);
  return segment;
}

TEST(SegmentFormatTest, WritesTheBytesOfTheWorkedExampleOnTheFormatPage) {
  const std::map<std::uint64_t, std::string> documented = BytesOfDocument();
  ASSERT_EQ(documented.size(), 112U);
  const std::string segment = ExampleSegment();
  ASSERT_EQ(segment.size(), 0x430U);
  for (const auto& [offset, text] : documented) {
    EXPECT_EQ(text, fmt::format("{:02x}", static_cast<unsigned char>(segment[offset])))
        << "at offset " << offset;
  }
}

TEST(SegmentFormatTest, ReadsBackASegmentHeaderFromEitherCopy) {
  const SegmentHeader header{
      .number = 7, .salt = 11, .created_unix_ns = 13, .previous_segment = 5, .previous_end = 4096};
  std::string bytes = EncodeSegmentHeader(header);
  ASSERT_EQ(bytes.size(), kSegmentHeaderBytes);
  bytes[20] = '!';
  ASSERT_TRUE(DecodeSegmentHeader(AsBytes(bytes)).ok());
  EXPECT_EQ(*DecodeSegmentHeader(AsBytes(bytes)), header);
  bytes[kHeaderCopyOffset + 20] = '!';
  EXPECT_EQ(DecodeSegmentHeader(AsBytes(bytes)).error().code(), ErrorCode::kCorruption);
}

TEST(SegmentFormatTest, RefusesANewerVersionByNameButNotADamagedVersionField) {
  std::string bytes = EncodeSegmentHeader(kExampleHeader);
  bytes[8] = 2;
  // The second copy still says what the version is.
  EXPECT_TRUE(DecodeSegmentHeader(AsBytes(bytes)).ok());
  // The example's header as version 2 would have it, with its right checksum.
  std::string newer = bytes.substr(0, 60);
  ByteWriter checksum;
  checksum.U32(0);
  const auto with_checksum = [&](std::uint32_t value) {
    ByteWriter out;
    out.Raw(newer);
    out.U32(value);
    return out.Take();
  };
  const Result<SegmentHeader> wrong = DecodeSegmentHeader(AsBytes(with_checksum(0)));
  ASSERT_FALSE(wrong.ok());
  // The message of a wrong checksum names the right one.
  const std::string& message = wrong.error().message();
  const std::string right = message.substr(message.size() - 8);
  const Result<SegmentHeader> refused = DecodeSegmentHeader(
      AsBytes(with_checksum(static_cast<std::uint32_t>(std::stoul(right, nullptr, 16)))));
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(refused.error().message(), HasSubstr("version 2; this program reads version 1"));
}

TEST(SegmentFormatTest, NamesSegmentsSoThatTextOrderIsNumberOrder) {
  EXPECT_EQ(SegmentName(42), "00000000000000000042.wal");
  EXPECT_EQ(ParseSegmentName("00000000000000000042.wal"), 42U);
  EXPECT_EQ(ParseSegmentName(SegmentName(UINT64_MAX - 1)), UINT64_MAX - 1);
}

TEST(SegmentFormatTest, TakesOtherNamesForForeign) {
  for (const char* name :
       {"", "42.wal", "00000000000000000042.wal.tmp", "0000000000000000004x.wal",
        "00000000000000000042.log", "00000000000000000000.wal", "18446744073709551615.wal",
        "99999999999999999999.wal", "-0000000000000000042.wal"}) {
    EXPECT_FALSE(ParseSegmentName(name).has_value()) << name;
  }
}

struct Decoded {
  std::string tenant;
  std::string payload;
  RecordEncoding encoding;
};

Decoded RoundTrip(const std::string& tenant, const std::string& payload) {
  std::string bytes;
  EncodeRecord(tenant, 5, payload, bytes);
  EXPECT_EQ(bytes.size() % kRecordAlignment, 0U);
  SealRecord(bytes, 1, 2048, true);
  const auto header = DecodeRecordHeader(AsBytes(bytes), 1, 2048);
  EXPECT_TRUE(header.has_value());
  std::string buffer;
  const Result<LogRecord> record =
      DecodeBody(*header, AsBytes(bytes).subspan(kRecordHeaderBytes, header->body_size), buffer);
  EXPECT_TRUE(record.ok());
  EXPECT_EQ(record->received_unix_ns, 5);
  return {std::string(record->tenant), std::string(AsText(record->payload)), header->encoding};
}

TEST(SegmentFormatTest, ReadsBackRecordsOfEverySize) {
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 100U, 4096U, 100'000U}) {
    const std::string payload(size, 'x');
    const Decoded decoded = RoundTrip("tenant", payload);
    EXPECT_EQ(decoded.tenant, "tenant");
    EXPECT_EQ(decoded.payload, payload);
  }
  EXPECT_EQ(RoundTrip("", "a").tenant, "");
}

TEST(SegmentFormatTest, CompressesOnlyWhatShrinks) {
  EXPECT_EQ(RoundTrip("t", std::string(1000, 'x')).encoding, RecordEncoding::kLz4);
  EXPECT_EQ(RoundTrip("t", "abcdefg").encoding, RecordEncoding::kPlain);
}

TEST(SegmentFormatTest, BindsARecordToItsSegmentAndPlace) {
  std::string bytes;
  EncodeRecord("t", 5, "payload", bytes);
  SealRecord(bytes, 1, 2048, true);
  EXPECT_TRUE(DecodeRecordHeader(AsBytes(bytes), 1, 2048).has_value());
  EXPECT_FALSE(DecodeRecordHeader(AsBytes(bytes), 2, 2048).has_value());
  EXPECT_FALSE(DecodeRecordHeader(AsBytes(bytes), 1, 2056).has_value());
}

TEST(SegmentFormatTest, NoticesEveryFlippedBitOfARecord) {
  std::string bytes;
  EncodeRecord("tenant", 5, std::string(200, 'x') + "some text", bytes);
  SealRecord(bytes, 1, 2048, true);
  const auto whole = DecodeRecordHeader(AsBytes(bytes), 1, 2048);
  ASSERT_TRUE(whole.has_value());
  const std::size_t end = kRecordHeaderBytes + whole->body_size;  // Padding is not covered.
  std::string buffer;
  for (std::size_t bit = 0; bit < end * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const auto header = DecodeRecordHeader(AsBytes(flipped), 1, 2048);
    if (!header) continue;
    EXPECT_FALSE(
        DecodeBody(*header, AsBytes(flipped).subspan(kRecordHeaderBytes, header->body_size), buffer)
            .ok())
        << "bit " << bit;
  }
}

}  // namespace
}  // namespace vivace::wal

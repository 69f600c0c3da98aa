#include "net/inflate.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include "net/body.h"

namespace vivace::net {
namespace {

using ::testing::HasSubstr;

// Text that compresses, yet not to nothing.
std::string Sample(std::size_t size) {
  std::string text;
  std::uint32_t random = 1;
  while (text.size() < size) {
    random = random * 1664525 + 1013904223;
    text += "span-" + std::to_string(random % 5000) + ";";
  }
  text.resize(size);
  return text;
}

// window_bits as zlib takes them: 15 zlib, -15 raw, 31 gzip.
std::string Deflated(const std::string& bytes, int window_bits) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Zstd(const std::string& bytes) {
  std::string out(ZSTD_compressBound(bytes.size()), '\0');
  out.resize(ZSTD_compress(out.data(), out.size(), bytes.data(), bytes.size(), 3));
  return out;
}

Result<std::string> Inflate(Encoding encoding, std::string_view bytes, std::size_t step) {
  Inflater inflater(encoding);
  std::string out;
  const auto sink = [&out](std::string_view piece) {
    out.append(piece);
    return Status();
  };
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    RETURN_IF_ERROR(inflater.Append(bytes.substr(at, step), sink));
  }
  RETURN_IF_ERROR(inflater.End());
  return out;
}

struct Coding {
  const char* name;
  Encoding encoding;
  std::string (*encode)(const std::string&);
};

const Coding kCodings[] = {
    {"gzip", Encoding::kGzip, [](const std::string& b) { return Deflated(b, 31); }},
    {"our gzip", Encoding::kGzip, [](const std::string& b) { return *GzipCompress(b); }},
    {"zlib", Encoding::kDeflate, [](const std::string& b) { return Deflated(b, 15); }},
    {"raw deflate", Encoding::kDeflate, [](const std::string& b) { return Deflated(b, -15); }},
    {"zstd", Encoding::kZstd, &Zstd}};

TEST(InflateTest, GivesBackWhatWasCompressedHoweverItArrives) {
  for (const Coding& coding : kCodings) {
    for (const std::size_t size : {100U, 70'000U, 400'000U}) {
      const std::string text = Sample(size);
      const std::string bytes = coding.encode(text);
      for (const std::size_t step :
           {std::size_t{1}, std::size_t{7}, std::size_t{4096}, bytes.size()}) {
        const auto out = Inflate(coding.encoding, bytes, step);
        ASSERT_TRUE(out.ok()) << coding.name << " " << size << " " << step << ": "
                              << out.error().message();
        ASSERT_EQ(*out, text) << coding.name << " " << size << " " << step;
      }
    }
  }
}

TEST(InflateTest, TakesSeveralGzipMembersAndZstdFrames) {
  const std::string one = Sample(1000);
  const std::string two = Sample(90'000);
  const std::string gzip = Deflated(one, 31) + Deflated(two, 31) + Deflated("", 31);
  const std::string zstd = Zstd(one) + Zstd(two);
  for (const std::size_t step : {std::size_t{1}, std::size_t{1000}, gzip.size()}) {
    EXPECT_EQ(*Inflate(Encoding::kGzip, gzip, step), one + two) << step;
    EXPECT_EQ(*Inflate(Encoding::kZstd, zstd, step), one + two) << step;
  }
}

TEST(InflateTest, RefusesEveryTruncation) {
  for (const Coding& coding : kCodings) {
    const std::string bytes = coding.encode(Sample(300));
    for (std::size_t size = 1; size < bytes.size(); ++size) {
      const auto out = Inflate(coding.encoding, std::string_view(bytes).substr(0, size), size);
      ASSERT_FALSE(out.ok()) << coding.name << " cut to " << size;
      ASSERT_EQ(out.error().code(), ErrorCode::kInvalidArgument);
    }
  }
}

TEST(InflateTest, RefusesBrokenBytes) {
  const std::string text = Sample(5000);
  std::string gzip = Deflated(text, 31);
  gzip[gzip.size() - 6] ^= 1;  // CRC.
  const auto crc = Inflate(Encoding::kGzip, gzip, gzip.size());
  ASSERT_FALSE(crc.ok());
  EXPECT_THAT(crc.error().message(), HasSubstr("checksum"));
  EXPECT_FALSE(Inflate(Encoding::kGzip, "this is plain text", 100).ok());
  EXPECT_FALSE(Inflate(Encoding::kZstd, "this is plain text", 100).ok());
  for (const std::string tail : {"x", "0123456789abcdef"}) {
    EXPECT_FALSE(Inflate(Encoding::kDeflate, Deflated(text, 15) + tail, 100'000).ok());
    EXPECT_FALSE(Inflate(Encoding::kDeflate, Deflated(text, -15) + tail, 100'000).ok());
    EXPECT_FALSE(Inflate(Encoding::kDeflate, Deflated(text, 15) + tail, 1).ok());
    EXPECT_FALSE(Inflate(Encoding::kGzip, Deflated(text, 31) + tail, 100'000).ok());
  }
}

TEST(InflateTest, RefusesZstdWindowsOver8MiB) {
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 27);
  std::string out(1 << 16, '\0');
  const std::string text = "small text, large window";
  ZSTD_inBuffer in{text.data(), text.size(), 0};
  ZSTD_outBuffer buffer{out.data(), out.size(), 0};
  // Streaming without a known size writes the window size into the frame.
  ZSTD_compressStream2(context, &buffer, &in, ZSTD_e_flush);
  ZSTD_compressStream2(context, &buffer, &in, ZSTD_e_end);
  ZSTD_freeCCtx(context);
  out.resize(buffer.pos);
  EXPECT_FALSE(Inflate(Encoding::kZstd, out, out.size()).ok());
}

TEST(InflateTest, RefusesZstdFormatsFromBeforeItsFirstVersion) {
  for (const char version : {'\x22', '\x23', '\x24', '\x25', '\x26', '\x27'}) {
    const std::string frame = std::string(1, version) + "\xb5\x2f\xfd" + std::string(20, '\0');
    const auto out = Inflate(Encoding::kZstd, frame, frame.size());
    ASSERT_FALSE(out.ok());
    EXPECT_THAT(out.error().message(), HasSubstr("magic"));
  }
  // Skippable frames are part of the format.
  const std::string skipped = std::string("\x5f\x2a\x4d\x18\x02\0\0\0xy", 10) + Zstd("text");
  EXPECT_EQ(*Inflate(Encoding::kZstd, skipped, 1), "text");
}

TEST(InflateTest, KnowsItsCodings) {
  EXPECT_EQ(EncodingOf(""), Encoding::kIdentity);
  EXPECT_EQ(EncodingOf("GZip"), Encoding::kGzip);
  EXPECT_EQ(EncodingOf("x-gzip"), Encoding::kGzip);
  EXPECT_EQ(EncodingOf("gzip, gzip"), std::nullopt);
  EXPECT_EQ(EncodingOf("br"), std::nullopt);
}

TEST(InflateTest, DoesNotCompressWhatWouldGrow) {
  std::string noise;
  std::uint64_t random = 1;
  for (int i = 0; i < 2000; ++i) {
    random = random * 6364136223846793005ULL + 1442695040888963407ULL;
    noise.push_back(static_cast<char>(random >> 56));
  }
  EXPECT_EQ(GzipCompress(noise), std::nullopt);
}

TEST(BodyCollectorTest, StopsBombsAtTheirBoundAndGivesTheBytesBack) {
  for (const Coding& coding : kCodings) {
    ByteAccountant accountant(4 << 20);
    {
      // 16 MiB of zeros; the bound is 1 MiB.
      const std::string bomb = coding.encode(std::string(16U << 20, '\0'));
      BodyCollector body(coding.encoding, 1 << 20, accountant);
      const Status status = body.Append(bomb);
      ASSERT_FALSE(status.ok()) << coding.name;
      EXPECT_EQ(status.error().code(), ErrorCode::kResourceExhausted) << coding.name;
      EXPECT_LE(accountant.used(), 1U << 20) << coding.name;
    }
    EXPECT_EQ(accountant.used(), 0U) << coding.name;
  }
}

TEST(BodyCollectorTest, TakesBytesFromTheAccountantBeforeItHoldsThem) {
  ByteAccountant accountant(100'000);
  BodyCollector body(Encoding::kIdentity, 1 << 20, accountant);
  body.Expect(1 << 20);
  // An announcement alone takes nothing.
  EXPECT_EQ(accountant.used(), 0U);
  ASSERT_TRUE(body.Append(std::string(60'000, 'a')).ok());
  EXPECT_GE(accountant.used(), 60'000U);
  const Status status = body.Append(std::string(60'000, 'a'));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kUnavailable);
}

TEST(BodyCollectorTest, LeavesRoomForParsersThatReadPastTheEnd) {
  ByteAccountant accountant(1 << 20);
  BodyCollector body(Encoding::kIdentity, 1 << 20, accountant);
  body.Expect(300);
  ASSERT_TRUE(body.Append(std::string(300, 'a')).ok());
  ASSERT_TRUE(body.End().ok());
  EXPECT_GE(body.TakeBody().capacity(), 364U);
}

}  // namespace
}  // namespace vivace::net

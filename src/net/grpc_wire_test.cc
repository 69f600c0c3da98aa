#include "net/grpc_wire.h"

#include <gtest/gtest.h>

namespace vivace::net {
namespace {

TEST(GrpcWireTest, ReadsTimeoutsInEveryUnit) {
  EXPECT_EQ(ParseGrpcTimeout("1H"), std::chrono::hours(1));
  EXPECT_EQ(ParseGrpcTimeout("2M"), std::chrono::minutes(2));
  EXPECT_EQ(ParseGrpcTimeout("3S"), std::chrono::seconds(3));
  EXPECT_EQ(ParseGrpcTimeout("4m"), std::chrono::milliseconds(4));
  EXPECT_EQ(ParseGrpcTimeout("5u"), std::chrono::microseconds(5));
  EXPECT_EQ(ParseGrpcTimeout("99999999n"), std::chrono::nanoseconds(99'999'999));
  EXPECT_EQ(ParseGrpcTimeout("99999999H"), std::chrono::hours(24 * 366));
  for (const std::string_view bad : {"", "1", "S", "-1S", "1.5S", "123456789S", "1s", "1 S"}) {
    EXPECT_EQ(ParseGrpcTimeout(bad), std::nullopt) << bad;
  }
}

TEST(GrpcWireTest, TellsGrpcFromWhatOnlyLooksLikeIt) {
  EXPECT_TRUE(IsGrpcContentType("application/grpc"));
  EXPECT_TRUE(IsGrpcContentType("application/grpc+proto; charset=x"));
  EXPECT_FALSE(IsGrpcContentType("application/grpc-web"));
  EXPECT_FALSE(IsGrpcContentType("application/grpc+json"));
  EXPECT_FALSE(IsGrpcContentType("application/json"));
}

TEST(GrpcWireTest, EncodesBase64WithoutPadding) {
  EXPECT_EQ(Base64(""), "");
  EXPECT_EQ(Base64("f"), "Zg");
  EXPECT_EQ(Base64("fo"), "Zm8");
  EXPECT_EQ(Base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(Base64("\xff\xfe"), "//4");
}

TEST(GrpcWireTest, ReadsAMessageHoweverItArrives) {
  ByteAccountant accountant(1 << 20);
  const std::string frame = FrameGrpcMessage("hello world");
  for (std::size_t step = 1; step <= frame.size(); ++step) {
    GrpcMessageReader reader(Encoding::kIdentity, 100, accountant);
    for (std::size_t at = 0; at < frame.size(); at += step) {
      ASSERT_FALSE(reader.Append(std::string_view(frame).substr(at, step)).has_value());
    }
    ASSERT_FALSE(reader.End().has_value());
    EXPECT_EQ(reader.TakeMessage(), "hello world");
  }
}

TEST(GrpcWireTest, TakesAnEmptyMessage) {
  ByteAccountant accountant(1 << 20);
  GrpcMessageReader reader(Encoding::kIdentity, 100, accountant);
  ASSERT_FALSE(reader.Append(FrameGrpcMessage("")).has_value());
  ASSERT_FALSE(reader.End().has_value());
  EXPECT_EQ(reader.TakeMessage(), "");
}

TEST(GrpcWireTest, PutsTheCodeAndRetryInfoIntoStatusDetails) {
  const auto trailers = GrpcTrailers({GrpcCode::kUnavailable, "x", std::chrono::seconds(2)});
  ASSERT_EQ(trailers.size(), 4U);
  EXPECT_EQ(trailers[2].first, "grpc-status-details-bin");
  // Status{code: 14, message: "x", details: [Any{RetryInfo{retry_delay: 2 s}}]}.
  EXPECT_EQ(trailers[2].second, Base64(std::string("\x08\x0e\x12\x01x\x1a\x30\x0a\x28", 9) +
                                       "type.googleapis.com/google.rpc.RetryInfo" +
                                       std::string("\x12\x04\x0a\x02\x08\x02", 6)));
}

}  // namespace
}  // namespace vivace::net

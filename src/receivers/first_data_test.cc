#include "receivers/first_data.h"

#include <gtest/gtest.h>

namespace vivace::receivers {
namespace {

TEST(FirstDataTest, CountsAndRemembersTheLast) {
  FirstData data;
  EXPECT_EQ(data.Look().requests, 0u);
  EXPECT_FALSE(data.Look().last_refusal);
  EXPECT_FALSE(data.Look().last_trace_id);

  data.CountRequest(100);
  data.CountRequest(20);
  data.CountAccepted(3, *TraceId::FromHex("1"));
  data.CountAccepted(4, *TraceId::FromHex("2"));
  data.CountRefused(2, {"first", "grpc", 5});
  data.CountRefused(0, {std::string(5000, 'x'), "http_json", 6});

  const FirstData::Picture picture = data.Look();
  EXPECT_EQ(picture.requests, 2u);
  EXPECT_EQ(picture.bytes, 120u);
  EXPECT_EQ(picture.accepted_spans, 7u);
  EXPECT_EQ(picture.refused_spans, 2u);
  EXPECT_EQ(picture.last_trace_id, TraceId::FromHex("2"));
  EXPECT_EQ(picture.last_refusal->transport, "http_json");
  EXPECT_EQ(picture.last_refusal->unix_ns, 6);
  EXPECT_EQ(picture.last_refusal->reason.size(), 500u);
}

}  // namespace
}  // namespace vivace::receivers

#include "tracing/trace_context.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::tracing {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpan = "b7ad6b7169203331";

TEST(TraceContextTest, ReadsIdsAndTheSampledFlag) {
  const auto context = ParseTraceparent("00-" + kTrace + "-" + kSpan + "-01");
  ASSERT_TRUE(context.has_value());
  EXPECT_EQ(context->trace_id.ToHex(), kTrace);
  EXPECT_EQ(context->span_id.ToHex(), kSpan);
  EXPECT_TRUE(context->sampled);
  EXPECT_FALSE(ParseTraceparent("00-" + kTrace + "-" + kSpan + "-02")->sampled);
}

TEST(TraceContextTest, WhatIsWrittenReadsBackTheSame) {
  const SpanContext context{.trace_id = *TraceId::FromHex(kTrace),
                            .span_id = *SpanId::FromHex(kSpan),
                            .sampled = true,
                            .trace_state = ""};
  EXPECT_EQ(ParseTraceparent(FormatTraceparent(context)), context);
}

TEST(TraceContextTest, IgnoresHeadersThatTheStandardSaysToIgnore) {
  const std::string zero_trace(32, '0');
  const std::string zero_span(16, '0');
  for (const std::string& header :
       {std::string(), std::string("00"), "00-" + kTrace + "-" + kSpan + "-0",
        "00-" + kTrace + "-" + kSpan + "-01-more", "ff-" + kTrace + "-" + kSpan + "-01",
        "00-" + zero_trace + "-" + kSpan + "-01", "00-" + kTrace + "-" + zero_span + "-01",
        "00-0AF7651916CD43DD8448EB211C80319C-" + kSpan + "-01",
        "00_" + kTrace + "-" + kSpan + "-01", "0x-" + kTrace + "-" + kSpan + "-01",
        "01-" + kTrace + "-" + kSpan + "-01x"}) {
    EXPECT_FALSE(ParseTraceparent(header).has_value()) << header;
  }
}

TEST(TraceContextTest, ReadsLaterVersionsAsFarAsItKnowsThem) {
  EXPECT_TRUE(ParseTraceparent("01-" + kTrace + "-" + kSpan + "-01").has_value());
  EXPECT_TRUE(ParseTraceparent("cc-" + kTrace + "-" + kSpan + "-01-future").has_value());
}

}  // namespace
}  // namespace vivace::tracing

#include "net/http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::net {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

TEST(HttpTest, ComparesHeaderNamesWithoutCase) {
  Headers headers;
  headers.Add("Content-Type", "a");
  headers.Add("content-type", "b");
  EXPECT_EQ(headers.Get("CONTENT-TYPE"), "a");
  EXPECT_FALSE(headers.Has("Content-Typ"));
  headers.Remove("content-TYPE");
  EXPECT_TRUE(headers.fields().empty());
}

TEST(HttpTest, DecodesQueryParametersOnce) {
  const auto query = QueryParameters::Parse("q=%7Bname%3D%22a+b%22%7D&empty&&a=1&a=2&x=%2541&=v");
  ASSERT_TRUE(query.ok());
  EXPECT_THAT(query->all(),
              ElementsAre(Pair("q", "{name=\"a b\"}"), Pair("empty", ""), Pair("a", "1"),
                          Pair("a", "2"), Pair("x", "%41"), Pair("", "v")));
  EXPECT_EQ(*query->Find("a"), "1");
  EXPECT_EQ(query->Find("b"), nullptr);
}

TEST(HttpTest, NamesMalformedEscapes) {
  for (const std::string_view bad : {"q=%", "q=%4", "q=%zz", "%g1=x", "q=a%"}) {
    const auto query = QueryParameters::Parse(bad);
    ASSERT_FALSE(query.ok()) << bad;
    EXPECT_EQ(query.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(query.error().message(), HasSubstr("percent escape"));
  }
}

TEST(HttpTest, TreatsPlusAsSpaceOnlyWhereAsked) {
  EXPECT_EQ(*PercentDecode("a+b%2b", true), "a b+");
  EXPECT_EQ(*PercentDecode("a+b%2B", false), "a+b+");
  EXPECT_EQ(*PercentDecode("%00%ff", false), std::string("\0\xff", 2));
}

TEST(HttpTest, GivesRetryableStatusesOnlyToWhatMayBeRetried) {
  EXPECT_EQ(HttpStatusOf(ErrorCode::kUnavailable), 503);
  EXPECT_EQ(HttpStatusOf(ErrorCode::kResourceExhausted), 429);
  EXPECT_EQ(HttpStatusOf(ErrorCode::kInvalidArgument), 400);
  EXPECT_EQ(HttpStatusOf(ErrorCode::kIo), 500);
}

}  // namespace
}  // namespace vivace::net

#include "query/tag_search.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/search.h"
#include "query/testing/memory_source.h"
#include "query/testing/traces.h"

namespace vivace::query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Join;
using testing::MakeSpan;
using testing::MakeTrace;

TEST(LogfmtTest, ReadsBareAndQuotedValues) {
  const auto tags = ParseLogfmt("  a=b http.url=\"x \\\"y\\\"\\n\" c=  d=e=f ");
  ASSERT_TRUE(tags.ok()) << tags.error().message();
  EXPECT_THAT(*tags, ElementsAre(TagPair{"a", "b"}, TagPair{"http.url", "x \"y\"\n"},
                                 TagPair{"c", ""}, TagPair{"d", "e=f"}));
  EXPECT_THAT(*ParseLogfmt(""), IsEmpty());
}

TEST(LogfmtTest, RefusesWhatIsNoPairWithItsPlace) {
  for (const char* text : {"=b", "a", "a=\"open", "a=\"x\\q\"", "a=\"x\\", "\"k\"=v"}) {
    const auto tags = ParseLogfmt(text);
    ASSERT_FALSE(tags.ok()) << text;
    EXPECT_THAT(tags.error().message(), HasSubstr("invalid tags: ")) << text;
    EXPECT_THAT(tags.error().message(), HasSubstr("at character")) << text;
  }
  std::string many;
  for (std::size_t i = 0; i <= kTagPairsMax; ++i) many += "a=b ";
  EXPECT_FALSE(ParseLogfmt(many).ok());
}

class TagSearchTest : public ::testing::Test {
 protected:
  // Ids of the traces that are found, as numbers.
  std::vector<std::uint64_t> Find(const TraceData& data, const std::string& tags) {
    SeededRandom random(1);
    const auto snapshot = testing::Scatter(data, 2, 5, random);
    SearchRequest request;
    request.tags = ParseLogfmt(tags).value();
    Budget budget(RealClock(), {}, nullptr, nullptr);
    const auto response = Search(*snapshot, request, budget);
    EXPECT_TRUE(response.ok());
    std::vector<std::uint64_t> ids;
    for (const FoundTrace& trace : response->traces) {
      EXPECT_EQ(trace.matched, 0u);
      ids.push_back(trace.id.Low());
    }
    return ids;
  }
};

TEST_F(TagSearchTest, PairsHoldWithinOneResource) {
  Span get = MakeSpan(1, 1, 0, 10);
  get.attributes = {{"http.method", {std::string("GET")}}, {"n", {std::int64_t{200}}}};
  Span failed = MakeSpan(1, 2, 1, 11);
  failed.status_code = StatusCode::kError;
  const Span other = MakeSpan(2, 1, 0, 5);
  const TraceData data =
      Join(MakeTrace("frontend", {get, failed}), MakeTrace("cart", {MakeSpan(1, 3, 1, 12), other}));

  EXPECT_THAT(Find(data, ""), ElementsAre(1, 2));
  EXPECT_THAT(Find(data, "service.name=frontend"), ElementsAre(1));
  EXPECT_THAT(Find(data, "service.name=front"), ElementsAre(1)) << "a part of the service";
  EXPECT_THAT(Find(data, "service.name=FRONTEND"), IsEmpty()) << "case matters";
  EXPECT_THAT(Find(data, "http.method=GET service.name=frontend"), ElementsAre(1));
  EXPECT_THAT(Find(data, "http.method=GE"), IsEmpty()) << "others match as a whole";
  EXPECT_THAT(Find(data, "http.method=GET service.name=cart"), IsEmpty()) << "other resource";
  EXPECT_THAT(Find(data, "http.method=GET status.code=error"), ElementsAre(1)) << "other span";
  EXPECT_THAT(Find(data, "error=true"), ElementsAre(1));
  EXPECT_THAT(Find(data, "status.code=unset"), ElementsAre(1, 2));
  EXPECT_THAT(Find(data, "n=200"), ElementsAre(1));
  EXPECT_THAT(Find(data, "name=\"span 3\""), ElementsAre(1));
  EXPECT_THAT(Find(data, "root.service.name=cart"), ElementsAre(2));
  EXPECT_THAT(Find(data, "root.name=span"), ElementsAre(1, 2));
  EXPECT_THAT(Find(data, "no.such=x"), IsEmpty());
}

}  // namespace
}  // namespace vivace::query

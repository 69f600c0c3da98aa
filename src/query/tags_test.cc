#include "query/tags.h"

#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/testing/memory_source.h"
#include "query/testing/traces.h"
#include "traceql/parser.h"
#include "traceql/type_check.h"

namespace vivace::query {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Join;
using testing::MakeSpan;
using testing::MakeTrace;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

std::shared_ptr<const storage::Snapshot> SnapshotOf(const TraceData& data) {
  SeededRandom random(3);
  return testing::Scatter(data, 2, 1000, random);
}

TraceData ShopAndCart() {
  Span pay = MakeSpan(1, 1, 0, 0);
  pay.name = "pay";
  pay.kind = SpanKind::kServer;
  pay.attributes = {
      {"amount", {std::int64_t{5}}}, {"amount", {2.5}}, {"paid", {true}}, {"list", {ArrayValue{}}}};
  pay.events.resize(1);
  pay.events[0].name = "done";
  pay.events[0].attributes = {{"step", {std::string("last")}}};
  Span add = MakeSpan(2, 1, 0, 10);
  add.name = "add";
  add.status_code = StatusCode::kError;
  add.attributes = {{"item", {std::string("book")}}, {"amount", {std::nan("")}}};
  TraceData nameless = MakeTrace("", {MakeSpan(3, 1, 0, 20)});
  nameless.resource_spans[0].resource.attributes.clear();
  return Join(Join(MakeTrace("shop", {pay}), MakeTrace("cart", {add})), nameless);
}

class TagsTest : public ::testing::Test {
 protected:
  TagNames Names(std::optional<TagScope> scope, const std::string& filter = "") {
    SetFilter(filter);
    Budget budget(RealClock(), {}, nullptr, nullptr);
    return FindTagNames(*snapshot_, scope, range_, budget).value();
  }
  std::vector<std::string> Values(const std::string& tag, const std::string& filter = "") {
    SetFilter(filter);
    Budget budget(RealClock(), {}, nullptr, nullptr);
    last_ = FindTagValues(*snapshot_, traceql::ParseReference(tag).value(), range_, budget).value();
    std::vector<std::string> texts;
    for (const TagValue& value : last_.values) {
      texts.push_back(std::string(TagTypeName(value.type)) + " " + value.text);
    }
    return texts;
  }
  void SetFilter(const std::string& filter) {
    range_.filter = nullptr;
    if (filter.empty()) return;
    filter_ = std::make_unique<traceql::Query>(traceql::ParseQuery(filter).value());
    range_.filter = filter_.get();
  }

  std::shared_ptr<const storage::Snapshot> snapshot_ = SnapshotOf(ShopAndCart());
  TagRange range_;
  std::unique_ptr<traceql::Query> filter_;
  TagValues last_;
};

TEST_F(TagsTest, ListsNamesByScope) {
  const TagNames names = Names(std::nullopt);
  EXPECT_THAT(names.names.at(TagScope::kSpan), ElementsAre("amount", "item", "list", "paid"));
  EXPECT_THAT(names.names.at(TagScope::kResource), ElementsAre("service.name"));
  EXPECT_THAT(names.names.at(TagScope::kEvent), ElementsAre("step"));
  EXPECT_THAT(names.names.at(TagScope::kLink), IsEmpty());
  EXPECT_THAT(names.names.at(TagScope::kIntrinsic), SizeIs(25));
  EXPECT_THAT(names.figures.cuts, IsEmpty());
  EXPECT_THAT(Names(TagScope::kSpan).names, SizeIs(1));
}

TEST_F(TagsTest, ListsNamesOfMatchingSpansAlone) {
  EXPECT_THAT(
      Names(TagScope::kSpan, "{ resource.service.name = \"cart\" }").names.at(TagScope::kSpan),
      ElementsAre("amount", "item"));
  const TagNames none = Names(std::nullopt, "{ name = \"none\" }");
  EXPECT_THAT(none.names.at(TagScope::kSpan), IsEmpty());
  EXPECT_THAT(none.names.at(TagScope::kResource), ElementsAre("service.name"));
}

TEST_F(TagsTest, CutsAtTheLimitAndSaysSo) {
  range_.limit = 2;
  const TagNames names = Names(TagScope::kSpan);
  EXPECT_THAT(names.names.at(TagScope::kSpan), ElementsAre("amount", "item"));
  EXPECT_THAT(names.figures.cuts, ElementsAre("2 of 4 span names shown"));
  EXPECT_THAT(Values("name"), SizeIs(2));
  EXPECT_THAT(last_.figures.cuts, ElementsAre("more than 2 values"));
}

TEST_F(TagsTest, GivesValuesTheirTypes) {
  EXPECT_THAT(Values("span.amount"), UnorderedElementsAre("int 5", "float 2.5", "float NaN"));
  EXPECT_THAT(Values(".paid"), ElementsAre("bool true"));
  EXPECT_THAT(Values("span.item"), ElementsAre("string book"));
  EXPECT_THAT(Values("span.list"), IsEmpty());
  EXPECT_THAT(Values("event.step"), ElementsAre("string last"));
  EXPECT_THAT(Values("resource.item"), IsEmpty());
}

TEST_F(TagsTest, ShowsResourcesWithoutServiceAsEmptyText) {
  EXPECT_THAT(Values("resource.service.name"),
              ElementsAre("string ", "string cart", "string shop"));
  EXPECT_THAT(Values("resource.service.name", "{ name != \"pay\" }"),
              ElementsAre("string ", "string cart"));
}

TEST_F(TagsTest, ListsIntrinsicsThatOccur) {
  EXPECT_THAT(Values("status"), ElementsAre("keyword error", "keyword unset"));
  EXPECT_THAT(Values("span:kind"), ElementsAre("keyword server", "keyword unspecified"));
  EXPECT_THAT(Values("kind", "{ name = \"pay\" }"), ElementsAre("keyword server"));
  EXPECT_THAT(Values("name"), ElementsAre("string add", "string pay", "string span 1"));
  EXPECT_THAT(Values("name", "{ status = error }"), ElementsAre("string add"));
  EXPECT_THAT(Values("rootName"), ElementsAre("string add", "string pay", "string span 1"));
  EXPECT_THAT(Values("rootServiceName"), ElementsAre("string ", "string cart", "string shop"));
  EXPECT_THAT(Values("event:name"), ElementsAre("string done"));
  EXPECT_THAT(Values("instrumentation:name"), ElementsAre("string scope"));
  for (const char* tag : {"duration", "traceDuration", "trace:id", "span:id", "nestedSetLeft"}) {
    EXPECT_THAT(Values(tag), IsEmpty()) << tag;
  }
}

TEST_F(TagsTest, FiltersByWhatOnlyWholeTracesKnow) {
  EXPECT_THAT(Values("name", "{ rootServiceName = \"cart\" }"), ElementsAre("string add"));
}

TEST_F(TagsTest, ListsValuesThatTheCatalogueLeftOut) {
  std::vector<Span> spans;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    spans.push_back(MakeSpan(i, 1, 0, i));
    spans.back().attributes = {{"id", {"value " + std::to_string(i)}}};
  }
  snapshot_ = SnapshotOf(MakeTrace("shop", spans));
  EXPECT_THAT(Values("span.id"), SizeIs(1000));
}

TEST_F(TagsTest, SaysWhichBlockCouldNotBeRead) {
  snapshot_ = testing::SnapshotOf({testing::DamagedSource("block 7")});
  EXPECT_THAT(Names(std::nullopt).figures.cuts, Contains(HasSubstr("block 7")));
  Values("span.a");
  EXPECT_THAT(last_.figures.cuts, Contains(HasSubstr("block 7")));
}

}  // namespace
}  // namespace vivace::query

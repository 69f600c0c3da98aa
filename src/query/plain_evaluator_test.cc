#include "query/plain_evaluator.h"

#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/testing/traces.h"
#include "traceql/type_check.h"

namespace vivace::query {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing::Join;
using testing::kEpoch;
using testing::MakeSpan;
using testing::MakeTrace;

AttributeValue Texts(std::vector<std::string> texts) {
  ArrayValue array;
  for (std::string& text : texts) array.values.push_back({std::move(text)});
  return {std::move(array)};
}

// The numbers of the span ids that satisfy `filter`.
std::vector<std::uint64_t> Matching(const TraceData& data, const std::string& filter) {
  const auto query = traceql::ParseQuery(filter);
  EXPECT_TRUE(query.ok()) << filter << ": " << query.error().message();
  if (!query.ok()) return {};
  const TraceTree tree = TraceTree::Build(data);
  Budget budget(RealClock(), {}, nullptr, nullptr);
  const auto matches = PlainEvaluator(*query->filter.condition).Evaluate(tree, budget);
  EXPECT_TRUE(matches.ok());
  std::vector<std::uint64_t> ids;
  for (const SpanMatch& match : *matches) {
    ids.push_back(tree.spans()[match.span].span->span_id.Number());
  }
  return ids;
}

// Whether `filter` holds for a span with these attributes.
bool Holds(std::vector<Attribute> attributes, const std::string& filter) {
  Span span = MakeSpan(1, 1, 0);
  span.attributes = std::move(attributes);
  return !Matching(MakeTrace("shop", {span}), filter).empty();
}

TEST(PlainEvaluatorTest, NumbersMixAndOtherTypesNeverEqual) {
  for (const AttributeValue& value : {AttributeValue{std::int64_t{1}}, AttributeValue{1.0}}) {
    EXPECT_TRUE(Holds({{"n", value}}, "{ span.n = 1 }"));
    EXPECT_TRUE(Holds({{"n", value}}, "{ span.n = 1.0 }"));
    EXPECT_TRUE(Holds({{"n", value}}, "{ span.n < 1.5 }"));
    EXPECT_FALSE(Holds({{"n", value}}, "{ span.n != 1 }"));
    EXPECT_TRUE(Holds({{"n", value}}, "{ span.n != 2 }"));
    EXPECT_FALSE(Holds({{"n", value}}, "{ span.n != \"x\" }"));
  }
  for (const AttributeValue& value : {AttributeValue{std::string("1")}, AttributeValue{true}}) {
    EXPECT_FALSE(Holds({{"n", value}}, "{ span.n = 1 }"));
    EXPECT_FALSE(Holds({{"n", value}}, "{ span.n != 1 }"));
    EXPECT_FALSE(Holds({{"n", value}}, "{ span.n < 5 }"));
  }
}

TEST(PlainEvaluatorTest, AbsenceSatisfiesNilAndNothingElse) {
  for (const char* filter :
       {"{ span.x = 1 }", "{ span.x != 1 }", "{ span.x =~ \".*\" }", "{ span.x !~ \"a\" }",
        "{ span.x != nil }", "{ span.x }", "{ span.x + 1 = 1 }", "{ -span.x < 5 }", "{ nil = nil }",
        "{ nil != nil }", "{ span.x = .y }", "{ span.x != .y }"}) {
    EXPECT_FALSE(Holds({}, filter)) << filter;
  }
  for (const char* filter :
       {"{ span.x = nil }", "{ nil = .x }", "{ resource.x = nil }", "{ event.x = nil }",
        "{ link.x = nil }", "{ instrumentation.x = nil }", "{ !(span.x = 1) }", "{ !span.x }"}) {
    EXPECT_TRUE(Holds({}, filter)) << filter;
  }
  for (const AttributeValue& value :
       {Texts({}), AttributeValue{MapValue{}}, AttributeValue{BytesValue{}}, AttributeValue{}}) {
    EXPECT_TRUE(Holds({{"x", value}}, "{ span.x != nil }")) << "present without a plain value";
    EXPECT_FALSE(Holds({{"x", value}}, "{ span.x = nil }"));
  }
}

TEST(PlainEvaluatorTest, OfArraysAnyElementMayEqualAndNoneMustForUnequal) {
  const std::vector<Attribute> colours = {{"c", Texts({"red", "green"})}};
  EXPECT_TRUE(Holds(colours, "{ span.c = \"red\" }"));
  EXPECT_FALSE(Holds(colours, "{ span.c != \"red\" }"));
  EXPECT_TRUE(Holds(colours, "{ span.c != \"blue\" }"));
  EXPECT_TRUE(Holds(colours, "{ span.c =~ \"gr.*\" }"));
  EXPECT_FALSE(Holds(colours, "{ span.c !~ \"gr.*\" }"));
  EXPECT_TRUE(Holds(colours, "{ span.c !~ \"bl.*\" }"));
  EXPECT_TRUE(Holds(colours, "{ \"red\" = span.c }"));
  EXPECT_TRUE(Holds(colours, "{ span.c = span.c }"));
  EXPECT_FALSE(Holds(colours, "{ span.c != span.c }"));
  EXPECT_FALSE(Holds(colours, "{ span.c + 1 > 0 }"));
}

TEST(PlainEvaluatorTest, ConditionsSeeEveryValueOfARepeatedKey) {
  const std::vector<Attribute> twice = {{"k", {std::string("a")}}, {"k", {std::string("b")}}};
  EXPECT_TRUE(Holds(twice, "{ span.k = \"b\" }"));
  EXPECT_FALSE(Holds(twice, "{ span.k != \"b\" }"));
  EXPECT_TRUE(Holds(twice, "{ span.k != \"c\" }"));
}

TEST(PlainEvaluatorTest, UnscopedLooksAtTheResourceOnlyWhereTheSpanHasNone) {
  EXPECT_TRUE(Holds({}, "{ .service.name = \"shop\" }"));
  const std::vector<Attribute> own = {{"service.name", {std::string("mine")}}};
  EXPECT_FALSE(Holds(own, "{ .service.name = \"shop\" }"));
  EXPECT_TRUE(Holds(own, "{ .service.name = \"mine\" }"));
  EXPECT_TRUE(Holds(own, "{ resource.service.name = \"shop\" }"));
  EXPECT_FALSE(Holds({}, "{ .service.name = nil }"));
}

TEST(PlainEvaluatorTest, CalculatesWithoutFailing) {
  const std::vector<Attribute> numbers = {{"a", {std::int64_t{7}}}, {"b", {std::int64_t{2}}}};
  for (const char* filter :
       {"{ span.a / span.b = 3 }", "{ span.a % span.b = 1 }", "{ span.b ^ 3 = 8 }",
        "{ 2 ^ 3 ^ 2 = 512 }", "{ -span.a = -7 }", "{ -span.a * 2 = -14 }",
        "{ span.a - span.b - 1 = 4 }", "{ duration = 500us * span.b }", "{ span.a / 2.0 = 3.5 }"}) {
    EXPECT_TRUE(Holds(numbers, filter)) << filter;
  }
  for (const char* filter : {"{ span.a / 0 = 1 }", "{ span.a / 0 != 1 }", "{ span.a % 0 = 0 }",
                             "{ 0 / 0 = 0 }", "{ 1.0 / 0.0 > 5 }"}) {
    EXPECT_FALSE(Holds(numbers, filter)) << filter;
  }
}

TEST(PlainEvaluatorTest, ConditionsOnEventsJoinedByAndHoldOnOneEvent) {
  Span span = MakeSpan(1, 1, 0);
  SpanEvent first;
  first.name = "first";
  first.time_unix_ns = kEpoch + 5'000'000;
  first.attributes = {{"a", {std::int64_t{1}}}};
  SpanEvent second;
  second.name = "second";
  second.time_unix_ns = kEpoch;
  second.attributes = {{"b", {std::int64_t{2}}}};
  span.events = {first, second};
  const TraceData data = MakeTrace("shop", {span, MakeSpan(1, 2, 1)});

  EXPECT_THAT(Matching(data, "{ event.a = 1 && event:name = \"first\" }"), ElementsAre(1));
  EXPECT_THAT(Matching(data, "{ event.a = 1 && event.b = 2 }"), IsEmpty());
  EXPECT_THAT(Matching(data, "{ event.a = 1 && duration > 0ms && event:name = \"second\" }"),
              IsEmpty());
  EXPECT_THAT(Matching(data, "{ event.a = 1 || event.b = 2 }"), ElementsAre(1));
  EXPECT_THAT(Matching(data, "{ event.a = nil }"), ElementsAre(1, 2)) << "the second event; none";
  EXPECT_THAT(Matching(data, "{ !(event.a = 1) }"), ElementsAre(2)) << "no event has it";
  EXPECT_THAT(Matching(data, "{ event.b = 2 && !(event.a = 1) }"), IsEmpty());
  EXPECT_THAT(Matching(data, "{ event:timeSinceStart > 4ms }"), ElementsAre(1));
  EXPECT_THAT(Matching(data, "{ event:timeSinceStart > 0.5 }"), ElementsAre(1));
  EXPECT_THAT(Matching(data, "{ event:name != nil }"), ElementsAre(1));
}

TEST(PlainEvaluatorTest, KnowsTheTraceAsAWhole) {
  Span server = MakeSpan(1, 1, 0, 0);
  server.kind = SpanKind::kServer;
  server.end_unix_ns = server.start_unix_ns + 10'000'000;
  Span child = MakeSpan(1, 2, 1, 1000);
  child.status_code = StatusCode::kError;
  child.status_message = "it broke\nbadly";
  const Span orphan = MakeSpan(1, 3, 77, 2000);
  const TraceData data = Join(MakeTrace("shop", {server, child}), MakeTrace("cart", {orphan}));

  EXPECT_THAT(Matching(data, "{ traceDuration = 10ms }"), ElementsAre(1, 2, 3));
  EXPECT_THAT(Matching(data, "{ rootName = \"span 1\" && rootServiceName = \"shop\" }"),
              ElementsAre(1, 2, 3));
  EXPECT_THAT(Matching(data, "{ trace:id = \"1\" }"), ElementsAre(1, 2, 3));
  EXPECT_THAT(Matching(data, "{ nestedSetParent < 0 }"), ElementsAre(1));
  EXPECT_THAT(Matching(data, "{ nestedSetLeft = 0 }"), ElementsAre(3)) << "the orphan";
  EXPECT_THAT(Matching(data, "{ nestedSetLeft > 1.5 }"), ElementsAre(2));
  EXPECT_THAT(Matching(data, "{ span:childCount = 1 }"), ElementsAre(1));
  EXPECT_THAT(Matching(data, "{ span:parentID = \"0000000000000000\" }"), ElementsAre(1));
  EXPECT_THAT(Matching(data, "{ span:parentID = \"4D\" }"), ElementsAre(3));
  EXPECT_THAT(Matching(data, "{ kind = server || status = error }"), ElementsAre(1, 2));
  EXPECT_THAT(Matching(data, "{ kind != server }"), ElementsAre(2, 3));
  EXPECT_THAT(Matching(data, "{ statusMessage =~ \"it.*badly\" }"), ElementsAre(2));
  EXPECT_THAT(Matching(data, "{ 5ms < duration }"), ElementsAre(1));
  EXPECT_THAT(Matching(data, "{ instrumentation:name = \"scope\" }"), ElementsAre(1, 2, 3));
}

TEST(PlainEvaluatorTest, ATraceWithoutRootHasEmptyRootNames) {
  const TraceData data = MakeTrace("shop", {MakeSpan(1, 2, 1)});
  EXPECT_THAT(Matching(data, "{ rootName = \"\" && rootServiceName = \"\" }"), ElementsAre(2));
}

TEST(PlainEvaluatorTest, LogicGroupsFromTheLeft) {
  EXPECT_FALSE(Holds({}, "{ true || true && false }"));
  EXPECT_TRUE(Holds({}, "{ true || (true && false) }"));
  EXPECT_TRUE(Holds({}, "{ (1 = 2) = false }"));
  EXPECT_FALSE(Holds({}, "{ !(1 = 1) }"));
}

TEST(PlainEvaluatorTest, EndsWithTheBudget) {
  const auto query = traceql::ParseQuery("{ event.a = 1 }");
  ASSERT_TRUE(query.ok());
  Span span = MakeSpan(1, 1, 0);
  span.events.resize(2000);
  const TraceData data = MakeTrace("shop", {span});
  Budget budget(RealClock(), {}, nullptr, nullptr);
  budget.Cancel();
  const auto matches =
      PlainEvaluator(*query->filter.condition).Evaluate(TraceTree::Build(data), budget);
  ASSERT_FALSE(matches.ok());
  EXPECT_EQ(matches.error().code(), ErrorCode::kCancelled);
}

}  // namespace
}  // namespace vivace::query

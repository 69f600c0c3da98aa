#include "model/trace_merge.h"

#include <algorithm>
#include <string>

#include <gtest/gtest.h>

#include "base/random.h"

namespace vivace {
namespace {

Span MakeSpan(std::uint64_t id, std::uint64_t start) {
  Span span;
  span.trace_id.bytes[15] = 1;
  span.span_id = SpanId::FromNumber(id);
  span.start_unix_ns = start;
  span.end_unix_ns = start + 5;
  span.name = "span";
  span.attributes = {{"n", {static_cast<std::int64_t>(id)}}};
  return span;
}

TraceData Part(const std::string& service, const std::string& scope, std::vector<Span> spans) {
  ResourceSpans resource;
  resource.resource.attributes = {{"service.name", {service}}};
  resource.scope_spans.push_back({{scope, "1", {}, 0}, "", std::move(spans)});
  return {{std::move(resource)}};
}

TEST(TraceMergeTest, JoinsEqualGroupsAndOrdersSpansByStart) {
  const TraceData merged =
      MergeTraceParts({Part("a", "s", {MakeSpan(3, 30), MakeSpan(1, 10)}),
                       Part("a", "s", {MakeSpan(2, 20)}), Part("a", "t", {MakeSpan(4, 5)})});
  ASSERT_EQ(merged.resource_spans.size(), 1u);
  ASSERT_EQ(merged.resource_spans[0].scope_spans.size(), 2u);
  EXPECT_EQ(merged.resource_spans[0].scope_spans[0].scope.name, "t");
  EXPECT_EQ(merged.resource_spans[0].scope_spans[1].spans,
            (std::vector<Span>{MakeSpan(1, 10), MakeSpan(2, 20), MakeSpan(3, 30)}));
}

TEST(TraceMergeTest, KeepsOneOfSpansThatWereSentTwice) {
  const TraceData part = Part("a", "s", {MakeSpan(1, 10), MakeSpan(2, 20)});
  const TraceData merged = MergeTraceParts({part, part, Part("a", "s", {MakeSpan(2, 20)})});
  EXPECT_EQ(merged, part);
}

TEST(TraceMergeTest, KeepsSpansOfOneIdThatDifferInAnything) {
  Span changed = MakeSpan(1, 10);
  changed.attributes[0].value = {std::string("other")};
  const TraceData merged =
      MergeTraceParts({Part("a", "s", {MakeSpan(1, 10), changed}), Part("b", "s", {changed})});
  EXPECT_EQ(merged.SpanCount(), 3u);
}

TEST(TraceMergeTest, GroupsThatDifferOnlyInSchemaOrDroppedCountsStayApart) {
  TraceData schema = Part("a", "s", {MakeSpan(1, 10)});
  schema.resource_spans[0].schema_url = "https://example.org/1";
  TraceData dropped = Part("a", "s", {MakeSpan(1, 10)});
  dropped.resource_spans[0].scope_spans[0].scope.dropped_attributes_count = 1;
  const TraceData merged = MergeTraceParts({schema, dropped, Part("a", "s", {MakeSpan(1, 10)})});
  EXPECT_EQ(merged.SpanCount(), 3u);
  EXPECT_EQ(merged.resource_spans.size(), 2u);
}

TEST(TraceMergeTest, GroupsWithoutSpansGo) {
  EXPECT_EQ(MergeTraceParts({Part("a", "s", {}), TraceData{}}), TraceData{});
  EXPECT_EQ(MergeTraceParts({}), TraceData{});
}

TEST(TraceMergeTest, AttributeOrderIsContentAndIsKept) {
  Span span = MakeSpan(1, 1);
  span.attributes = {{"z", {true}}, {"a", {false}}, {"z", {true}}};
  Span other = span;
  std::swap(other.attributes[0], other.attributes[1]);
  const TraceData merged = MergeTraceParts({Part("a", "s", {span, other})});
  EXPECT_EQ(merged.SpanCount(), 2u);
  EXPECT_TRUE(merged.resource_spans[0].scope_spans[0].spans[0] == span ||
              merged.resource_spans[0].scope_spans[0].spans[1] == span);
}

TEST(TraceMergeTest, ResultDoesNotDependOnHowSpansAreSpreadOverParts) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    SeededRandom random(seed);
    std::vector<TraceData> singles;
    for (int i = 0; i < 40; ++i) {
      singles.push_back(Part(random.Chance(1, 2) ? "a" : "b", random.Chance(1, 2) ? "s" : "t",
                             {MakeSpan(random.Below(6), random.Below(3))}));
    }
    const TraceData expected = MergeTraceParts(singles);
    for (std::size_t i = singles.size(); i > 1; --i) {
      std::swap(singles[i - 1], singles[random.Below(i)]);
    }
    std::vector<TraceData> halves;
    halves.push_back(MergeTraceParts({singles.begin(), singles.begin() + 20}));
    halves.push_back(MergeTraceParts({singles.begin() + 20, singles.end()}));
    EXPECT_EQ(MergeTraceParts(singles), expected) << "seed " << seed;
    EXPECT_EQ(MergeTraceParts(halves), expected) << "seed " << seed;
  }
}

TEST(TraceMergeTest, CompareIsZeroExactlyForEqualValues) {
  const std::vector<AttributeValue> values = {{},
                                              {std::string("a")},
                                              {std::string("b")},
                                              {true},
                                              {false},
                                              {std::int64_t{-1}},
                                              {std::int64_t{1}},
                                              {0.0},
                                              {-0.0},
                                              {BytesValue{"a"}},
                                              {ArrayValue{}},
                                              {ArrayValue{{{true}}}},
                                              {ArrayValue{{{true}, {true}}}},
                                              {MapValue{}},
                                              {MapValue{{{"k", {true}}}}}};
  for (const AttributeValue& a : values) {
    for (const AttributeValue& b : values) {
      EXPECT_EQ(Compare(a, b) == 0, a == b);
      EXPECT_EQ(Compare(a, b) < 0, Compare(b, a) > 0);
    }
  }
}

}  // namespace
}  // namespace vivace

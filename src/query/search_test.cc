#include "query/search.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "block/testing/random_traces.h"
#include "query/testing/memory_source.h"
#include "query/testing/plain_search.h"
#include "query/testing/random_filters.h"
#include "query/testing/traces.h"
#include "traceql/type_check.h"

namespace vivace::query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::Join;
using testing::kEpoch;
using testing::MakeSpan;
using testing::MakeTrace;
using testing::MakeTraceId;
using testing::MemorySource;
using ::testing::SizeIs;
using testing::SnapshotOf;

// 60 data sets of 60 filters: 3,600 comparisons.
constexpr std::uint64_t kDataSets = 60;
constexpr int kFiltersPerDataSet = 60;

TEST(SearchTest, FindsWhatThePlainWayFindsInTracesTornOverSources) {
  std::size_t with_matches = 0;
  for (std::uint64_t seed = 1; seed <= kDataSets; ++seed) {
    SeededRandom random(seed);
    block::testing::RandomTracesOptions options;
    options.traces = 6;
    options.spans_per_trace_max = 6;
    options.attributes_max = 5;
    options.vocabulary = 5;
    options.rare_key_one_in = 0;
    const TraceData data = block::testing::RandomTraces(random, options);
    const auto snapshot = testing::Scatter(data, 1 + random.Below(4), 10, random);
    testing::RandomFilters filters(random, data);
    for (int i = 0; i < kFiltersPerDataSet; ++i) {
      const std::string text = filters.Make();
      const auto query = traceql::ParseQuery(text);
      ASSERT_TRUE(query.ok()) << text << ": " << query.error().message();
      SearchRequest request;
      request.query = &*query;
      request.judged_before_prefilter = random.Below(4);
      request.limit = random.Chance(1, 2) ? 1 + random.Below(4) : 100;
      request.spans_per_span_set = 1 + random.Below(10);
      Budget budget(RealClock(), {}, nullptr, nullptr);
      const auto response = Search(*snapshot, request, budget);
      ASSERT_TRUE(response.ok()) << text << ": " << response.error().ToString();
      const auto expected = testing::SearchPlainly(data, *query);
      with_matches += expected.empty() ? 0 : 1;
      ASSERT_EQ(testing::Difference(expected, request, *response), "")
          << "seed " << seed << ": " << text;
    }
  }
  EXPECT_GT(with_matches, kDataSets * kFiltersPerDataSet / 4) << "filters that ask for something";
}

// --- by hand ---

class SearchByHandTest : public ::testing::Test {
 protected:
  Result<SearchResponse> Run(const storage::Snapshot& snapshot, const std::string& text) {
    query_ = std::make_unique<traceql::Query>(traceql::ParseQuery(text).value());
    request_.query = query_.get();
    Budget budget(clock_, limits_, nullptr, nullptr);
    return Search(snapshot, request_, budget);
  }
  // Ids as numbers.
  std::vector<std::uint64_t> Ids(const storage::Snapshot& snapshot, const std::string& text) {
    const auto response = Run(snapshot, text);
    EXPECT_TRUE(response.ok()) << response.error().ToString();
    std::vector<std::uint64_t> ids;
    for (const FoundTrace& trace : response->traces) ids.push_back(trace.id.Low());
    return ids;
  }

  ManualClock clock_;
  Budget::Limits limits_;
  SearchRequest request_;
  std::unique_ptr<traceql::Query> query_;
};

std::shared_ptr<const storage::Source> SourceOf(std::string name, const TraceData& data) {
  return std::make_shared<const MemorySource>(std::move(name), std::vector<TraceData>{data});
}

TEST_F(SearchByHandTest, OrdersByStartDescendingThenById) {
  const auto snapshot = SnapshotOf({SourceOf(
      "a", MakeTrace("s", {MakeSpan(3, 1, 0, 5), MakeSpan(2, 1, 0, 5), MakeSpan(1, 1, 0, 9)}))});
  EXPECT_THAT(Ids(*snapshot, "{}"), ElementsAre(1, 2, 3));
  request_.limit = 2;
  EXPECT_THAT(Ids(*snapshot, "{}"), ElementsAre(1, 2));
}

TEST_F(SearchByHandTest, JudgesATraceByAllItsParts) {
  // The root lies in one block, the failed span in another.
  Span failed = MakeSpan(1, 2, 1, 100);
  failed.status_code = StatusCode::kError;
  const auto snapshot = SnapshotOf({SourceOf("old", MakeTrace("shop", {MakeSpan(1, 1, 0, 0)})),
                                    SourceOf("new", MakeTrace("cart", {failed}))});
  const auto response = Run(*snapshot, "{ rootServiceName = \"shop\" && status = error }");
  ASSERT_TRUE(response.ok());
  ASSERT_THAT(response->traces, SizeIs(1));
  const FoundTrace& trace = response->traces[0];
  EXPECT_EQ(trace.root_name, "span 1");
  EXPECT_EQ(trace.start_unix_ns, kEpoch);
  EXPECT_EQ(trace.duration_ns, 1'000'100u);
  EXPECT_EQ(trace.services.at("cart").errors, 1u);
  EXPECT_EQ(trace.services.at("shop").spans, 1u);
  ASSERT_THAT(trace.spans, SizeIs(1));
  EXPECT_EQ(trace.spans[0].attributes,
            (std::vector<Attribute>{{"status", AttributeValue{std::string("error")}}}));
}

TEST_F(SearchByHandTest, DoesNotReadSourcesThatCannotChangeTheAnswer) {
  const auto snapshot = SnapshotOf({SourceOf("new", MakeTrace("s", {MakeSpan(2, 1, 0, 1000)})),
                                    SourceOf("old", MakeTrace("s", {MakeSpan(1, 1, 0, 0)}))});
  request_.limit = 1;
  const auto response = Run(*snapshot, "{}");
  ASSERT_TRUE(response.ok());
  EXPECT_EQ(response->sources_inspected, 1u);
  EXPECT_EQ(response->sources, 2u);
}

TEST_F(SearchByHandTest, KeepsTracesWhoseWholeRangeOverlapsTheWindow) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  // Parts before and after the window: the whole spans it.
  const auto snapshot =
      SnapshotOf({SourceOf("a", MakeTrace("s", {MakeSpan(1, 1, 0, 0), MakeSpan(2, 1, 0, 0)})),
                  SourceOf("b", MakeTrace("s", {MakeSpan(1, 2, 1, 100 * kSecond)}))});
  request_.window = TimeWindow{kEpoch + 40 * kSecond, kEpoch + 60 * kSecond};
  EXPECT_THAT(Ids(*snapshot, "{}"), ElementsAre(1));
  EXPECT_THAT(Ids(*snapshot, "{ name = \"span 1\" }"), ElementsAre(1));
  request_.window = TimeWindow{kEpoch, kEpoch};
  EXPECT_THAT(Ids(*snapshot, "{}"), ElementsAre(1, 2));
  request_.window = TimeWindow{kEpoch + 200 * kSecond, kEpoch + 300 * kSecond};
  EXPECT_THAT(Ids(*snapshot, "{}"), IsEmpty());
}

TEST_F(SearchByHandTest, SeesPartsOnBothSidesOfTheWindowInOneSource) {
  constexpr std::uint64_t kSecond = 1'000'000'000;
  const std::vector<TraceData> row_groups = {
      MakeTrace("s", {MakeSpan(1, 1, 0, 0), MakeSpan(2, 1, 0, 0), MakeSpan(3, 1, 0, 0)}),
      MakeTrace("s", {MakeSpan(1, 2, 1, 100 * kSecond), MakeSpan(4, 1, 0, 100 * kSecond)}),
      MakeTrace("s", {MakeSpan(3, 2, 1, 50 * kSecond)})};
  const auto snapshot = SnapshotOf({std::make_shared<const MemorySource>("a", row_groups)});
  request_.window = TimeWindow{kEpoch + 40 * kSecond, kEpoch + 60 * kSecond};
  EXPECT_THAT(Ids(*snapshot, "{}"), ElementsAre(1, 3));
  EXPECT_THAT(Ids(*snapshot, "{ name = \"span 1\" }"), ElementsAre(1, 3)) << "parts before it";
  EXPECT_THAT(Ids(*snapshot, "{ name = \"span 2\" }"), ElementsAre(1, 3)) << "parts after it";
}

TEST_F(SearchByHandTest, FindsWhatThePlainWayFindsInWindows) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SeededRandom random(seed);
    // Spans of long traces, strewn over ten minutes and torn over sources.
    constexpr std::uint64_t kSpread = 600'000'000'000;
    std::vector<Span> spans;
    for (std::uint64_t i = 0; i < 40; ++i) {
      spans.push_back(MakeSpan(1 + random.Below(8), i + 1, 0, random.Below(kSpread)));
    }
    const TraceData data = MakeTrace("s", spans);
    const auto snapshot = testing::Scatter(data, 4, 10, random);
    for (int i = 0; i < 10; ++i) {
      const std::uint64_t start = kEpoch + random.Below(kSpread);
      request_.window = TimeWindow{start, start + random.Below(20'000'000'000)};
      const std::string text =
          random.Chance(1, 3) ? "{}" : "{ name =~ \"span .*" + std::to_string(i) + "\" }";
      const auto response = Run(*snapshot, text);
      ASSERT_TRUE(response.ok());
      auto expected = testing::SearchPlainly(data, *query_);
      std::erase_if(expected, [&](const testing::Expected& trace) {
        return trace.start > request_.window->end_unix_ns ||
               trace.start + trace.duration < request_.window->start_unix_ns;
      });
      ASSERT_EQ(testing::Difference(expected, request_, *response), "") << "seed " << seed;
    }
  }
}

TEST_F(SearchByHandTest, BoundsTheDurationOfTheWholeTrace) {
  const auto snapshot =
      SnapshotOf({SourceOf("a", MakeTrace("s", {MakeSpan(1, 1, 0, 0), MakeSpan(1, 2, 1, 5'000'000),
                                                MakeSpan(2, 1, 0, 1)}))});
  request_.duration_ns_min = 2'000'000;
  EXPECT_THAT(Ids(*snapshot, "{}"), ElementsAre(1));
  request_.duration_ns_min.reset();
  request_.duration_ns_max = 2'000'000;
  EXPECT_THAT(Ids(*snapshot, "{}"), ElementsAre(2));
}

TEST_F(SearchByHandTest, ShowsWhatTheQuerySpeaksOf) {
  Span span = MakeSpan(1, 1, 0, 0);
  span.attributes = {{"a", {std::int64_t{5}}}, {"a", {std::int64_t{6}}}};
  span.kind = SpanKind::kServer;
  SpanEvent other;
  SpanEvent matching;
  matching.name = "retry";
  matching.attributes = {{"reason", {std::string("slow")}}};
  span.events = {other, matching};
  const auto snapshot = SnapshotOf({SourceOf("a", MakeTrace("shop", {span}))});
  const auto response = Run(*snapshot,
                            "{ span.a = 6 && resource.service.name != nil && kind = server && "
                            "event:name = \"retry\" && (event.reason = \"slow\" || span.none = 1) "
                            "&& name != \"\" && duration > 0ms }");
  ASSERT_TRUE(response.ok());
  ASSERT_THAT(response->traces, SizeIs(1));
  const FoundSpan& shown = response->traces[0].spans[0];
  EXPECT_EQ(shown.name, "span 1");
  EXPECT_EQ(shown.attributes, (std::vector<Attribute>{{"a", {std::int64_t{5}}},
                                                      {"service.name", {std::string("shop")}},
                                                      {"kind", {std::string("server")}},
                                                      {"event:name", {std::string("retry")}},
                                                      {"reason", {std::string("slow")}}}));
}

TEST_F(SearchByHandTest, PassesOverWholeTracesWithoutPuttingThemTogether) {
  std::vector<Span> spans;
  for (std::uint64_t i = 1; i <= 50; ++i) spans.push_back(MakeSpan(i, 1, 0, i));
  spans.push_back(MakeSpan(60, 1, 0, 0));
  spans.back().name = "late root";
  // The root of trace 61 lies elsewhere, that of 62 nowhere.
  spans.push_back(MakeSpan(61, 2, 1, 0));
  spans.push_back(MakeSpan(62, 2, 1, 0));
  Span root = MakeSpan(61, 1, 0, 0);
  root.name = "late root";
  root.end_unix_ns += 5'000'000;
  const auto snapshot =
      SnapshotOf({SourceOf("a", MakeTrace("s", spans)), SourceOf("b", MakeTrace("t", {root}))});
  request_.judged_before_prefilter = 0;
  EXPECT_THAT(Ids(*snapshot, "{ rootName = \"late root\" }"), ElementsAre(60, 61));
  EXPECT_THAT(Ids(*snapshot, "{ rootName =~ \"late.*\" && true }"), ElementsAre(60, 61));
  EXPECT_THAT(Ids(*snapshot, "{ !(rootName =~ \"span.*\") }"), ElementsAre(60, 61, 62));
  EXPECT_THAT(Ids(*snapshot, "{ rootName = \"\" }"), ElementsAre(62));
  EXPECT_THAT(Ids(*snapshot, "{ rootServiceName = \"t\" }"), ElementsAre(61));
  EXPECT_THAT(Ids(*snapshot, "{ traceDuration > 2ms }"), ElementsAre(61));
  request_.duration_ns_min = 2'000'000;
  EXPECT_THAT(Ids(*snapshot, "{}"), ElementsAre(61));
}

TEST_F(SearchByHandTest, ServesTheRestWhenABlockIsDamaged) {
  const auto snapshot = SnapshotOf(
      {testing::DamagedSource("block 7"), SourceOf("a", MakeTrace("s", {MakeSpan(1, 1, 0, 0)}))});
  const auto response = Run(*snapshot, "{}");
  ASSERT_TRUE(response.ok());
  EXPECT_THAT(response->traces, SizeIs(1));
  EXPECT_THAT(response->problems, ElementsAre(HasSubstr("block 7: checksum differs")));
}

TEST_F(SearchByHandTest, EndsAtItsDeadlineAndItsMemory) {
  std::vector<Span> spans;
  for (std::uint64_t i = 1; i <= 200; ++i) spans.push_back(MakeSpan(i, 1, 0, i));
  const auto snapshot = SnapshotOf({SourceOf("a", MakeTrace("s", spans))});
  request_.limit = 200;
  limits_.bytes_max = 20'000;
  const auto too_much = Run(*snapshot, "{}");
  ASSERT_FALSE(too_much.ok());
  EXPECT_EQ(too_much.error().code(), ErrorCode::kResourceExhausted);
  limits_.bytes_max = 1 << 20;
  EXPECT_TRUE(Run(*snapshot, "{}").ok());
  limits_.time_max = Nanoseconds(0);
  const auto too_late = Run(*snapshot, "{}");
  ASSERT_FALSE(too_late.ok());
  EXPECT_EQ(too_late.error().code(), ErrorCode::kDeadlineExceeded);
}

TEST_F(SearchByHandTest, FindsNothingInNothing) {
  const auto response = Run(*SnapshotOf({}), "{}");
  ASSERT_TRUE(response.ok());
  EXPECT_THAT(response->traces, IsEmpty());
}

}  // namespace
}  // namespace vivace::query

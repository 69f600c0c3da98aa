#include "block/row_group.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "block/row_group_builder.h"
#include "block/testing/random_traces.h"
#include "block/value_codec.h"

namespace vivace::block {
namespace {

using testing::FlatSpan;
using testing::Flatten;
using testing::RandomTraces;
using testing::SameSpans;

std::shared_ptr<const RowGroup> RowsOf(const TraceData& data) {
  RowGroupBuilder builder;
  EXPECT_TRUE(builder.Add(data).ok());
  return builder.Finish();
}

Span MakeSpan(std::uint8_t trace, std::uint64_t id, std::uint64_t start) {
  Span span;
  span.trace_id.bytes[15] = trace;
  span.span_id = SpanId::FromNumber(id);
  span.start_unix_ns = start;
  span.end_unix_ns = start + 10;
  return span;
}

TraceData DataOf(std::vector<Span> spans) {
  TraceData data;
  data.resource_spans.emplace_back().scope_spans.emplace_back().spans = std::move(spans);
  return data;
}

TEST(RowGroupTest, EveryFieldOfRandomTracesComesBack) {
  for (std::uint64_t seed = 0; seed < 150; ++seed) {
    SeededRandom random(seed);
    testing::RandomTracesOptions options;
    options.traces = 1 + random.Below(30);
    RowGroupBuilder builder;
    TraceData all;
    for (std::uint64_t part = 0; part <= random.Below(3); ++part) {
      TraceData data = RandomTraces(random, options);
      ASSERT_TRUE(builder.Add(data).ok());
      for (ResourceSpans& in : data.resource_spans) all.resource_spans.push_back(std::move(in));
    }
    const auto rows = builder.Finish();
    const auto expected = Flatten(all);
    ASSERT_EQ(rows->trace_count(), expected.size()) << "seed " << seed;
    for (const auto& [id, spans] : expected) {
      TraceData trace;
      ASSERT_TRUE(rows->AppendTrace(id, trace));
      const auto found = Flatten(trace);
      ASSERT_EQ(found.size(), 1U);
      ASSERT_TRUE(SameSpans(spans, found.at(id))) << "seed " << seed << " trace " << id.ToHex();
    }
  }
}

TEST(RowGroupTest, ManySpansOfManyShapesComeBackRowByRow) {
  SeededRandom random(7);
  testing::RandomTracesOptions options;
  options.traces = 900;  // Several checkpoints.
  const TraceData data = RandomTraces(random, options);
  const auto rows = RowsOf(data);
  ASSERT_GT(rows->span_count(), 3 * AttributeTable::kCheckpointOwners);
  const auto expected = Flatten(data);
  // One row at a time, from the back, so that no reading depends on the one before.
  for (std::uint32_t row = static_cast<std::uint32_t>(rows->span_count()); row-- > 0;) {
    if (row % 5 != 0) continue;
    TraceData one;
    rows->AppendRows(std::vector<std::uint32_t>{row}, one);
    const auto found = Flatten(one);
    ASSERT_EQ(found.size(), 1U);
    const auto& [id, spans] = *found.begin();
    const auto& all = expected.at(id);
    ASSERT_TRUE(std::find(all.begin(), all.end(), spans.at(0)) != all.end()) << row;
  }
}

TEST(RowGroupTest, TracesGoByEarliestStartAndTheirSpansByStart) {
  const auto rows = RowsOf(DataOf({MakeSpan(1, 1, 500), MakeSpan(2, 2, 100), MakeSpan(1, 3, 50),
                                   MakeSpan(3, 4, 50), MakeSpan(2, 5, 100)}));
  ASSERT_EQ(rows->trace_count(), 3U);
  std::vector<std::uint64_t> ids;
  for (std::uint32_t row = 0; row < 5; ++row) ids.push_back(rows->span_id(row).Number());
  EXPECT_EQ(ids, (std::vector<std::uint64_t>{3, 1, 4, 2, 5}));
  EXPECT_EQ(rows->traces()[0].start_unix_ns, 50U);
  EXPECT_EQ(rows->traces()[0].end_unix_ns, 510U);
  EXPECT_EQ(rows->bounds().trace_start_max, 100U);
  EXPECT_EQ(rows->bounds().start_max, 500U);
  for (std::uint32_t row = 0; row < 5; ++row) {
    EXPECT_EQ(rows->TraceOfRow(row), std::vector<std::uint32_t>({0, 0, 1, 2, 2})[row]);
  }
}

TEST(RowGroupTest, ParentRowIsTheRowThatCarriesTheParentId) {
  Span root = MakeSpan(1, 1, 10);
  Span child = MakeSpan(1, 2, 5);  // Starts before its parent: clocks differ.
  child.parent_span_id = std::string(root.span_id.AsText());
  Span orphan = MakeSpan(1, 3, 20);
  orphan.parent_span_id = std::string(SpanId::FromNumber(99).AsText());
  Span odd = MakeSpan(1, 4, 30);
  odd.parent_span_id = "abc";
  Span own = MakeSpan(1, 5, 40);
  own.parent_span_id = std::string(own.span_id.AsText());
  Span zero = MakeSpan(1, 6, 50);
  zero.parent_span_id = std::string(8, '\0');
  // Another trace has the id that the orphan names.
  const auto rows = RowsOf(DataOf({root, child, orphan, odd, own, zero, MakeSpan(2, 99, 0)}));
  ASSERT_EQ(rows->traces()[1].root_row, 2U);
  EXPECT_EQ(rows->ParentRow(1), 2U);
  EXPECT_EQ(rows->ParentSpanId(1), root.span_id.AsText());
  for (const std::uint32_t row : {2U, 3U, 4U, 5U, 6U}) EXPECT_EQ(rows->ParentRow(row), kNoRow);
  EXPECT_EQ(rows->ParentSpanId(2), "");
  EXPECT_EQ(rows->ParentSpanId(3), orphan.parent_span_id);
  EXPECT_EQ(rows->ParentSpanId(4), "abc");
  EXPECT_EQ(rows->ParentSpanId(5), own.parent_span_id);
  EXPECT_EQ(rows->ParentSpanId(6), zero.parent_span_id);
}

TEST(RowGroupTest, EqualResourcesAndScopesShareOneRow) {
  TraceData data;
  for (int i = 0; i < 3; ++i) {
    ResourceSpans& in = data.resource_spans.emplace_back();
    in.resource.attributes = {{"service.name", {std::string(i == 2 ? "b" : "a")}}};
    ScopeSpans& scope = in.scope_spans.emplace_back();
    scope.scope.name = "s";
    scope.spans = {MakeSpan(1, static_cast<std::uint64_t>(i) + 1, 0)};
  }
  const auto rows = RowsOf(data);
  EXPECT_EQ(rows->resource_count(), 2U);
  EXPECT_EQ(rows->scope_count(), 1U);
  EXPECT_EQ(rows->ServiceName(rows->ResourceOfRow(0)), "a");
  EXPECT_EQ(rows->ServiceName(rows->ResourceOfRow(2)), "b");
  TraceData trace;
  ASSERT_TRUE(rows->AppendTrace(MakeSpan(1, 1, 0).trace_id, trace));
  ASSERT_EQ(trace.resource_spans.size(), 2U);
  EXPECT_EQ(trace.resource_spans[0].scope_spans[0].spans.size(), 2U);
}

TEST(RowGroupTest, KeysThatEverySpanInventsShareTheOverflow) {
  std::vector<Span> spans;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    Span span = MakeSpan(1, i + 1, i);
    span.attributes = {{"common", {std::int64_t{1}}},
                       {"unique " + std::to_string(i), {std::string("v")}}};
    spans.push_back(std::move(span));
  }
  const TraceData data = DataOf(std::move(spans));
  const auto rows = RowsOf(data);
  const AttributeTable& table = rows->columns().table(AttributeLevel::kSpan);
  EXPECT_EQ(table.columns.size(), 1U);
  EXPECT_EQ(table.shape_count(), 2U);
  EXPECT_EQ(table.overflow_values.dictionary.size(), 1U);
  TraceData trace;
  ASSERT_TRUE(rows->AppendTrace(rows->traces()[0].id, trace));
  EXPECT_EQ(trace, data);
}

TEST(RowGroupTest, UnknownTraceIsNotFoundAndLeavesTheOutputAlone) {
  const auto rows = RowsOf(DataOf({MakeSpan(1, 1, 0)}));
  TraceData out;
  EXPECT_FALSE(rows->AppendTrace(MakeSpan(2, 1, 0).trace_id, out));
  EXPECT_TRUE(out.resource_spans.empty());
}

TEST(RowGroupBuilderTest, IsEmptyAgainAfterFinish) {
  RowGroupBuilder builder;
  ASSERT_TRUE(builder.Add(DataOf({MakeSpan(1, 1, 0)})).ok());
  EXPECT_EQ(builder.spans(), 1U);
  const auto first = builder.Finish();
  EXPECT_EQ(builder.spans(), 0U);
  ASSERT_TRUE(builder.Add(DataOf({MakeSpan(2, 2, 0), MakeSpan(2, 3, 0)})).ok());
  const auto second = builder.Finish();
  EXPECT_EQ(first->span_count(), 1U);
  EXPECT_EQ(second->span_count(), 2U);
  EXPECT_EQ(second->FindTrace(MakeSpan(1, 1, 0).trace_id), nullptr);
}

TEST(RowGroupBuilderTest, RefusesValuesThatAreNestedTooDeepAndTakesNothing) {
  AttributeValue deep{std::string("bottom")};
  for (int i = 0; i < kValueDepthMax - 1; ++i) deep = {ArrayValue{{std::move(deep)}}};
  Span good = MakeSpan(1, 1, 0);
  good.attributes = {{"deep", deep}};
  RowGroupBuilder builder;
  ASSERT_TRUE(builder.Add(DataOf({good})).ok());
  Span bad = MakeSpan(1, 2, 0);
  bad.attributes = {{"deeper", {ArrayValue{{deep}}}}};
  const Status status = builder.Add(DataOf({MakeSpan(1, 3, 0), bad}));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(builder.spans(), 1U);
  TraceData trace;
  ASSERT_TRUE(builder.Finish()->AppendTrace(good.trace_id, trace));
  EXPECT_EQ(trace, DataOf({good}));
}

TEST(RowGroupBuilderTest, MemoryGrowsWithWhatIsHeld) {
  SeededRandom random(3);
  RowGroupBuilder builder;
  const std::size_t before = builder.bytes();
  ASSERT_TRUE(builder.Add(RandomTraces(random, {.traces = 500})).ok());
  const std::size_t spans = builder.spans();
  EXPECT_GT(builder.bytes(), before + 100 * spans);
  const auto rows = builder.Finish();
  EXPECT_GT(rows->memory_bytes(), 60 * spans);
  EXPECT_LT(builder.bytes(), before + 1000);
}

// Columns that do not fit together must be refused: the reader makes them from bytes of a disk.
TEST(RowGroupTest, ColumnsThatDoNotFitTogetherAreRefused) {
  SeededRandom random(5);
  const auto rows = RowsOf(RandomTraces(random, {.traces = 40}));
  const RowGroupColumns& good = rows->columns();
  ASSERT_FALSE(good.parent_texts.rows.empty());
  ASSERT_FALSE(good.event_begin.empty());
  ASSERT_TRUE(RowGroup::Make(good).ok());
  using Damage = void (*)(RowGroupColumns&);
  const std::vector<std::pair<const char*, Damage>> damages = {
      {"no spans", [](RowGroupColumns& c) { c = {}; }},
      {"short column", [](RowGroupColumns& c) { c.starts.pop_back(); }},
      {"long column", [](RowGroupColumns& c) { c.names.codes.PushBack(0); }},
      {"code over dictionary", [](RowGroupColumns& c) { c.names.dictionary = {}; }},
      {"resource over table", [](RowGroupColumns& c) { c.resource_schema_urls = {}; }},
      {"trace twice", [](RowGroupColumns& c) { c.traces[1].id = c.traces[0].id; }},
      {"trace too long", [](RowGroupColumns& c) { c.traces.back().row_count += 1; }},
      {"trace count", [](RowGroupColumns& c) { c.traces.pop_back(); }},
      {"empty trace", [](RowGroupColumns& c) { c.traces[0].row_count = 0; }},
      {"trace start", [](RowGroupColumns& c) { c.traces[0].start_unix_ns += 1; }},
      {"trace end", [](RowGroupColumns& c) { c.traces[0].end_unix_ns += 1; }},
      {"root of another", [](RowGroupColumns& c) { c.traces[0].root_row = c.traces[1].first_row; }},
      {"parent of another", [](RowGroupColumns& c) { c.parent_rows[0] = c.traces[1].first_row; }},
      {"parent text twice",
       [](RowGroupColumns& c) { c.parent_rows[c.parent_texts.rows[0]] = kNoRow; }},
      {"parent text order", [](RowGroupColumns& c) { c.parent_texts.rows[0] = kNoRow; }},
      {"events bounds", [](RowGroupColumns& c) { c.event_begin[1] = kNoRow; }},
      {"events count", [](RowGroupColumns& c) { c.event_times.push_back(1); }},
      {"sparse order",
       [](RowGroupColumns& c) { std::swap(c.dropped_events.rows[0], c.dropped_events.rows[1]); }},
      {"missing value",
       [](RowGroupColumns& c) { c.table(AttributeLevel::kSpan).columns[0].codes.PushBack(0); }},
      {"column order",
       [](RowGroupColumns& c) {
         std::swap(c.table(AttributeLevel::kSpan).columns[0],
                   c.table(AttributeLevel::kSpan).columns[1]);
       }},
      {"shape over columns",
       [](RowGroupColumns& c) { c.table(AttributeLevel::kSpan).shape_columns[0] = 77'777; }},
      {"key over keys", [](RowGroupColumns& c) { c.keys = {}; }},
      {"overflow value",
       [](RowGroupColumns& c) {
         c.table(AttributeLevel::kSpan).overflow_values.dictionary.Append("\x77");
       }},
  };
  for (const auto& [what, damage] : damages) {
    RowGroupColumns columns = good;
    damage(columns);
    const auto made = RowGroup::Make(std::move(columns));
    ASSERT_FALSE(made.ok()) << what;
    EXPECT_EQ(made.error().code(), ErrorCode::kCorruption) << what;
  }
}

}  // namespace
}  // namespace vivace::block

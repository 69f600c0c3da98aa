#include "block/catalogue.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <tuple>
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

std::shared_ptr<const RowGroup> RowsOf(const TraceData& data) {
  RowGroupBuilder builder;
  EXPECT_TRUE(builder.Add(data).ok());
  return builder.Finish();
}

using Key = std::tuple<CatalogueLevel, std::string, ValueType>;
using Counts = std::map<Key, std::map<std::string, std::uint64_t>>;  // by encoded value

std::string Encoded(const AttributeValue& value) {
  ByteWriter out;
  EncodeValue(value, out);
  return out.Take();
}

Counts CountPlainly(const TraceData& data) {
  Counts counts;
  const auto add = [&counts](CatalogueLevel level, const std::string& key,
                             const AttributeValue& value) {
    ++counts[{level, key, TypeOf(value)}][Encoded(value)];
  };
  const auto add_all = [&add](CatalogueLevel level, const std::vector<Attribute>& attributes) {
    for (const Attribute& attribute : attributes) add(level, attribute.key, attribute.value);
  };
  for (const auto& [id, spans] : Flatten(data)) {
    for (const FlatSpan& flat : spans) {
      const Span& span = flat.span;
      add_all(CatalogueLevel::kSpan, span.attributes);
      add_all(CatalogueLevel::kResource, flat.resource.attributes);
      add_all(CatalogueLevel::kScope, flat.scope.attributes);
      for (const SpanEvent& event : span.events) {
        add_all(CatalogueLevel::kEvent, event.attributes);
        add(CatalogueLevel::kIntrinsic, "event:name", {event.name});
      }
      for (const SpanLink& link : span.links) add_all(CatalogueLevel::kLink, link.attributes);
      add(CatalogueLevel::kIntrinsic, "name", {span.name});
      add(CatalogueLevel::kIntrinsic, "kind", {static_cast<std::int64_t>(span.kind)});
      add(CatalogueLevel::kIntrinsic, "status", {static_cast<std::int64_t>(span.status_code)});
      if (!span.status_message.empty()) {
        add(CatalogueLevel::kIntrinsic, "statusMessage", {span.status_message});
      }
      add(CatalogueLevel::kIntrinsic, "instrumentation:name", {flat.scope.name});
      add(CatalogueLevel::kIntrinsic, "instrumentation:version", {flat.scope.version});
    }
  }
  return counts;
}

void ExpectSame(const Catalogue& catalogue, const Counts& expected) {
  ASSERT_EQ(catalogue.entries.size(), expected.size());
  auto at = expected.begin();
  for (const CatalogueEntry& entry : catalogue.entries) {
    const auto& [key, values] = *at++;
    ASSERT_EQ(Key(entry.level, entry.key, entry.type), key);
    std::uint64_t count = 0;
    for (const auto& [value, times] : values) count += times;
    EXPECT_EQ(entry.count, count) << entry.key;
    EXPECT_TRUE(entry.complete) << entry.key;
    if (entry.type > ValueType::kDouble) {
      EXPECT_TRUE(entry.values.empty());
      continue;
    }
    ASSERT_EQ(entry.values.size(), values.size()) << entry.key;
    std::uint64_t before = ~0ULL;
    for (const CatalogueValue& value : entry.values) {
      EXPECT_EQ(value.count, values.at(Encoded(value.value)));
      EXPECT_LE(value.count, before);
      before = value.count;
    }
  }
}

TEST(CatalogueTest, CountsEveryKeyAndValueOfEveryLevel) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    SeededRandom random(seed);
    const TraceData data = RandomTraces(random, {.traces = 30});
    const Catalogue catalogue = CatalogueOf(*RowsOf(data));
    EXPECT_TRUE(catalogue.complete);
    ExpectSame(catalogue, CountPlainly(data));
  }
}

TEST(CatalogueTest, AddsUpRowGroupsAndCatalogues) {
  SeededRandom random(3);
  const TraceData a = RandomTraces(random, {.traces = 10});
  const TraceData b = RandomTraces(random, {.traces = 10});
  TraceData both = a;
  for (const ResourceSpans& in : b.resource_spans) both.resource_spans.push_back(in);
  CatalogueBuilder rows;
  rows.Add(*RowsOf(a));
  rows.Add(*RowsOf(b));
  ExpectSame(rows.Finish(), CountPlainly(both));
  CatalogueBuilder catalogues;
  catalogues.Add(CatalogueOf(*RowsOf(a)));
  catalogues.Add(CatalogueOf(*RowsOf(b)));
  EXPECT_EQ(catalogues.Finish(), rows.Finish());
}

TEST(CatalogueTest, AddKeyGivesTheEntriesOfThatKeyAlone) {
  SeededRandom random(4);
  const auto rows = RowsOf(RandomTraces(random, {.traces = 20}));
  const Catalogue all = CatalogueOf(*rows);
  for (const CatalogueEntry& entry : all.entries) {
    if (entry.key.empty()) continue;
    CatalogueBuilder builder;
    builder.AddKey(*rows, entry.level, entry.key);
    std::vector<CatalogueEntry> expected;
    for (const CatalogueEntry& other : all.entries) {
      if (other.level == entry.level && other.key == entry.key) expected.push_back(other);
    }
    EXPECT_EQ(builder.Finish().entries, expected) << entry.key;
  }
  CatalogueBuilder none;
  none.AddKey(*rows, CatalogueLevel::kSpan, "never");
  EXPECT_TRUE(none.Finish().entries.empty());
}

TEST(CatalogueTest, FindReturnsTheFirstEntryOfAKey) {
  SeededRandom random(4);
  const Catalogue catalogue = CatalogueOf(*RowsOf(RandomTraces(random, {.traces = 20})));
  const CatalogueEntry* entry = catalogue.Find(CatalogueLevel::kSpan, "key 1");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->key, "key 1");
  EXPECT_TRUE(entry == &catalogue.entries[0] || (entry - 1)->key != "key 1");
  EXPECT_EQ(catalogue.Find(CatalogueLevel::kSpan, "never"), nullptr);
}

TEST(CatalogueTest, SaysWhenValuesOrKeysWereLeftOut) {
  std::vector<Span> spans(100);
  for (std::size_t i = 0; i < spans.size(); ++i) {
    spans[i].span_id = SpanId::FromNumber(i + 1);
    spans[i].attributes = {{"id", {static_cast<std::int64_t>(i)}},
                           {"few", {static_cast<std::int64_t>(i % 3)}},
                           {"long", {std::string(50, 'x')}}};
  }
  TraceData data;
  data.resource_spans.emplace_back().scope_spans.emplace_back().spans = spans;
  const auto rows = RowsOf(data);
  CatalogueBuilder builder(
      {.values_max = 5, .value_bytes_max = 40, .values_tracked_max = 20, .entries_max = 1000});
  builder.Add(*rows);
  const Catalogue catalogue = builder.Finish();
  EXPECT_TRUE(catalogue.complete);
  const CatalogueEntry* id = catalogue.Find(CatalogueLevel::kSpan, "id");
  EXPECT_FALSE(id->complete);
  EXPECT_EQ(id->count, 100U);
  EXPECT_EQ(id->values.size(), 5U);
  EXPECT_TRUE(catalogue.Find(CatalogueLevel::kSpan, "few")->complete);
  EXPECT_EQ(catalogue.Find(CatalogueLevel::kSpan, "few")->values[0].count, 34U);
  const CatalogueEntry* text = catalogue.Find(CatalogueLevel::kSpan, "long");
  EXPECT_FALSE(text->complete);
  EXPECT_TRUE(text->values.empty());
  CatalogueBuilder few(
      {.values_max = 5, .value_bytes_max = 40, .values_tracked_max = 20, .entries_max = 2});
  few.Add(*rows);
  EXPECT_FALSE(few.Finish().complete);
  EXPECT_EQ(few.Finish().entries.size(), 2U);
}

TEST(CatalogueTest, ComesBackFromBytesAndEveryTruncationIsRefused) {
  SeededRandom random(5);
  const Catalogue catalogue = CatalogueOf(*RowsOf(RandomTraces(random, {.traces = 3})));
  ByteWriter out;
  EncodeCatalogue(catalogue, out);
  ByteReader in(out.view());
  const auto decoded = DecodeCatalogue(in);
  ASSERT_TRUE(decoded.ok());
  EXPECT_TRUE(in.AtEnd());
  EXPECT_EQ(*decoded, catalogue);
  for (std::size_t size = 0; size < out.size(); ++size) {
    ByteReader cut(out.view().first(size));
    EXPECT_FALSE(DecodeCatalogue(cut).ok()) << size;
  }
}

}  // namespace
}  // namespace vivace::block

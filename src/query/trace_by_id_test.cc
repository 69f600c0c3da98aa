#include "query/trace_by_id.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "block/testing/random_traces.h"
#include "model/trace_merge.h"
#include "query/testing/memory_source.h"
#include "query/testing/traces.h"

namespace vivace::query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::MakeSpan;
using testing::MakeTrace;
using testing::MakeTraceId;

TEST(TraceByIdTest, JoinsTornTracesIntoOneFormHoweverTheyAreTorn) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SeededRandom random(seed);
    const TraceData data = block::testing::RandomTraces(random, {});
    const auto whole = testing::Scatter(data, 1, 1'000'000, random);
    const auto torn = testing::Scatter(data, 4, 3, random);
    for (const auto& [id, spans] : block::testing::Flatten(data)) {
      Budget budget(RealClock(), {}, nullptr, nullptr);
      const auto expected = FindTrace(*whole, id, budget);
      const auto found = FindTrace(*torn, id, budget);
      ASSERT_TRUE(expected.ok());
      ASSERT_TRUE(found.ok());
      EXPECT_TRUE(found->data == expected->data) << "seed " << seed << " trace " << id.ToHex();
      EXPECT_EQ(found->data.SpanCount(), spans.size()) << "duplicates are removed";
    }
  }
}

TEST(TraceByIdTest, FindsNothingForAnUnknownId) {
  const auto snapshot = testing::SnapshotOf({});
  Budget budget(RealClock(), {}, nullptr, nullptr);
  const auto found = FindTrace(*snapshot, MakeTraceId(1), budget);
  ASSERT_TRUE(found.ok());
  EXPECT_THAT(found->data.resource_spans, IsEmpty());
}

TEST(TraceByIdTest, SaysWhatCouldNotBeRead) {
  const auto snapshot = testing::SnapshotOf(
      {testing::DamagedSource("block 7"),
       std::make_shared<const testing::MemorySource>(
           "live", std::vector<TraceData>{MakeTrace("shop", {MakeSpan(1, 1, 0)})})});
  Budget budget(RealClock(), {}, nullptr, nullptr);
  const auto found = FindTrace(*snapshot, MakeTraceId(1), budget);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->data.SpanCount(), 1u);
  EXPECT_THAT(found->problems, ElementsAre(HasSubstr("block 7")));
}

TEST(TraceByIdTest, IsBoundedByTheBudget) {
  Span span = MakeSpan(1, 1, 0);
  span.attributes = {{"large", {std::string(100'000, 'x')}}};
  const auto snapshot = testing::SnapshotOf({std::make_shared<const testing::MemorySource>(
      "live", std::vector<TraceData>{MakeTrace("shop", {span})})});
  ByteAccountant accountant(10 << 20);
  Budget small(RealClock(), {.bytes_max = 50'000}, nullptr, &accountant);
  const auto refused = FindTrace(*snapshot, MakeTraceId(1), small);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kResourceExhausted);
  {
    Budget large(RealClock(), {}, nullptr, &accountant);
    EXPECT_TRUE(FindTrace(*snapshot, MakeTraceId(1), large).ok());
    EXPECT_GT(accountant.used(), 100'000u);
  }
  EXPECT_EQ(accountant.used(), 0u) << "given back with the query";
  ByteAccountant full(1000);
  Budget starved(RealClock(), {}, nullptr, &full);
  EXPECT_EQ(FindTrace(*snapshot, MakeTraceId(1), starved).error().code(), ErrorCode::kUnavailable);
}

}  // namespace
}  // namespace vivace::query

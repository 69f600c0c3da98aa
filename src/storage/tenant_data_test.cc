#include "storage/tenant_data.h"

#include <gtest/gtest.h>

#include "storage/testing/test_spans.h"

namespace vivace::storage {
namespace {

using testing::BatchOf;
using testing::Found;
using testing::SpanKey;

class TenantDataTest : public ::testing::Test {
 protected:
  std::shared_ptr<const LiveRun> Add(const std::vector<SpanKey>& keys, std::uint64_t segment) {
    return data_.Insert(LiveChunk::From(BatchOf(keys)), segment);
  }
  Found ScanNow() {
    Result<Found> found = testing::Scan(*data_.TakeSnapshot());
    EXPECT_TRUE(found.ok()) << found.error().ToString();
    return found.ok() ? *found : Found{};
  }

  ByteAccountant process_{1 << 30};
  ByteAccountant store_{1 << 30};
  TenantData data_{"tenant", LiveAccounts{process_, store_}, 4};
};

TEST_F(TenantDataTest, SnapshotsDoNotChange) {
  Add({{1, 1}}, 1);
  const auto before = data_.TakeSnapshot();
  Add({{2, 2}}, 1);
  EXPECT_EQ(testing::Scan(*before).value(), (Found{{{1, 1}, 1}}));
  EXPECT_EQ(ScanNow(), (Found{{{1, 1}, 1}, {{2, 2}, 1}}));
}

TEST_F(TenantDataTest, TheSameMomentIsTheSameSnapshot) {
  Add({{1, 1}}, 1);
  EXPECT_EQ(data_.TakeSnapshot(), data_.TakeSnapshot());
}

TEST_F(TenantDataTest, ClosesFullRuns) {
  EXPECT_EQ(Add({{1, 1}, {1, 2}, {1, 3}}, 1), nullptr);
  const auto closed = Add({{2, 4}, {2, 5}}, 1);
  ASSERT_NE(closed, nullptr);
  EXPECT_EQ(closed->totals().spans, 3U);
  EXPECT_EQ(data_.TakeSnapshot()->sources().size(), 2U);
}

TEST_F(TenantDataTest, RunsDoNotSpanLogSegments) {
  Add({{1, 1}}, 1);
  ASSERT_NE(Add({{1, 2}}, 2), nullptr);
  const auto sealed = data_.SealBefore(2);
  ASSERT_EQ(sealed.size(), 1U);
  EXPECT_EQ(sealed[0]->log_segment(), 1U);
  EXPECT_EQ(data_.SealBefore(3).size(), 2U);
}

TEST_F(TenantDataTest, SourcesAreNewestFirst) {
  Add({{5, 1}}, 1);
  Add({{9, 2}}, 2);
  Add({{2, 3}}, 3);
  const auto snapshot = data_.TakeSnapshot();
  ASSERT_EQ(snapshot->sources().size(), 3U);
  EXPECT_EQ(snapshot->sources()[0]->meta().trace_start_max, testing::StartOf({9, 2}));
  EXPECT_EQ(snapshot->sources()[1]->meta().trace_start_max, testing::StartOf({5, 1}));
  EXPECT_EQ(snapshot->sources()[2]->meta().trace_start_max, testing::StartOf({2, 3}));
}

TEST_F(TenantDataTest, ReplacedRunsLeaveLaterSnapshotsOnly) {
  Add({{1, 1}}, 1);
  Add({{2, 2}}, 2);
  const auto before = data_.TakeSnapshot();
  data_.Replace(data_.SealBefore(2), nullptr);
  EXPECT_EQ(ScanNow(), (Found{{{2, 2}, 1}}));
  EXPECT_EQ(testing::Scan(*before).value(), (Found{{{1, 1}, 1}, {{2, 2}, 1}}));
}

TEST_F(TenantDataTest, NamesWhatCannotBeServed) {
  data_.AddUnavailable("block 7: gone");
  const auto snapshot = data_.TakeSnapshot();
  ASSERT_EQ(snapshot->unavailable().size(), 1U);
  EXPECT_EQ(snapshot->unavailable()[0], "block 7: gone");
}

TEST_F(TenantDataTest, FiguresAddUp) {
  EXPECT_EQ(data_.figures().trace_start_unix_ns_min, 0U);
  Add({{3, 1}, {4, 2}}, 1);
  Add({{1, 3}}, 2);
  const TenantData::Figures figures = data_.figures();
  EXPECT_EQ(figures.live_spans, 3U);
  EXPECT_EQ(figures.live_chunks, 2U);
  EXPECT_EQ(figures.trace_start_unix_ns_min, testing::StartOf({1, 3}));
  EXPECT_EQ(figures.trace_start_unix_ns_max, testing::StartOf({4, 2}));
}

}  // namespace
}  // namespace vivace::storage

#include "storage/live_run.h"

#include <thread>

#include <gtest/gtest.h>

#include "storage/live_source.h"
#include "storage/testing/test_spans.h"

namespace vivace::storage {
namespace {

using testing::BatchOf;
using testing::Found;
using testing::SpanKey;

class LiveRunTest : public ::testing::Test {
 protected:
  void Add(const std::vector<SpanKey>& keys) { run_->Append(LiveChunk::From(BatchOf(keys))); }

  std::shared_ptr<const LiveSource> Now() { return std::make_shared<const LiveSource>(run_); }

  static Found ScanOf(std::shared_ptr<const Source> source) {
    Result<Found> found = testing::Scan(Snapshot({std::move(source)}));
    EXPECT_TRUE(found.ok()) << found.error().ToString();
    return found.ok() ? *found : Found{};
  }
  static Found TraceOf(std::shared_ptr<const Source> source, std::uint32_t trace) {
    Result<Found> found = testing::FindTrace(Snapshot({std::move(source)}), trace);
    EXPECT_TRUE(found.ok()) << found.error().ToString();
    return found.ok() ? *found : Found{};
  }

  ByteAccountant process_{1 << 30};
  ByteAccountant store_{1 << 30};
  std::shared_ptr<LiveRun> run_ = std::make_shared<LiveRun>(1, 1, LiveAccounts{process_, store_});
};

TEST_F(LiveRunTest, ShowsWhatWasThereWhenTheSourceWasMade) {
  Add({{1, 1}, {2, 2}});
  const auto before = Now();
  Add({{1, 3}});
  const auto after = Now();

  EXPECT_EQ(ScanOf(after), (Found{{{1, 1}, 1}, {{2, 2}, 1}, {{1, 3}, 1}}));
  EXPECT_EQ(ScanOf(before), (Found{{{1, 1}, 1}, {{2, 2}, 1}}));
  EXPECT_EQ(TraceOf(before, 1), (Found{{{1, 1}, 1}}));
  EXPECT_EQ(TraceOf(after, 1), (Found{{{1, 1}, 1}, {{1, 3}, 1}}));
  EXPECT_EQ(TraceOf(after, 7), Found{});
}

TEST_F(LiveRunTest, FindsTracesByIndexOnceSealed) {
  for (std::uint32_t i = 1; i <= 100; ++i) Add({{i % 10, i}});
  run_->Seal();
  const auto sealed = Now();
  for (std::uint32_t trace = 0; trace < 10; ++trace) {
    const Found found = TraceOf(sealed, trace);
    EXPECT_EQ(found.size(), 10U);
    for (const auto& [key, times] : found) {
      EXPECT_EQ(key.trace, trace);
      EXPECT_EQ(times, 1);
    }
  }
  EXPECT_EQ(TraceOf(sealed, 10), Found{});
}

TEST_F(LiveRunTest, BoundsCoverTheirTraces) {
  Add({{5, 1}, {9, 2}});
  Add({{2, 3}});
  const SourceMeta meta = Now()->meta();
  EXPECT_EQ(meta.trace_start_min, testing::StartOf({2, 3}));
  EXPECT_EQ(meta.trace_start_max, testing::StartOf({9, 2}));
  EXPECT_EQ(meta.end_max, testing::StartOf({9, 2}) + 2000);
  EXPECT_EQ(meta.spans, 3U);
  EXPECT_TRUE(meta.live);
}

TEST_F(LiveRunTest, SharesRowGroupsBetweenQueriesAndKeepsThemFew) {
  std::uint32_t next = 1;
  std::shared_ptr<const block::RowGroup> first;
  for (int query = 0; query < 100; ++query) {
    Add({{next, next}});
    ++next;
    const auto source = Now();
    // Each part is at least twice as large as the next.
    ASSERT_LE(source->row_group_count(), 8U);
    const auto again = Now();
    ASSERT_EQ(source->row_group_count(), again->row_group_count());
    for (std::size_t i = 0; i < source->row_group_count(); ++i) {
      EXPECT_EQ(source->LoadRowGroup(i).value(), again->LoadRowGroup(i).value());
    }
    EXPECT_EQ(ScanOf(source).size(), static_cast<std::size_t>(query) + 1);
  }
}

TEST_F(LiveRunTest, OlderViewsAreNotGivenNewerSpans) {
  std::vector<std::shared_ptr<const LiveSource>> views;
  for (std::uint32_t i = 1; i <= 20; ++i) {
    Add({{i, i}});
    views.push_back(Now());
  }
  // Newest first, so that parts are made beyond what the older ones may see.
  for (std::size_t i = views.size(); i-- > 0;) EXPECT_EQ(ScanOf(views[i]).size(), i + 1);
}

TEST_F(LiveRunTest, SealedRunIsOneRowGroupWhateverWasAskedBefore) {
  for (std::uint32_t i = 1; i <= 5; ++i) {
    Add({{i, i}});
    ScanOf(Now());
  }
  run_->Seal();
  const auto sealed = Now();
  EXPECT_EQ(sealed->row_group_count(), 1U);
  EXPECT_EQ(ScanOf(sealed).size(), 5U);
}

TEST_F(LiveRunTest, CatalogueCountsAttributes) {
  Add({{1, 1}, {1, 2}});
  const auto catalogue = Now()->catalogue();
  ASSERT_TRUE(catalogue.ok());
  const block::CatalogueEntry* entry = (*catalogue)->Find(block::CatalogueLevel::kSpan, "number");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(entry->count, 2U);
}

TEST_F(LiveRunTest, GivesMemoryBack) {
  {
    otlp::Batch batch = BatchOf({{1, 1}});
    const std::uint64_t bytes = LiveChunk::MemoryBytes(batch);
    LiveChunk chunk = LiveChunk::From(std::move(batch));
    chunk.held = {process_.ForceReserve(bytes), store_.ForceReserve(bytes)};
    run_->Append(std::move(chunk));
  }
  const std::uint64_t as_chunk = store_.used();
  EXPECT_GT(as_chunk, 0U);
  run_->Seal();
  ScanOf(Now());
  TraceOf(Now(), 1);
  EXPECT_GT(store_.used(), as_chunk);
  EXPECT_EQ(store_.used(), process_.used());
  run_ = nullptr;
  EXPECT_EQ(store_.used(), 0U);
  EXPECT_EQ(process_.used(), 0U);
}

TEST_F(LiveRunTest, ReadersMayWorkWhileItGrows) {
  Mutex writer;
  std::atomic<bool> stop{false};
  std::vector<std::thread> readers;
  for (int r = 0; r < 2; ++r) {
    readers.emplace_back([&] {
      while (!stop) {
        std::shared_ptr<const LiveSource> source;
        {
          MutexLock lock(writer);
          source = Now();
        }
        EXPECT_EQ(ScanOf(source).size(), source->meta().spans);
        EXPECT_EQ(TraceOf(source, 3).size(), source->meta().spans >= 3 ? 1U : 0U);
      }
    });
  }
  for (std::uint32_t i = 1; i <= LiveRun::kChunksMax; ++i) {
    MutexLock lock(writer);
    ASSERT_TRUE(run_->HasRoom(1, 1000));
    Add({{i, i}});
  }
  EXPECT_FALSE(run_->HasRoom(1, 1000));
  stop = true;
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace vivace::storage

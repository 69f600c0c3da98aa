#include "storage/store.h"

#include <filesystem>
#include <thread>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/log.h"
#include "base/simulated_file_system.h"
#include "storage/testing/store_world.h"
#include "storage/testing/test_spans.h"
#include "wal/local_log.h"

namespace vivace::storage {
namespace {

using testing::BatchOf;
using ::testing::ElementsAre;
using testing::Found;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using testing::SpanKey;

const std::string kFolder = "/srv/data";

class StoreTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SetLogSink([](std::string_view) {});
    config_ = testing::SmallConfig();
    config_.cut_bytes = 1 << 20;
    ASSERT_TRUE(disk_.CreateDirectories("/srv").ok());
    ASSERT_TRUE(disk_.SyncDirectory("/").ok());
  }
  void TearDown() override {
    store_ = nullptr;
    SetLogSink({});
  }

  Status Open() {
    store_ = nullptr;
    ASSIGN_OR_RETURN(store_, Store::Open(config_, Environment()));
    return {};
  }
  StoreEnvironment Environment() {
    return {.files = disk_,
            .clock = clock_,
            .random = random_,
            .background = background_,
            .bytes = bytes_,
            .metrics = metrics_};
  }

  // Appends and commits; the answer.
  Status Append(const std::vector<SpanKey>& keys, const std::string& tenant = "t") {
    std::optional<Status> answer;
    store_->Append(tenant, BatchOf(keys), [&](Status status) { answer = std::move(status); });
    store_->CommitPending();
    EXPECT_TRUE(answer.has_value());
    return answer.value_or(Error(ErrorCode::kInternal, "no answer"));
  }
  Found ScanNow(const std::string& tenant = "t") {
    Result<Found> found = testing::Scan(*store_->TakeSnapshot(tenant));
    EXPECT_TRUE(found.ok()) << found.error().ToString();
    return found.ok() ? *found : Found{};
  }
  std::vector<std::string> Names(const std::string& folder) {
    std::vector<std::string> names;
    const std::vector<DirectoryEntry> entries = disk_.List(JoinPath(kFolder, folder)).value();
    for (const DirectoryEntry& entry : entries) names.push_back(entry.name);
    return names;
  }
  void Damage(const std::string& path, std::size_t at) {
    std::string content = disk_.Content(path);
    ASSERT_GT(content.size(), at) << path;
    content[at] = static_cast<char>(content[at] ^ 1);
    disk_.SetContent(path, content);
  }

  SimulatedFileSystem disk_{1};
  ManualClock clock_;
  SeededRandom random_{1};
  ManualExecutor background_;
  ByteAccountant bytes_{1 << 30};
  MetricsRegistry metrics_;
  StoreConfig config_;
  std::unique_ptr<Store> store_;
};

TEST_F(StoreTest, AnswersOnlyAfterTheCommitAndShowsTheSpansThen) {
  ASSERT_TRUE(Open().ok());
  int answers = 0;
  store_->Append("t", BatchOf({{1, 1}, {2, 2}}), [&](Status status) {
    EXPECT_TRUE(status.ok());
    ++answers;
    EXPECT_THAT(ScanNow(), SizeIs(2));
    EXPECT_THAT(testing::FindTrace(*store_->TakeSnapshot("t"), 2).value(), SizeIs(1));
  });
  EXPECT_EQ(answers, 0);
  EXPECT_THAT(ScanNow(), IsEmpty());
  store_->CommitPending();
  EXPECT_EQ(answers, 1);
}

TEST_F(StoreTest, TenantsDoNotSeeEachOther) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}, "a").ok());
  ASSERT_TRUE(Append({{1, 2}}, "b").ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(Append({{1, 3}}, "a").ok());
  EXPECT_EQ(ScanNow("a"), (Found{{{1, 1}, 1}, {{1, 3}, 1}}));
  EXPECT_EQ(ScanNow("b"), (Found{{{1, 2}, 1}}));
  EXPECT_THAT(ScanNow("c"), IsEmpty());
  EXPECT_THAT(store_->Tenants(), ElementsAre("a", "b"));
}

TEST_F(StoreTest, RefusesWhatItCannotStore) {
  config_.tenants_max = 2;
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(Append({{1, 1}}, "").error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(Append({{1, 1}}, std::string(200, 'x')).error().code(), ErrorCode::kInvalidArgument);
  ASSERT_TRUE(Append({{1, 1}}, "a").ok());
  ASSERT_TRUE(Append({{1, 2}}, "b").ok());
  const Status third = Append({{1, 3}}, "c");
  EXPECT_EQ(third.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(third.error().message(), HasSubstr("2 tenants"));
  otlp::Batch large = BatchOf({{1, 4}});
  large.span_count = kBatchSpansMax + 1;
  store_->Append("a", std::move(large), [](Status status) {
    EXPECT_EQ(status.error().code(), ErrorCode::kInvalidArgument);
  });
}

TEST_F(StoreTest, AnEmptyBatchIsStoredAtOnce) {
  ASSERT_TRUE(Open().ok());
  bool answered = false;
  store_->Append("t", otlp::Batch{}, [&](Status status) { answered = status.ok(); });
  EXPECT_TRUE(answered);
  EXPECT_THAT(store_->Tenants(), IsEmpty());
}

TEST_F(StoreTest, OverTheMemoryBoundSendersAreToldToComeBackUntilACutMadeRoom) {
  config_.live_bytes_max = 20'000;
  config_.cut_bytes = 30'000;
  ASSERT_TRUE(Open().ok());
  std::uint32_t span = 0;
  Status status;
  while (status.ok() && span < 1000) {
    ++span;
    status = Append({{span, span}});
  }
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code(), ErrorCode::kUnavailable);
  EXPECT_LE(store_->status().live_bytes, config_.live_bytes_max);
  EXPECT_THAT(ScanNow(), SizeIs(span - 1));
  // The refusal asked for a cut.
  EXPECT_EQ(background_.RunAll(), 1U);
  EXPECT_EQ(store_->status().live_spans, 0U);
  EXPECT_EQ(store_->status().live_bytes, 0U);
  EXPECT_TRUE(Append({{span, span}}).ok());
  EXPECT_THAT(ScanNow(), SizeIs(span));
}

TEST_F(StoreTest, TheProcessBoundCountsToo) {
  ASSERT_TRUE(Open().ok());
  ByteReservation all = bytes_.Reserve(bytes_.bytes_max()).value();
  EXPECT_EQ(Append({{1, 1}}).error().code(), ErrorCode::kUnavailable);
  all.Release();
  EXPECT_TRUE(Append({{1, 1}}).ok());
}

TEST_F(StoreTest, CutsByBytes) {
  config_.cut_bytes = 2'000;
  ASSERT_TRUE(Open().ok());
  std::uint32_t span = 0;
  while (background_.RunAll() == 0) {
    ASSERT_LT(++span, 100U);
    ASSERT_TRUE(Append({{span, span}}).ok());
  }
  const StoreStatus status = store_->status();
  EXPECT_EQ(status.blocks, 1U);
  EXPECT_EQ(status.block_spans, span);
  EXPECT_EQ(status.live_spans, 0U);
  EXPECT_EQ(status.log_segments, 1U);
  EXPECT_THAT(ScanNow(), SizeIs(span));
}

TEST_F(StoreTest, CutsByAge) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  clock_.Advance(config_.cut_age - std::chrono::seconds(1));
  store_->Tick();
  EXPECT_EQ(background_.RunAll(), 0U);
  clock_.Advance(std::chrono::seconds(1));
  store_->Tick();
  EXPECT_EQ(background_.RunAll(), 1U);
  EXPECT_EQ(store_->status().blocks, 1U);
  store_->Tick();
  EXPECT_EQ(background_.RunAll(), 0U);
}

TEST_F(StoreTest, FlushWithoutLiveDataDoesNothing) {
  ASSERT_TRUE(Open().ok());
  const std::uint64_t generation = store_->status().manifest_generation;
  EXPECT_TRUE(store_->Flush().ok());
  EXPECT_EQ(store_->status().manifest_generation, generation);
  EXPECT_EQ(store_->status().blocks, 0U);
}

TEST_F(StoreTest, AFailedCutKeepsEverythingAndIsRepeatedLaterAndLater) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  disk_.FailAt(disk_.operations() + 4, ErrorCode::kUnavailable, true);
  EXPECT_FALSE(store_->Flush().ok());
  EXPECT_EQ(store_->status().cut_failures, 1U);
  EXPECT_THAT(store_->status().last_cut_error, HasSubstr("planned"));
  EXPECT_THAT(ScanNow(), SizeIs(1));

  // Not before its time, then once, then not before twice that time.
  store_->Tick();
  EXPECT_EQ(background_.RunAll(), 0U);
  clock_.Advance(config_.retry_delay);
  store_->Tick();
  EXPECT_EQ(background_.RunAll(), 1U);
  EXPECT_EQ(store_->status().cut_failures, 2U);
  clock_.Advance(config_.retry_delay);
  store_->Tick();
  EXPECT_EQ(background_.RunAll(), 0U);

  disk_.PowerCut();  // The planned failures are over, and what was not synced is lost.
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(ScanNow(), SizeIs(1));
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(store_->status().last_cut_error, "");
  EXPECT_EQ(store_->status().blocks, 1U);
}

TEST_F(StoreTest, ADiskThatIsFullForAWhileStopsNothingForGood) {
  config_.log_segment_bytes = 8'000;
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  disk_.SetCapacity(0);
  EXPECT_FALSE(store_->Flush().ok());
  EXPECT_THAT(ScanNow(), SizeIs(1));
  disk_.SetCapacity(std::nullopt);
  clock_.Advance(config_.retry_delay_max);
  store_->Tick();
  background_.RunAll();
  EXPECT_EQ(store_->status().live_spans, 0U);
  EXPECT_EQ(store_->status().last_cut_error, "");
  EXPECT_TRUE(Append({{2, 2}}).ok());
  EXPECT_THAT(ScanNow(), SizeIs(2));
}

TEST_F(StoreTest, SnapshotsOutliveTheCutOfWhatTheyShow) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}, {2, 2}}).ok());
  const auto before = store_->TakeSnapshot("t");
  ASSERT_TRUE(store_->Flush().ok());
  const auto after = store_->TakeSnapshot("t");
  EXPECT_TRUE(before->sources()[0]->meta().live);
  EXPECT_FALSE(after->sources()[0]->meta().live);
  EXPECT_EQ(testing::Scan(*before).value(), testing::Scan(*after).value());
}

TEST_F(StoreTest, BlocksAreInTraceOrderWithWholeTracesInOneRowGroup) {
  ASSERT_TRUE(Open().ok());
  std::uint32_t span = 0;
  for (int request = 0; request < 20; ++request) {
    std::vector<SpanKey> keys;
    for (std::uint32_t trace = 20; trace-- > 0;) keys.push_back({trace, ++span});
    ASSERT_TRUE(Append(keys).ok());
  }
  ASSERT_TRUE(store_->Flush().ok());
  const auto snapshot = store_->TakeSnapshot("t");
  ASSERT_THAT(snapshot->sources(), SizeIs(1));
  const Source& block = *snapshot->sources()[0];
  // 400 spans in row groups of about 16: traces of 20 spans each.
  EXPECT_GE(block.row_group_count(), 18U);
  std::uint64_t last_start = 0;
  std::set<TraceId> seen;
  for (std::size_t i = 0; i < block.row_group_count(); ++i) {
    const auto rows = block.LoadRowGroup(i).value();
    for (const block::TraceEntry& trace : rows->traces()) {
      EXPECT_TRUE(seen.insert(trace.id).second);
      EXPECT_EQ(trace.row_count, 20U);
      EXPECT_GT(trace.start_unix_ns, last_start);
      last_start = trace.start_unix_ns;
    }
  }
  EXPECT_EQ(seen.size(), 20U);
}

TEST_F(StoreTest, RestartBringsBackBlocksAndLog) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(Append({{1, 2}, {2, 3}}).ok());
  ASSERT_TRUE(store_->Stop().ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(ScanNow(), (Found{{{1, 1}, 1}, {{1, 2}, 1}, {{2, 3}, 1}}));
  const StoreStatus status = store_->status();
  EXPECT_EQ(status.replayed_spans, 2U);
  EXPECT_EQ(status.live_spans, 2U);
  EXPECT_EQ(status.block_spans, 1U);
  EXPECT_EQ(status.oldest_unix_ns, testing::StartOf({1, 1}));
  EXPECT_EQ(status.newest_unix_ns, testing::StartOf({2, 3}));
  EXPECT_TRUE(status.accepting);
  EXPECT_THAT(status.problems, IsEmpty());
}

TEST_F(StoreTest, ReplayCutsBlocksInsteadOfFillingMemory) {
  ASSERT_TRUE(Open().ok());
  std::uint32_t span = 0;
  for (; span < 200; ++span) ASSERT_TRUE(Append({{span, span + 1}}).ok());
  ASSERT_TRUE(store_->Stop().ok());

  config_.cut_bytes = 4'000;
  ASSERT_TRUE(Open().ok());
  const StoreStatus status = store_->status();
  EXPECT_GE(status.blocks, 5U);
  EXPECT_LE(status.live_otlp_bytes, 5'000U);
  EXPECT_THAT(ScanNow(), SizeIs(200));
  // The release point lies within a segment; replaying again adds nothing.
  ASSERT_TRUE(store_->Stop().ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(ScanNow(), SizeIs(200));
  for (const auto& [key, times] : ScanNow()) EXPECT_EQ(times, 1) << key.span;
}

TEST_F(StoreTest, ASecondServerIsRefused) {
  ASSERT_TRUE(Open().ok());
  const auto second = Store::Open(config_, Environment());
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(second.error().message(), HasSubstr(kFolder));
  ASSERT_TRUE(store_->Stop().ok());
  EXPECT_TRUE(Open().ok());
}

TEST_F(StoreTest, AfterStopAppendsAreRefused) {
  ASSERT_TRUE(Open().ok());
  std::optional<Status> waiting;
  store_->Append("t", BatchOf({{1, 1}}), [&](Status status) { waiting = std::move(status); });
  ASSERT_TRUE(store_->Stop().ok());
  ASSERT_TRUE(waiting.has_value());
  EXPECT_TRUE(waiting->ok());
  std::optional<Status> late;
  store_->Append("t", BatchOf({{1, 2}}), [&](Status status) { late = std::move(status); });
  ASSERT_TRUE(late.has_value());
  EXPECT_EQ(late->error().code(), ErrorCode::kUnavailable);
  EXPECT_FALSE(store_->Flush().ok());
  EXPECT_FALSE(store_->status().accepting);
  store_->Tick();
  background_.RunAll();
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(ScanNow(), (Found{{{1, 1}, 1}}));
}

TEST_F(StoreTest, ADamagedBlockIsSetAsideAndTheRestServed) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  const std::string first = Names("blocks")[0];
  ASSERT_TRUE(Append({{2, 2}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(store_->Stop().ok());
  const std::string path = JoinPath(JoinPath(kFolder, "blocks"), first);
  Damage(path, disk_.Content(path).size() - 1);

  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(ScanNow(), (Found{{{2, 2}, 1}}));
    const auto snapshot = store_->TakeSnapshot("t");
    ASSERT_THAT(snapshot->unavailable(), SizeIs(1));
    EXPECT_THAT(snapshot->unavailable()[0], HasSubstr(first.substr(0, 32)));
    ASSERT_THAT(store_->status().problems, SizeIs(1));
    EXPECT_THAT(Names("quarantine"), ElementsAre(first));
    EXPECT_THAT(Names("blocks"), SizeIs(1));
    // Ingest goes on.
    const std::uint32_t span = 10 + static_cast<std::uint32_t>(start);
    ASSERT_TRUE(Append({{span, span}}, "other").ok());
  }
}

TEST_F(StoreTest, AMissingBlockIsReportedAndTheRestServed) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(Append({{2, 2}}).ok());
  ASSERT_TRUE(store_->Stop().ok());
  ASSERT_TRUE(disk_.Remove(JoinPath(JoinPath(kFolder, "blocks"), Names("blocks")[0])).ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_EQ(ScanNow(), (Found{{{2, 2}, 1}}));
  EXPECT_THAT(store_->TakeSnapshot("t")->unavailable(), SizeIs(1));
}

TEST_F(StoreTest, UnfinishedAndUnnamedFilesAreSweptAndForeignOnesLeft) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(store_->Stop().ok());
  const std::string blocks = JoinPath(kFolder, "blocks");
  const std::string named = Names("blocks")[0];
  disk_.SetContent(JoinPath(blocks, std::string(32, 'a') + ".block"), "no manifest names it");
  disk_.SetContent(JoinPath(blocks, std::string(32, 'b') + ".block.tmp"), "half");
  disk_.SetContent(JoinPath(blocks, "notes.txt"), "mine");
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Names("blocks"), ::testing::UnorderedElementsAre(named, "notes.txt"));
  EXPECT_THAT(ScanNow(), SizeIs(1));
  EXPECT_THAT(store_->status().problems, IsEmpty());
}

TEST_F(StoreTest, ADamagedManifestLosesNothing) {
  for (const bool all : {false, true}) {
    SCOPED_TRACE(all ? "every generation" : "the newest generation");
    ASSERT_TRUE(Open().ok());
    for (std::uint32_t i = 1; i <= 3; ++i) {
      ASSERT_TRUE(Append({{i, i}}).ok());
      ASSERT_TRUE(store_->Flush().ok());
    }
    ASSERT_TRUE(Append({{4, 4}}).ok());
    const Found before = ScanNow();
    ASSERT_TRUE(store_->Stop().ok());
    const std::vector<std::string> generations = Names("manifest");
    ASSERT_THAT(generations, SizeIs(2));
    Damage(JoinPath(JoinPath(kFolder, "manifest"), generations[1]), 20);
    if (all) Damage(JoinPath(JoinPath(kFolder, "manifest"), generations[0]), 20);

    ASSERT_TRUE(Open().ok());
    Found after = ScanNow();
    for (auto& [key, times] : after) times = 1;
    Found expected = before;
    for (auto& [key, times] : expected) times = 1;
    EXPECT_EQ(after, expected);
    EXPECT_THAT(store_->status().problems, ::testing::Not(IsEmpty()));
    // It is over with the next cut.
    ASSERT_TRUE(store_->Flush().ok());
    ASSERT_TRUE(store_->Stop().ok());
    ASSERT_TRUE(Open().ok());
    EXPECT_EQ(ScanNow().size(), before.size());
    EXPECT_THAT(store_->status().problems, IsEmpty());
    ASSERT_TRUE(store_->Stop().ok());
  }
}

TEST_F(StoreTest, ANewerManifestIsRefusedAndNothingIsWritten) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(store_->Stop().ok());
  const std::string path = JoinPath(JoinPath(kFolder, "manifest"), Names("manifest").back());
  std::string bytes = disk_.Content(path);
  bytes.resize(bytes.size() - 4);
  bytes[8] = 9;
  ByteWriter out;
  out.Raw(bytes);
  out.U32(Crc32c(AsBytes(bytes)));
  disk_.SetContent(path, out.Take());
  const std::vector<std::string> manifests = Names("manifest");
  const std::vector<std::string> blocks = Names("blocks");

  const Status opened = Open();
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(opened.error().message(), HasSubstr("version 9"));
  EXPECT_EQ(Names("manifest"), manifests);
  EXPECT_EQ(Names("blocks"), blocks);
}

TEST_F(StoreTest, ALogRecordThatIsNoOtlpIsSetAsideOnce) {
  {
    auto log = wal::LocalLog::Open(
        {.folder = JoinPath(kFolder, "log"), .commit_mode = wal::CommitMode::kManual}, disk_,
        clock_, random_, metrics_);
    ASSERT_TRUE(log.ok());
    const auto payload = std::make_shared<const std::string>("\xff\xff this is no OTLP");
    (*log)->Append("t", 0, payload, [](Result<wal::LogPosition> at) { EXPECT_TRUE(at.ok()); });
    (*log)->CommitPending();
  }
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(Names("quarantine"), SizeIs(1));
  EXPECT_THAT(store_->status().problems, SizeIs(1));
  ASSERT_TRUE(Append({{1, 1}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  EXPECT_EQ(ScanNow(), (Found{{{1, 1}, 1}}));
  ASSERT_TRUE(store_->Stop().ok());
  ASSERT_TRUE(Open().ok());
  EXPECT_THAT(store_->status().problems, IsEmpty());
}

TEST_F(StoreTest, ABlockThatFailsWhileReadIsReportedOnceAndOthersAreServed) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  ASSERT_TRUE(store_->Flush().ok());
  ASSERT_TRUE(store_->Stop().ok());
  ASSERT_TRUE(Open().ok());
  const auto snapshot = store_->TakeSnapshot("t");
  disk_.FailAt(disk_.operations() + 1, ErrorCode::kIo);
  EXPECT_FALSE(snapshot->sources()[0]->LoadRowGroup(0).ok());
  ASSERT_THAT(store_->status().problems, SizeIs(1));
  EXPECT_THAT(store_->status().problems[0].what, HasSubstr(snapshot->sources()[0]->meta().name));
  EXPECT_TRUE(snapshot->sources()[0]->LoadRowGroup(0).ok());
}

TEST_F(StoreTest, AStoppedLogRefusesAndKeepsServing) {
  ASSERT_TRUE(Open().ok());
  ASSERT_TRUE(Append({{1, 1}}).ok());
  disk_.FailAt(disk_.operations() + 2, ErrorCode::kIo);  // The sync of the next commit.
  EXPECT_EQ(Append({{2, 2}}).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(Append({{3, 3}}).error().code(), ErrorCode::kUnavailable);
  EXPECT_THAT(ScanNow(), SizeIs(1));
  EXPECT_FALSE(store_->status().accepting);
  EXPECT_THAT(store_->status().problems, SizeIs(1));
}

TEST_F(StoreTest, RunsAreMadeColumnarAheadOnlyWhileSomeoneReads) {
  ASSERT_TRUE(Open().ok());
  std::uint32_t span = 0;
  const auto fill = [&] {
    for (int i = 0; i < 20; ++i) {
      ++span;
      ASSERT_TRUE(Append({{span, span}}).ok());
    }
  };
  fill();
  EXPECT_EQ(background_.RunAll(), 0U);
  store_->TakeSnapshot("t");
  fill();
  EXPECT_GT(background_.RunAll(), 0U);
  EXPECT_THAT(ScanNow(), SizeIs(span));
}

// The real disk, real threads: run under the thread sanitizer.
TEST(StoreConcurrencyTest, AppendsSnapshotsAndCutsGoOnTogether) {
  SetLogSink([](std::string_view) {});
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      fmt::format("vivace-store-test-{:016x}", SystemRandom().Next());
  StoreConfig config = testing::SmallConfig();
  config.folder = folder.string();
  config.commit_by_hand = false;
  config.cut_bytes = 20'000;
  config.tick_interval = std::chrono::milliseconds(5);
  ThreadPool background({.name = "test", .threads = 2});
  ByteAccountant bytes(1 << 30);
  MetricsRegistry metrics;
  const StoreEnvironment environment{.files = RealFileSystem(),
                                     .clock = RealClock(),
                                     .random = SystemRandom(),
                                     .background = background,
                                     .bytes = bytes,
                                     .metrics = metrics};
  constexpr std::uint32_t kAppenders = 3;
  constexpr std::uint32_t kRequests = 60;
  std::atomic<std::uint32_t> acknowledged{0};
  {
    std::unique_ptr<Store> store = Store::Open(config, environment).value();
    std::vector<std::thread> threads;
    for (std::uint32_t appender = 0; appender < kAppenders; ++appender) {
      threads.emplace_back([&, appender] {
        for (std::uint32_t i = 0; i < kRequests; ++i) {
          const SpanKey key{.trace = i / 2, .span = 1 + appender * kRequests + i};
          store->Append("t", BatchOf({key}), [&, key](Status status) {
            ASSERT_TRUE(status.ok()) << status.error().ToString();
            const auto found = testing::FindTrace(*store->TakeSnapshot("t"), key.trace);
            ASSERT_TRUE(found.ok()) << found.error().ToString();
            EXPECT_TRUE(found->contains(key));
            ++acknowledged;
          });
        }
      });
    }
    threads.emplace_back([&] {
      while (acknowledged < kAppenders * kRequests) {
        const std::uint32_t before = acknowledged;
        const auto found = testing::Scan(*store->TakeSnapshot("t"));
        ASSERT_TRUE(found.ok()) << found.error().ToString();
        // Neither missing in a swap of runs for a block, nor there twice.
        EXPECT_GE(found->size(), before);
        for (const auto& [key, times] : *found) EXPECT_EQ(times, 1);
      }
    });
    threads.emplace_back([&] {
      while (acknowledged < kAppenders * kRequests) {
        EXPECT_TRUE(store->Flush().ok());
        store->status();
      }
    });
    for (std::thread& thread : threads) thread.join();
    EXPECT_TRUE(store->Stop().ok());
  }
  {
    std::unique_ptr<Store> store = Store::Open(config, environment).value();
    EXPECT_THAT(testing::Scan(*store->TakeSnapshot("t")).value(), SizeIs(kAppenders * kRequests));
  }
  background.Stop();
  std::filesystem::remove_all(folder);
  SetLogSink({});
}

}  // namespace
}  // namespace vivace::storage

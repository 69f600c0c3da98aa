#include "wal/local_log.h"

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/simulated_file_system.h"

namespace vivace::wal {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kFolder = "/data/log";

// Log lines of the code under test are kept, not printed.
class QuietLog {
 public:
  QuietLog() {
    SetLogSink([this](std::string_view line) { lines.emplace_back(line); });
  }
  ~QuietLog() { SetLogSink({}); }
  std::vector<std::string> lines;
};

// One disk, one log on it, its answers.
class LocalLogTest : public ::testing::Test {
 protected:
  LocalLogTest() {
    EXPECT_TRUE(disk_.CreateDirectories("/data").ok());
    EXPECT_TRUE(disk_.SyncDirectory("/").ok());
  }

  Result<std::unique_ptr<LocalLog>> TryOpen(LocalLog::Config config) {
    config.folder = kFolder;
    return LocalLog::Open(std::move(config), disk_, clock_, random_, metrics_);
  }
  Result<std::unique_ptr<LocalLog>> TryOpen() {
    return TryOpen({.folder = {}, .commit_mode = CommitMode::kManual});
  }
  std::unique_ptr<LocalLog> Open() {
    Result<std::unique_ptr<LocalLog>> log = TryOpen();
    EXPECT_TRUE(log.ok()) << log.error().ToString();
    return std::move(log).value();
  }

  void Append(LocalLog& log, const std::string& payload) {
    log.Append("tenant", 1, std::make_shared<const std::string>(payload),
               [this](Result<LogPosition> result) {
                 answers_.push_back(result.ok() ? "ok" : result.error().ToString());
                 if (result.ok()) positions_.push_back(*result);
               });
  }
  void AppendAndCommit(LocalLog& log, const std::string& payload) {
    Append(log, payload);
    log.CommitPending();
  }

  std::vector<std::string> Replay(LocalLog& log, LogPosition from = {}) {
    std::vector<std::string> payloads;
    Result<ReplayReport> report = log.Replay(from, [&](LogPosition, const LogRecord& record) {
      payloads.emplace_back(AsText(record.payload));
      return OkStatus();
    });
    EXPECT_TRUE(report.ok()) << report.error().ToString();
    if (report.ok()) report_ = *report;
    return payloads;
  }
  std::string Path(std::uint64_t segment) { return JoinPath(kFolder, SegmentName(segment)); }

  QuietLog quiet_;
  SimulatedFileSystem disk_{1};
  ManualClock clock_;
  SeededRandom random_{1};
  MetricsRegistry metrics_;
  std::vector<std::string> answers_;
  std::vector<LogPosition> positions_;
  ReplayReport report_;
};

TEST_F(LocalLogTest, GivesBackWhatWasAcknowledgedAfterARestart) {
  {
    auto log = Open();
    AppendAndCommit(*log, "first");
    AppendAndCommit(*log, "second");
  }
  auto log = Open();
  EXPECT_THAT(Replay(*log), ElementsAre("first", "second"));
  EXPECT_EQ(report_.records, 2U);
  EXPECT_EQ(report_.damaged_runs, 0U);
  EXPECT_EQ(report_.torn_bytes, 0U);
}

TEST_F(LocalLogTest, KeepsTenantAndReceiveTimeWithEachRecord) {
  {
    auto log = Open();
    log->Append("acme", -7, std::make_shared<const std::string>("x"), [](auto) {});
    log->CommitPending();
  }
  auto log = Open();
  int seen = 0;
  const auto visit = [&](LogPosition at, const LogRecord& record) {
    ++seen;
    EXPECT_EQ(record.tenant, "acme");
    EXPECT_EQ(record.received_unix_ns, -7);
    EXPECT_EQ(at.segment, 1U);
    return OkStatus();
  };
  ASSERT_TRUE(log->Replay({}, visit).ok());
  EXPECT_EQ(seen, 1);
}

TEST_F(LocalLogTest, AnswersOnlyAfterTheSync) {
  auto log = Open();
  Append(*log, "first");
  Append(*log, "second");
  EXPECT_THAT(answers_, IsEmpty());
  EXPECT_EQ(log->CommitPending(), 2U);
  EXPECT_THAT(answers_, ElementsAre("ok", "ok"));
  disk_.PowerCut();
  EXPECT_THAT(Replay(*Open()), ElementsAre("first", "second"));
}

TEST_F(LocalLogTest, CommitsWhatHasGatheredWithOneSync) {
  auto log = Open();
  AppendAndCommit(*log, "makes the segment");
  const std::uint64_t before = disk_.operations();
  for (int i = 0; i < 100; ++i) Append(*log, "gathered");
  log->CommitPending();
  EXPECT_EQ(disk_.operations() - before, 2U);  // One write, one sync.
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vivace_wal_commits_total 2\n"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vivace_wal_records_total 101\n"));
}

TEST_F(LocalLogTest, WritesAtMostTheCommitBoundBetweenSyncs) {
  auto log = *TryOpen({.folder = {}, .commit_bytes_max = 4096, .commit_mode = CommitMode::kManual});
  for (int i = 0; i < 100; ++i) {
    std::string payload(1000, '\0');  // Random, so that it does not shrink.
    for (char& c : payload) c = static_cast<char>(random_.Next());
    Append(*log, payload);
  }
  log->CommitPending();
  EXPECT_EQ(positions_.size(), 100U);
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vivace_wal_commits_total 34\n"));  // 3 fit in one.
}

TEST_F(LocalLogTest, GivesPositionsInTheOrderOfTheLog) {
  auto log =
      *TryOpen({.folder = {}, .segment_bytes_max = 3000, .commit_mode = CommitMode::kManual});
  for (int i = 0; i < 100; ++i) {
    Append(*log, fmt::format("payload {}", i));
    if (i % 3 == 0) log->CommitPending();
  }
  log->CommitPending();
  ASSERT_EQ(positions_.size(), 100U);
  for (std::size_t i = 1; i < positions_.size(); ++i) EXPECT_LT(positions_[i - 1], positions_[i]);
  EXPECT_GT(log->segments().size(), 1U);
  log.reset();
  log = Open();
  std::vector<LogPosition> replayed;
  const auto visit = [&](LogPosition at, const LogRecord&) {
    replayed.push_back(at);
    return OkStatus();
  };
  ASSERT_TRUE(log->Replay({}, visit).ok());
  EXPECT_EQ(replayed, positions_);
}

TEST_F(LocalLogTest, ReplaysFromAPosition) {
  {
    auto log =
        *TryOpen({.folder = {}, .segment_bytes_max = 1200, .commit_mode = CommitMode::kManual});
    for (int i = 0; i < 9; ++i) AppendAndCommit(*log, fmt::format("{}", i));
  }
  for (std::size_t i = 0; i < positions_.size(); ++i) {
    const std::vector<std::string> rest = Replay(*Open(), positions_[i]);
    EXPECT_EQ(rest.size(), positions_.size() - i);
    EXPECT_EQ(rest.front(), fmt::format("{}", i));
    EXPECT_EQ(report_.damaged_runs, 0U);
  }
}

TEST_F(LocalLogTest, KeepsSegmentsNearTheirSizeAndTakesOneLargerRecord) {
  auto log =
      *TryOpen({.folder = {}, .segment_bytes_max = 10'000, .commit_mode = CommitMode::kManual});
  std::string large(50'000, '\0');
  for (char& c : large) c = static_cast<char>(random_.Next());
  for (int i = 0; i < 20; ++i) AppendAndCommit(*log, large.substr(0, 1000));
  AppendAndCommit(*log, large);
  for (const SegmentInfo& segment : log->segments()) {
    EXPECT_LE(segment.bytes, segment.number == log->segments().back().number ? 60'000U : 10'000U);
  }
  log.reset();
  EXPECT_EQ(Replay(*Open()).back(), large);
}

TEST_F(LocalLogTest, RollPutsEverythingBeforeIntoEarlierSegments) {
  auto log = Open();
  Append(*log, "before");
  const Result<std::uint64_t> number = log->Roll();
  ASSERT_TRUE(number.ok());
  ASSERT_EQ(positions_.size(), 1U);
  EXPECT_LT(positions_[0].segment, *number);
  AppendAndCommit(*log, "after");
  EXPECT_EQ(positions_[1].segment, *number);
}

TEST_F(LocalLogTest, RollKeepsASegmentThatIsStillEmpty) {
  auto log = Open();
  const Result<std::uint64_t> first = log->Roll();
  EXPECT_EQ(*first, *log->Roll());
  EXPECT_EQ(log->segments().size(), 1U);
}

TEST_F(LocalLogTest, ReleaseDeletesOnlyTheSegmentsBefore) {
  auto log = Open();
  AppendAndCommit(*log, "old");
  const std::uint64_t number = *log->Roll();
  AppendAndCommit(*log, "new");
  ASSERT_TRUE(log->Release(number).ok());
  ASSERT_EQ(log->segments().size(), 1U);
  EXPECT_EQ(log->segments()[0].number, number);
  log.reset();
  disk_.PowerCut();
  EXPECT_THAT(Replay(*Open(), {number, 0}), ElementsAre("new"));
  EXPECT_EQ(report_.missing_segments, 0U);
}

TEST_F(LocalLogTest, NeverReleasesTheNewestSegmentSoThatNumbersGrowForEver) {
  {
    auto log = Open();
    AppendAndCommit(*log, "x");
    ASSERT_TRUE(log->Release(1000).ok());
    EXPECT_EQ(log->segments().size(), 1U);
  }
  auto log = Open();
  AppendAndCommit(*log, "y");
  EXPECT_EQ(positions_[1].segment, 2U);
}

TEST_F(LocalLogTest, GoesOnPastTheReleasePointWhenTheFolderWasEmptied) {
  auto log = Open();
  EXPECT_THAT(Replay(*log, {17, 0}), IsEmpty());
  AppendAndCommit(*log, "x");
  EXPECT_EQ(positions_[0].segment, 17U);
}

TEST_F(LocalLogTest, RefusesWhatWouldPassTheQueueBoundAndNothingElse) {
  auto log =
      *TryOpen({.folder = {}, .queue_bytes_max = 10'000, .commit_mode = CommitMode::kManual});
  for (int i = 0; i < 20; ++i) Append(*log, std::string(1000, 'x'));
  // 7 of 1000 bytes and the overhead of 256 each fit.
  ASSERT_EQ(answers_.size(), 13U);
  EXPECT_THAT(answers_[0], HasSubstr("unavailable: 8792 of at most 10000 bytes wait"));
  EXPECT_EQ(log->CommitPending(), 7U);
  EXPECT_EQ(log->health().queued_bytes, 0U);
  AppendAndCommit(*log, std::string(50'000, 'x'));  // Alone, one of any size fits.
  EXPECT_EQ(answers_.back(), "ok");
}

TEST_F(LocalLogTest, RefusesATenantThatIsTooLong) {
  auto log = Open();
  std::string answer;
  log->Append(std::string(kTenantBytesMax + 1, 't'), 0, std::make_shared<const std::string>("x"),
              [&](Result<LogPosition> result) { answer = result.error().ToString(); });
  EXPECT_THAT(answer, HasSubstr("invalid_argument: a log record takes 1024 bytes of tenant"));
}

TEST_F(LocalLogTest, StopsForGoodAtTheFirstFailedSync) {
  auto log = Open();
  AppendAndCommit(*log, "first");
  Append(*log, "second");
  disk_.FailAt(disk_.operations() + 2, ErrorCode::kIo);
  log->CommitPending();
  AppendAndCommit(*log, "third");  // The disk would take it again; the log must not ask.
  EXPECT_THAT(answers_, ElementsAre("ok", HasSubstr("unavailable: the log has stopped"),
                                    HasSubstr("failure planned")));
  EXPECT_TRUE(log->health().stopped);
  EXPECT_THAT(log->health().reason, HasSubstr("sync /data/log/"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vivace_wal_stopped 1\n"));
  EXPECT_THAT(quiet_.lines, Contains(HasSubstr("log has stopped")));
  EXPECT_EQ(log->Roll().error().code(), ErrorCode::kUnavailable);
  log.reset();
  disk_.PowerCut();
  EXPECT_THAT(Replay(*Open()), Contains("first"));
  EXPECT_FALSE(Open()->health().stopped);
}

TEST_F(LocalLogTest, RefusesWhileTheDiskIsFullAndGoesOnWhenThereIsSpace) {
  disk_.SetCapacity(20'000);
  const LocalLog::Config config{
      .folder = {}, .segment_bytes_max = 8'000, .commit_mode = CommitMode::kManual};
  auto log = *TryOpen(config);
  for (int i = 0; i < 400; ++i) AppendAndCommit(*log, fmt::format("payload number {}", i));
  EXPECT_THAT(answers_.back(), HasSubstr("unavailable: start a log segment: preallocate"));
  EXPECT_FALSE(log->health().stopped);
  EXPECT_EQ(std::count_if(quiet_.lines.begin(), quiet_.lines.end(),
                          [](const std::string& line) {
                            return line.find("log cannot grow") != std::string::npos;
                          }),
            1);
  ASSERT_TRUE(log->Release(log->segments().back().number).ok());
  AppendAndCommit(*log, "fits again");
  EXPECT_EQ(answers_.back(), "ok");
  EXPECT_EQ(log->health().reason, "");
  const auto acknowledged =
      static_cast<std::size_t>(std::count(answers_.begin(), answers_.end(), std::string("ok")));
  log.reset();
  disk_.PowerCut();
  auto reopened = *TryOpen(config);
  EXPECT_LT(Replay(*reopened).size(), acknowledged);  // Some were released.
  EXPECT_EQ(report_.damaged_runs, 0U);
}

TEST_F(LocalLogTest, EndsAtTheTornRecordOfTheNewestSegment) {
  {
    auto log = Open();
    AppendAndCommit(*log, "first");
    AppendAndCommit(*log, "second");
  }
  std::string bytes = disk_.Content(Path(1));
  disk_.SetContent(Path(1), bytes.substr(0, bytes.size() - 8));
  {
    auto log = Open();
    EXPECT_THAT(Replay(*log), ElementsAre("first"));
    EXPECT_EQ(report_.damaged_runs, 0U);
    EXPECT_GT(report_.torn_bytes, 0U);
    AppendAndCommit(*log, "third");
  }
  // Once a successor has said where the segment ends, the tail stays what it was.
  auto log = Open();
  EXPECT_THAT(Replay(*log), ElementsAre("first", "third"));
  EXPECT_EQ(report_.damaged_runs, 0U);
}

TEST_F(LocalLogTest, ReportsALostTailOnceASuccessorHasNamedTheEnd) {
  {
    auto log = Open();
    AppendAndCommit(*log, "first");
    AppendAndCommit(*log, "second");
    ASSERT_TRUE(log->Roll().ok());
    AppendAndCommit(*log, "third");
  }
  std::string bytes = disk_.Content(Path(1));
  disk_.SetContent(Path(1), bytes.substr(0, bytes.size() - 8));
  EXPECT_THAT(Replay(*Open()), ElementsAre("first", "third"));
  EXPECT_EQ(report_.damaged_runs, 1U);
  EXPECT_THAT(quiet_.lines, Contains(HasSubstr("log segment is damaged")));
}

TEST_F(LocalLogTest, TakesZeroedAndStaleTailsForNoRecords) {
  std::string stale;
  {
    auto log = Open();
    AppendAndCommit(*log, "first");
    stale = disk_.Content(Path(1)).substr(kSegmentHeaderBytes);
    AppendAndCommit(*log, "second");
  }
  const std::string bytes = disk_.Content(Path(1));
  for (const std::string& tail : {std::string(100'000, '\0'), stale, stale + stale}) {
    disk_.SetContent(Path(1), bytes + tail);
    EXPECT_THAT(Replay(*Open()), ElementsAre("first", "second"));
    EXPECT_EQ(report_.torn_bytes, tail.size());
    EXPECT_EQ(report_.damaged_runs, 0U);
  }
}

TEST_F(LocalLogTest, GoesOnBehindDamageInTheMiddleAndReportsIt) {
  {
    auto log = Open();
    for (const char* payload : {"first", "second", "third"}) AppendAndCommit(*log, payload);
    ASSERT_TRUE(log->Roll().ok());
    AppendAndCommit(*log, "fourth");
  }
  const std::string whole = disk_.Content(Path(1));
  // In the header, in the body, and over a whole record.
  for (const auto& [from, size] :
       std::vector<std::pair<std::size_t, std::size_t>>{{positions_[1].offset + 12, 4},
                                                        {positions_[1].offset + 34, 1},
                                                        {positions_[1].offset, 48}}) {
    std::string bytes = whole;
    for (std::size_t i = from; i < from + size; ++i) bytes[i] = static_cast<char>(~bytes[i]);
    disk_.SetContent(Path(1), bytes);
    EXPECT_THAT(Replay(*Open()), ElementsAre("first", "third", "fourth"));
    EXPECT_EQ(report_.damaged_runs, 1U);
    EXPECT_EQ(report_.damaged_bytes, 48U);
  }
  EXPECT_THAT(quiet_.lines,
              Contains(HasSubstr(fmt::format("offset={} bytes=48", positions_[1].offset))));
}

TEST_F(LocalLogTest, DoesNotTakeACopyOfARecordInsideAPayloadForARecord) {
  {
    auto log = Open();
    AppendAndCommit(*log, "first");
  }
  // A whole segment as payload: what a trace of this very program could carry.
  const std::string copy = disk_.Content(Path(1));
  {
    auto log = Open();
    AppendAndCommit(*log, copy);
    AppendAndCommit(*log, "last");
  }
  std::string bytes = disk_.Content(Path(2));
  bytes[positions_[1].offset] = '?';  // The reader loses the thread right before the payload.
  disk_.SetContent(Path(2), bytes);
  EXPECT_THAT(Replay(*Open()), ElementsAre("first", "last"));
}

TEST_F(LocalLogTest, OpensWithZeroByteAndHalfMadeSegments) {
  disk_.SetContent(Path(1), "");
  disk_.SetContent(Path(2), "VIVAC");
  disk_.SetContent(Path(3), std::string(kSegmentHeaderBytes, '\0'));
  auto log = Open();
  EXPECT_THAT(Replay(*log), IsEmpty());
  EXPECT_EQ(report_.unreadable_segments, 0U);
  AppendAndCommit(*log, "x");
  EXPECT_EQ(positions_[0].segment, 4U);
}

TEST_F(LocalLogTest, LeavesForeignFilesAloneAndCountsThem) {
  disk_.SetContent(JoinPath(kFolder, "README"), "hello");
  disk_.SetContent(JoinPath(kFolder, "1.wal"), "hello");
  auto log = Open();
  EXPECT_THAT(Replay(*log), IsEmpty());
  EXPECT_EQ(report_.foreign_files, 2U);
  EXPECT_EQ(disk_.Content(JoinPath(kFolder, "README")), "hello");
}

TEST_F(LocalLogTest, ReportsASegmentWithoutReadableHeaderAndServesTheOthers) {
  {
    auto log = Open();
    for (int i = 0; i < 3; ++i) {
      AppendAndCommit(*log, fmt::format("{}", i));
      ASSERT_TRUE(log->Roll().ok());
    }
  }
  std::string bytes = disk_.Content(Path(2));
  bytes.replace(0, kSegmentHeaderBytes, kSegmentHeaderBytes, '?');
  disk_.SetContent(Path(2), bytes);
  EXPECT_THAT(Replay(*Open()), ElementsAre("0", "2"));
  EXPECT_EQ(report_.unreadable_segments, 1U);
}

TEST_F(LocalLogTest, ReportsAMissingSegment) {
  {
    auto log = Open();
    for (int i = 0; i < 3; ++i) {
      AppendAndCommit(*log, fmt::format("{}", i));
      ASSERT_TRUE(log->Roll().ok());
    }
  }
  ASSERT_TRUE(disk_.Remove(Path(2)).ok());
  EXPECT_THAT(Replay(*Open()), ElementsAre("0", "2"));
  EXPECT_EQ(report_.missing_segments, 1U);
  EXPECT_THAT(quiet_.lines, Contains(HasSubstr("log segment is missing")));
}

TEST_F(LocalLogTest, DoesNotReadARenamedSegmentTwice) {
  {
    auto log = Open();
    AppendAndCommit(*log, "once");
  }
  disk_.SetContent(Path(2), disk_.Content(Path(1)));
  EXPECT_THAT(Replay(*Open()), ElementsAre("once"));
  EXPECT_EQ(report_.unreadable_segments, 1U);
}

TEST_F(LocalLogTest, RefusesToStartOverANewerVersionAndSaysWhatToDo) {
  std::string newer = EncodeSegmentHeader({.number = 1, .salt = 2});
  newer[8] = 2;
  newer.resize(kHeaderCopyOffset);
  // Put the checksum that such a header has: the message of the refusal names it.
  const std::string message = DecodeSegmentHeader(AsBytes(newer)).error().message();
  ByteWriter checksum;
  checksum.U32(
      static_cast<std::uint32_t>(std::stoul(message.substr(message.size() - 8), nullptr, 16)));
  newer.replace(60, 4, checksum.Take());
  disk_.SetContent(Path(1), newer);
  const auto log = TryOpen();
  ASSERT_FALSE(log.ok());
  EXPECT_EQ(log.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(log.error().message(), HasSubstr(Path(1)));
  EXPECT_THAT(log.error().message(), HasSubstr("start the newer program"));
}

TEST_F(LocalLogTest, EndsTheReplayWithTheErrorOfTheVisitor) {
  {
    auto log = Open();
    AppendAndCommit(*log, "first");
  }
  auto log = Open();
  const auto visit = [](LogPosition, const LogRecord&) {
    return Status(Error(ErrorCode::kInternal, "no"));
  };
  EXPECT_EQ(log->Replay({}, visit).error().message(), "no");
}

TEST_F(LocalLogTest, CommitsWhatIsQueuedWhenItCloses) {
  {
    auto log = Open();
    Append(*log, "queued");
    log->Close();
    EXPECT_THAT(answers_, ElementsAre("ok"));
    Append(*log, "late");
    EXPECT_THAT(answers_.back(), HasSubstr("unavailable: the log is closing"));
  }
  EXPECT_THAT(Replay(*Open()), ElementsAre("queued"));
}

TEST_F(LocalLogTest, MakesWhatAReplayShowsDurable) {
  {
    auto log = Open();
    AppendAndCommit(*log, "synced");
    Append(*log, "written, not synced");
    disk_.FailAt(disk_.operations() + 2, ErrorCode::kIo);  // As if the process had died there.
    log->CommitPending();
  }
  disk_.SetContent(Path(1), disk_.Content(Path(1)));
  EXPECT_THAT(Replay(*Open()), ElementsAre("synced", "written, not synced"));
  disk_.PowerCut();
  EXPECT_THAT(Replay(*Open()), ElementsAre("synced", "written, not synced"));
}

TEST_F(LocalLogTest, AnswersEachAppendOnceInOrderWithItsOwnThread) {
  constexpr int kThreads = 4;
  constexpr int kAppends = 500;
  std::atomic<int> answered{0};
  std::vector<LogPosition> order;  // Only the committer's thread touches it.
  std::map<LogPosition, std::string> acknowledged;
  {
    auto log = *TryOpen({.folder = {}, .segment_bytes_max = 20'000, .commit_bytes_max = 4'000});
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&, t] {
        for (int i = 0; i < kAppends; ++i) {
          const std::string payload = fmt::format("{} {}", t, i);
          log->Append("tenant", i, std::make_shared<const std::string>(payload),
                      [&, payload](Result<LogPosition> position) {
                        ASSERT_TRUE(position.ok());
                        order.push_back(*position);
                        acknowledged[*position] = payload;
                        ++answered;
                      });
          if (i % 100 == 99) {
            EXPECT_TRUE(log->Roll().ok());
          }
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(answered, kThreads * kAppends);
  EXPECT_TRUE(std::is_sorted(order.begin(), order.end()));
  std::vector<std::string> expected;
  for (const auto& [position, payload] : acknowledged) expected.push_back(payload);
  EXPECT_EQ(Replay(*Open()), expected);
}

}  // namespace
}  // namespace vivace::wal

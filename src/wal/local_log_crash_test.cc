// What the log promises, held against every accident the simulated disk knows: no acknowledged
// record lost, none altered, none invented, order kept.
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log.h"
#include "base/simulated_file_system.h"
#include "wal/local_log.h"

namespace vivace::wal {
namespace {

constexpr const char* kFolder = "/data/log";

LocalLog::Config SmallConfig() {
  // Small enough that a short run rolls, and that commits straddle sectors.
  return {.folder = kFolder,
          .segment_bytes_max = 6'000,
          .commit_bytes_max = 2'000,
          .commit_mode = CommitMode::kManual};
}

// Everything that was sent and what became of it, over any number of restarts.
struct Ledger {
  std::vector<std::string> sent;                // By serial number, in the order of sending.
  std::map<LogPosition, std::string> promised;  // Acknowledged, or shown by a replay.
  std::size_t acknowledged = 0;
  std::uint64_t released_before = 0;  // Segments that were given up.
};

struct Recovered {
  std::map<LogPosition, std::string> records;
  ReplayReport report;
};

Result<Recovered> ReplayAll(LocalLog& log, std::uint64_t from_segment) {
  Recovered recovered;
  const auto visit = [&](LogPosition at, const LogRecord& record) {
    // In order, and each once.
    if (!recovered.records.empty() && recovered.records.rbegin()->first >= at) {
      return Status(Error(ErrorCode::kInternal, "out of order"));
    }
    recovered.records.emplace(at, AsText(record.payload));
    return OkStatus();
  };
  ASSIGN_OR_RETURN(recovered.report, log.Replay({from_segment, 0}, visit));
  return recovered;
}

// Payloads begin with their serial number, are of very different sizes and partly shrink.
std::string MakePayload(std::size_t serial, SeededRandom& random) {
  std::string payload = fmt::format("{}:", serial);
  const std::uint64_t size = random.Chance(1, 8) ? random.Below(3'000) : random.Below(200);
  const bool shrinks = random.Chance(1, 2);
  for (std::uint64_t i = 0; i < size; ++i) {
    payload.push_back(shrinks ? 'x' : static_cast<char>(random.Next()));
  }
  return payload;
}

class Machine {
 public:
  explicit Machine(std::uint64_t seed) : random_(seed * 2 + 1), disk_(seed) {
    EXPECT_TRUE(disk_.CreateDirectories("/data").ok());
    EXPECT_TRUE(disk_.SyncDirectory("/").ok());
  }

  SimulatedFileSystem& disk() { return disk_; }
  SeededRandom& random() { return random_; }
  const Ledger& ledger() const { return ledger_; }

  // Opens, checks what is there against the ledger, works, and forgets the log, as a process
  // does that dies. Ends early where the disk fails.
  void WorkAndDie(int steps, bool damage_expected) {
    Result<std::unique_ptr<LocalLog>> opened =
        LocalLog::Open(SmallConfig(), disk_, clock_, random_, metrics_);
    if (!opened.ok()) return;
    LocalLog& log = **opened;
    const Result<Recovered> recovered = ReplayAll(log, ledger_.released_before);
    if (!recovered.ok()) {
      ASSERT_NE(recovered.error().code(), ErrorCode::kInternal);
      return;
    }
    Check(*recovered, damage_expected);
    // What queries have seen does not go away again, on a disk that does not lie.
    if (!damage_expected)
      ledger_.promised.insert(recovered->records.begin(), recovered->records.end());
    for (int step = 0; step < steps; ++step) Step(log);
    log.CommitPending();
  }

  void Check(const Recovered& recovered, bool damage_expected) {
    std::set<std::string> sent(ledger_.sent.begin(), ledger_.sent.end());
    for (const auto& [at, payload] : recovered.records) {
      ASSERT_TRUE(sent.contains(payload)) << "invented or altered, at segment " << at.segment;
    }
    for (const auto& [at, payload] : ledger_.promised) {
      if (at.segment < ledger_.released_before) continue;
      const auto found = recovered.records.find(at);
      ASSERT_NE(found, recovered.records.end())
          << "lost: segment " << at.segment << ", offset " << at.offset;
      ASSERT_EQ(found->second, payload);
    }
    if (!damage_expected) {
      ASSERT_EQ(recovered.report.missing_segments, 0U);
      ASSERT_EQ(recovered.report.unreadable_segments, 0U);
      ASSERT_EQ(recovered.report.damaged_runs, 0U);
    }
  }

 private:
  void Step(LocalLog& log) {
    const std::uint64_t what = random_.Below(20);
    if (what < 12) {
      const std::size_t serial = ledger_.sent.size();
      ledger_.sent.push_back(MakePayload(serial, random_));
      log.Append("tenant", static_cast<std::int64_t>(serial),
                 std::make_shared<const std::string>(ledger_.sent.back()),
                 [this, serial](Result<LogPosition> result) {
                   if (!result.ok()) return;
                   ledger_.promised[*result] = ledger_.sent[serial];
                   ++ledger_.acknowledged;
                 });
    } else if (what < 18) {
      log.CommitPending();
    } else if (what < 19) {
      IgnoreError(log.Roll(), "the disk may have failed");
    } else {
      const std::vector<SegmentInfo> segments = log.segments();
      if (segments.size() < 3) return;
      // The caller gives up what it says it releases, whether or not that works.
      ledger_.released_before = segments[segments.size() - 2].number;
      IgnoreError(log.Release(ledger_.released_before), "the disk may have failed");
    }
  }

  SeededRandom random_;
  SimulatedFileSystem disk_;
  ManualClock clock_;
  MetricsRegistry metrics_;
  Ledger ledger_;
};

class LocalLogCrashTest : public ::testing::Test {
 protected:
  LocalLogCrashTest() {
    SetLogSink([](std::string_view) {});  // Thousands of expected accidents.
  }
  ~LocalLogCrashTest() override { SetLogSink({}); }
};

TEST_F(LocalLogCrashTest, KeepsItsPromiseThroughPowerCutsAtRandomCalls) {
  std::size_t acknowledged = 0;
  for (std::uint64_t seed = 1; seed <= 1000; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Machine run(seed);
    for (int life = 0; life < 4; ++life) {
      run.disk().CutPowerAt(run.disk().operations() + 1 + run.random().Below(60));
      run.WorkAndDie(60, false);
      run.disk().PowerCut();
      if (HasFatalFailure()) return;
    }
    run.WorkAndDie(10, false);
    if (HasFatalFailure()) return;
    acknowledged += run.ledger().acknowledged;
  }
  EXPECT_GT(acknowledged, 30'000U);  // The runs did work.
}

TEST_F(LocalLogCrashTest, KeepsItsPromiseThroughPowerCutsAfterTheDiskWasFullForAMoment) {
  for (std::uint64_t seed = 1; seed <= 600; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Machine run(seed);
    for (int life = 0; life < 3; ++life) {
      run.disk().FailAt(run.disk().operations() + 1 + run.random().Below(60),
                        ErrorCode::kUnavailable);
      run.disk().CutPowerAt(run.disk().operations() + 30 + run.random().Below(60));
      run.WorkAndDie(80, false);
      run.disk().PowerCut();
      if (HasFatalFailure()) return;
    }
    run.WorkAndDie(10, false);
    if (HasFatalFailure()) return;
  }
}

TEST_F(LocalLogCrashTest, KeepsItsPromiseThroughAPowerCutAtEveryCall) {
  // One fixed life, cut at its first call, its second, and so on to the end.
  for (std::uint64_t cut = 1;; ++cut) {
    SCOPED_TRACE(fmt::format("cut at call {}", cut));
    Machine run(42);
    const std::uint64_t begin = run.disk().operations();
    run.disk().CutPowerAt(begin + cut);
    run.WorkAndDie(200, false);
    const bool ran_through = run.disk().operations() < begin + cut;
    run.disk().PowerCut();
    run.WorkAndDie(20, false);
    run.disk().PowerCut();
    run.WorkAndDie(0, false);
    if (HasFatalFailure()) return;
    if (ran_through) {
      EXPECT_GT(cut, 150U);
      return;
    }
  }
}

TEST_F(LocalLogCrashTest, KeepsItsPromiseWhenTheProcessIsKilledAndThePowerGoesLater) {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Machine run(seed);
    for (int life = 0; life < 6; ++life) {
      run.disk().CutPowerAt(run.disk().operations() + 1 + run.random().Below(40));
      run.WorkAndDie(40, false);
      run.disk().RestartProcess();
      if (run.random().Chance(1, 3)) {
        run.WorkAndDie(0, false);
        run.disk().PowerCut();
      }
      if (HasFatalFailure()) return;
    }
  }
}

TEST_F(LocalLogCrashTest, KeepsItsPromiseWhenAnySingleCallFails) {
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kUnavailable}) {
    for (const bool for_ever : {false, true}) {
      for (std::uint64_t call = 1;; ++call) {
        SCOPED_TRACE(fmt::format("{} at call {}", ErrorCodeName(code), call));
        Machine run(7);
        const std::uint64_t begin = run.disk().operations();
        run.disk().FailAt(begin + call, code, for_ever);
        run.WorkAndDie(200, false);
        const bool ran_through = run.disk().operations() < begin + call;
        // A failed sync may leave unsynced bytes in sight, so damage is not ruled out.
        if (!for_ever) run.WorkAndDie(20, true);
        run.disk().PowerCut();
        run.WorkAndDie(20, true);
        run.disk().PowerCut();
        run.WorkAndDie(0, true);
        if (HasFatalFailure()) return;
        if (ran_through) break;
      }
    }
  }
}

TEST_F(LocalLogCrashTest, KeepsItsPromiseOnADiskThatFillsUp) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    SCOPED_TRACE(fmt::format("seed {}", seed));
    Machine run(seed);
    run.disk().SetCapacity(6'000 + run.random().Below(30'000));
    for (int life = 0; life < 3; ++life) {
      run.WorkAndDie(100, false);
      run.disk().PowerCut();
      if (HasFatalFailure()) return;
    }
    run.disk().SetCapacity({});
    run.WorkAndDie(10, false);
    if (HasFatalFailure()) return;
  }
}

// A log of three segments whose bytes are then spoiled.
class SpoiledLog {
 public:
  SpoiledLog() {
    LocalLog::Config config = SmallConfig();
    config.segment_bytes_max = 1'400;
    auto log = *LocalLog::Open(config, disk_, clock_, random_, metrics_);
    for (std::size_t i = 0; i < 14; ++i) {
      payloads_.push_back(fmt::format("payload {} {}", i, std::string(i * 5, 'x')));
      log->Append("tenant", 1, std::make_shared<const std::string>(payloads_.back()),
                  [this, i](Result<LogPosition> at) { written_[*at] = payloads_[i]; });
      if (i % 2 == 1) log->CommitPending();
    }
    segments_ = log->segments();
  }

  std::string Path(std::uint64_t segment) { return JoinPath(kFolder, SegmentName(segment)); }
  std::string Content(std::uint64_t segment) { return disk_.Content(Path(segment)); }
  const std::vector<SegmentInfo>& segments() const { return segments_; }

  // Reads the log with `content` in place of that segment's bytes, and puts the old ones back.
  Recovered ReadWith(std::uint64_t segment, std::string content) {
    std::string whole = Content(segment);
    disk_.SetContent(Path(segment), std::move(content));
    Result<Recovered> recovered = [&]() -> Result<Recovered> {
      ASSIGN_OR_RETURN(auto log, LocalLog::Open(SmallConfig(), disk_, clock_, random_, metrics_));
      return ReplayAll(*log, 0);
    }();
    disk_.SetContent(Path(segment), std::move(whole));
    EXPECT_TRUE(recovered.ok()) << recovered.error().ToString();
    return recovered.ok() ? *recovered : Recovered{};
  }

  // Records that should be there and are not; every record that is there must be a true one.
  std::size_t Missing(const Recovered& recovered) const {
    for (const auto& [at, payload] : recovered.records) {
      const auto found = written_.find(at);
      EXPECT_NE(found, written_.end()) << "invented";
      if (found != written_.end()) {
        EXPECT_EQ(found->second, payload);
      }
    }
    return written_.size() - recovered.records.size();
  }
  std::size_t WrittenBefore(LogPosition end) const {
    return static_cast<std::size_t>(std::distance(written_.begin(), written_.lower_bound(end)));
  }
  std::size_t size() const { return written_.size(); }

 private:
  SimulatedFileSystem disk_{1};
  ManualClock clock_;
  SeededRandom random_{1};
  MetricsRegistry metrics_;
  std::vector<std::string> payloads_;
  std::map<LogPosition, std::string> written_;
  std::vector<SegmentInfo> segments_;
};

TEST_F(LocalLogCrashTest, TakesEveryPrefixOfALogForALog) {
  SpoiledLog log;
  ASSERT_EQ(log.segments().size(), 3U);
  const std::uint64_t newest = log.segments().back().number;
  const std::string whole = log.Content(newest);
  std::size_t before = log.WrittenBefore({newest, 0});
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    SCOPED_TRACE(fmt::format("{} of {} bytes", size, whole.size()));
    const Recovered recovered = log.ReadWith(newest, whole.substr(0, size));
    log.Missing(recovered);
    // Never fewer than with one byte less, and no prefix is called damaged.
    EXPECT_GE(recovered.records.size(), before);
    before = recovered.records.size();
    EXPECT_EQ(recovered.report.damaged_runs, 0U);
    EXPECT_EQ(recovered.report.unreadable_segments, 0U);
  }
  EXPECT_EQ(before, log.size());
}

TEST_F(LocalLogCrashTest, NoticesEveryFlippedBitOrIsNotHarmedByIt) {
  SpoiledLog log;
  const std::uint64_t newest = log.segments().back().number;
  for (const SegmentInfo& segment : log.segments()) {
    const std::string whole = log.Content(segment.number);
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      // The 896 zero bytes of the header are not read.
      const std::size_t at = bit / 8;
      if (at > 70 && at < 512 && bit % 97 != 0) continue;
      if (at > 580 && at < 1024 && bit % 97 != 0) continue;
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << (bit % 8)));
      const Recovered recovered = log.ReadWith(segment.number, std::move(flipped));
      const std::size_t missing = log.Missing(recovered);
      if (segment.number != newest) {
        // One record at most, and it is reported.
        EXPECT_LE(missing, 1U) << "segment " << segment.number << ", bit " << bit;
        EXPECT_EQ(recovered.report.damaged_runs, missing);
      } else {
        // The last commit of a log that was not closed by a successor may end at the hole.
        EXPECT_LE(missing, 2U) << "bit " << bit;
        EXPECT_EQ(recovered.report.damaged_runs + (recovered.report.torn_bytes > 0 ? 1 : 0),
                  missing > 0 ? 1U : 0U);
      }
    }
  }
}

}  // namespace
}  // namespace vivace::wal

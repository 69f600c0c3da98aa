// What an append costs on this machine's disk, with recorded bodies of about 47 spans each:
//
//   build/release/src/wal/log_bench            (from the repository's folder)
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include <benchmark/benchmark.h>

#include "base/checksum.h"
#include "base/log.h"
#include "wal/local_log.h"
#include "wal/segment_format.h"

namespace vivace::wal {
namespace {

using Payloads = std::vector<std::shared_ptr<const std::string>>;

const Payloads& Bodies() {
  static const Payloads bodies = [] {
    Payloads found;
    for (const auto& entry : std::filesystem::directory_iterator("tests/data/otel-demo")) {
      if (entry.path().extension() != ".bin") continue;
      std::ifstream in(entry.path(), std::ios::binary);
      found.push_back(std::make_shared<const std::string>(std::istreambuf_iterator<char>(in),
                                                          std::istreambuf_iterator<char>()));
    }
    CHECK(!found.empty());
    return found;
  }();
  return bodies;
}

// A log in a folder of its own below the working folder's disk, removed at the end.
class ScratchLog {
 public:
  explicit ScratchLog(std::chrono::microseconds sync_delay) {
    SetLogLevel(LogLevel::kError);
    CHECK(mkdtemp(pattern_.data()) != nullptr);
    log_ = std::move(LocalLog::Open({.folder = folder(), .sync_delay = sync_delay},
                                    RealFileSystem(), RealClock(), SystemRandom(), metrics_))
               .value();
  }
  ~ScratchLog() {
    log_.reset();
    std::filesystem::remove_all(pattern_);
  }
  LocalLog& log() { return *log_; }
  std::string folder() const { return pattern_ + "/log"; }

 private:
  std::string pattern_ = "log_bench_XXXXXX";
  MetricsRegistry metrics_;
  std::unique_ptr<LocalLog> log_;
};

void BM_EncodeRecord(benchmark::State& state) {
  std::size_t next = 0;
  std::size_t bytes = 0;
  std::string out;
  for (auto _ : state) {
    const std::string& body = *Bodies()[next++ % Bodies().size()];
    out.clear();
    EncodeRecord("tenant", 0, body, out);
    benchmark::DoNotOptimize(out.data());
    bytes += body.size();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}
BENCHMARK(BM_EncodeRecord);

void BM_Crc32c(benchmark::State& state) {
  const std::string bytes(static_cast<std::size_t>(state.range(0)), 'x');
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c(AsBytes(bytes)));
  state.SetBytesProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_Crc32c)->Arg(64)->Arg(23 << 10)->Arg(1 << 20);

// As many clients as the argument says, each waiting for its answer before it sends again; the
// second argument is an added delay of each sync, in microseconds.
void BM_AcknowledgedAppends(benchmark::State& state) {
  ScratchLog scratch{std::chrono::microseconds(state.range(1))};
  const auto clients = static_cast<std::size_t>(state.range(0));
  constexpr int kRounds = 50;
  std::size_t bytes = 0;
  std::size_t appends = 0;
  for (auto _ : state) {
    std::vector<std::promise<void>> done(clients);
    std::vector<int> left(clients, kRounds);
    // The next append of a client is sent from the answer to the last one.
    std::function<void(std::size_t)> send = [&](std::size_t client) {
      const auto& body =
          Bodies()[(client * 31 + static_cast<std::size_t>(left[client])) % Bodies().size()];
      scratch.log().Append("tenant", 0, body, [&, client](Result<LogPosition> position) {
        CHECK(position.ok());
        if (--left[client] == 0) {
          done[client].set_value();
        } else {
          send(client);
        }
      });
    };
    for (std::size_t client = 0; client < clients; ++client) {
      for (int i = 1; i <= kRounds; ++i) {
        bytes += Bodies()[(client * 31 + static_cast<std::size_t>(i)) % Bodies().size()]->size();
      }
      appends += kRounds;
      send(client);
    }
    for (std::promise<void>& promise : done) promise.get_future().wait();
    CHECK(scratch.log().Release(scratch.log().segments().back().number).ok());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
  state.SetItemsProcessed(static_cast<std::int64_t>(appends));
}
BENCHMARK(BM_AcknowledgedAppends)
    ->Args({1, 0})
    ->Args({16, 0})
    ->Args({64, 0})
    ->Args({64, 5000})
    ->UseRealTime()
    ->MeasureProcessCPUTime();

void BM_Replay(benchmark::State& state) {
  ScratchLog scratch{std::chrono::microseconds(0)};
  constexpr std::size_t kRecords = 4000;
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < kRecords; ++i) {
    const auto& body = Bodies()[i % Bodies().size()];
    bytes += body->size();
    std::promise<void> answered;
    scratch.log().Append("tenant", 0, body, [&](Result<LogPosition>) { answered.set_value(); });
    answered.get_future().wait();
  }
  scratch.log().Close();
  MetricsRegistry metrics;
  for (auto _ : state) {
    auto reader = std::move(LocalLog::Open({.folder = scratch.folder()}, RealFileSystem(),
                                           RealClock(), SystemRandom(), metrics))
                      .value();
    const auto visit = [](LogPosition, const LogRecord& record) {
      benchmark::DoNotOptimize(record.payload.data());
      return OkStatus();
    };
    CHECK(reader->Replay({}, visit)->records == kRecords);
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes) * state.iterations());
}
BENCHMARK(BM_Replay)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace vivace::wal

BENCHMARK_MAIN();

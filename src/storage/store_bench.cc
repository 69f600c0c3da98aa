// What the store costs, without network: appending recorded bodies until they are acknowledged,
// the first search of live data, and a cut. By hand:
//   store_bench [FOLDER_OF_BODIES [REPETITIONS]]
#include <ctime>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "otlp/decode.h"
#include "otlp/encode.h"
#include "storage/store.h"

namespace vivace::storage {
namespace {

struct Times {
  double wall = 0;
  double cpu = 0;
};

Times Now() {
  timespec cpu{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  return {std::chrono::duration<double>(RealClock().Steady()).count(),
          static_cast<double>(cpu.tv_sec) + static_cast<double>(cpu.tv_nsec) * 1e-9};
}

void Report(const char* what, Times begun, std::uint64_t spans) {
  const Times ended = Now();
  const double count = static_cast<double>(spans);
  std::printf("%-28s %8.3f s wall %8.3f s cpu %8.2f us/span cpu %10.0f spans/s\n", what,
              ended.wall - begun.wall, ended.cpu - begun.cpu, (ended.cpu - begun.cpu) / count * 1e6,
              count / (ended.wall - begun.wall));
}

std::vector<TraceData> ReadBodies(const std::string& folder) {
  std::vector<TraceData> bodies;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    Result<TraceData> data = otlp::Decode(AsBytes(bytes));
    if (data.ok() && data->SpanCount() > 0) bodies.push_back(*std::move(data));
  }
  return bodies;
}

// The body with new trace ids, the same for the same trace and repetition.
otlp::Batch Restamped(TraceData data, std::uint64_t repetition) {
  SeededRandom random(repetition);
  const std::uint64_t change = random.Next();
  for (ResourceSpans& resource : data.resource_spans) {
    for (ScopeSpans& scope : resource.scope_spans) {
      for (Span& span : scope.spans) {
        for (std::size_t i = 0; i < 8; ++i) {
          span.trace_id.bytes[8 + i] ^= static_cast<std::uint8_t>(change >> (8 * i));
        }
        span.start_unix_ns += repetition * 1'000'000'000;
        span.end_unix_ns += repetition * 1'000'000'000;
      }
    }
  }
  return otlp::Walk(std::make_shared<const std::string>(otlp::Encode(data))).value().batch;
}

int Main(const std::string& bodies_folder, std::uint64_t repetitions) {
  const std::vector<TraceData> bodies = ReadBodies(bodies_folder);
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() /
      ("vivace-store-bench-" + std::to_string(SystemRandom().Next()));
  StoreConfig config;
  config.folder = folder.string();
  config.cut_bytes = std::uint64_t{1} << 40;  // Cuts are measured by themselves.
  config.live_bytes_max = std::uint64_t{1} << 40;
  ThreadPool background({.name = "background"});
  ByteAccountant bytes(std::uint64_t{1} << 40);
  MetricsRegistry metrics;
  std::unique_ptr<Store> store = Store::Open(config, {.files = RealFileSystem(),
                                                      .clock = RealClock(),
                                                      .random = SystemRandom(),
                                                      .background = background,
                                                      .bytes = bytes,
                                                      .metrics = metrics})
                                     .value();
  std::vector<otlp::Batch> batches;
  std::uint64_t spans = 0;
  std::uint64_t otlp_bytes = 0;
  for (std::uint64_t i = 0; i < repetitions; ++i) {
    for (const TraceData& body : bodies) {
      batches.push_back(Restamped(body, i));
      spans += batches.back().span_count;
      otlp_bytes += batches.back().bytes->size();
    }
  }
  std::printf("%llu spans, %llu MB of OTLP, %zu requests\n", static_cast<unsigned long long>(spans),
              static_cast<unsigned long long>(otlp_bytes / 1'000'000), batches.size());

  Times begun = Now();
  std::atomic<std::uint64_t> answered{0};
  std::atomic<std::uint64_t> refused{0};
  const std::size_t requests = batches.size();
  const TraceId wanted = batches[requests / 2].traces[0].id;
  for (std::size_t i = 0; i < requests; ++i) {
    // As many under way as 64 clients have.
    while (i - answered >= 64) std::this_thread::yield();
    store->Append("bench", std::move(batches[i]), [&](Status status) {
      if (!status.ok()) ++refused;
      ++answered;
    });
  }
  while (answered < requests) std::this_thread::yield();
  Report("append to acknowledgement", begun, spans);
  if (refused > 0) std::printf("%llu refused\n", static_cast<unsigned long long>(refused.load()));

  begun = Now();
  TraceData trace;
  for (const auto& source : store->TakeSnapshot("bench")->sources()) {
    IgnoreError(source->AppendTrace(wanted, trace), "measured only");
  }
  std::printf("first trace by id, live: %.2f ms\n", (Now().wall - begun.wall) * 1e3);
  begun = Now();
  for (const auto& source : store->TakeSnapshot("bench")->sources()) {
    IgnoreError(source->AppendTrace(wanted, trace), "measured only");
  }
  std::printf("second trace by id, live: %.2f ms\n", (Now().wall - begun.wall) * 1e3);
  begun = Now();
  std::uint64_t rows = 0;
  for (const auto& source : store->TakeSnapshot("bench")->sources()) {
    for (std::size_t i = 0; i < source->row_group_count(); ++i) {
      rows += source->LoadRowGroup(i).value()->span_count();
    }
  }
  Report("live data made columnar", begun, rows);
  std::printf("live memory: %llu MB\n",
              static_cast<unsigned long long>(store->status().live_bytes / 1'000'000));

  begun = Now();
  const Status flushed = store->Flush();
  Report("cut", begun, spans);
  if (!flushed.ok()) std::printf("cut failed: %s\n", flushed.error().ToString().c_str());
  const StoreStatus status = store->status();
  std::printf("block: %.1f bytes/span\n",
              static_cast<double>(status.block_bytes) / static_cast<double>(status.block_spans));
  IgnoreError(store->Stop(), "the folder goes");
  store = nullptr;
  background.Stop();
  std::filesystem::remove_all(folder);
  return 0;
}

}  // namespace
}  // namespace vivace::storage

int main(int argc, char** argv) {
  return vivace::storage::Main(argc > 1 ? argv[1] : "tests/data/otel-demo",
                               argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 30);
}

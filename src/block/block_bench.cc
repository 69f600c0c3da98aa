// What row groups and blocks cost, over the recorded bodies of the OpenTelemetry demo with fresh
// random ids. Run in the repository's root:
//   vivace_block_bench --benchmark_min_time=1
#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/simulated_file_system.h"
#include "block/block_reader.h"
#include "block/block_writer.h"
#include "block/catalogue.h"
#include "block/row_group_builder.h"
#include "block/row_group_codec.h"
#include "block/scan.h"
#include "block/testing/memory_file.h"
#include "otlp/decode.h"
#include "otlp/recorded_bodies_for_test.h"

namespace vivace::block {
namespace {

// Replaces ids by random ones, the same for the same old id, and shifts times.
class Restamp {
 public:
  Restamp(Random& random, std::uint64_t shift_ns) : random_(random), shift_ns_(shift_ns) {}

  void Apply(TraceData& data) {
    for (ResourceSpans& in : data.resource_spans) {
      for (ScopeSpans& scope : in.scope_spans) {
        for (Span& span : scope.spans) {
          Replace(span.trace_id.bytes.data(), 16);
          Replace(span.span_id.bytes.data(), 8);
          if (!span.parent_span_id.empty()) {
            Replace(reinterpret_cast<std::uint8_t*>(span.parent_span_id.data()),
                    span.parent_span_id.size());
          }
          span.start_unix_ns += shift_ns_;
          span.end_unix_ns += shift_ns_;
          for (SpanEvent& event : span.events) event.time_unix_ns += shift_ns_;
        }
      }
    }
  }

 private:
  void Replace(std::uint8_t* id, std::size_t size) {
    std::string old(reinterpret_cast<const char*>(id), size);
    auto [at, is_new] = ids_.try_emplace(std::move(old));
    if (is_new) {
      for (std::size_t i = 0; i < size; ++i) {
        at->second.push_back(static_cast<char>(random_.Next() >> 32));
      }
    }
    std::memcpy(id, at->second.data(), size);
  }

  Random& random_;
  const std::uint64_t shift_ns_;
  std::map<std::string, std::string> ids_;
};

const std::vector<TraceData>& Bodies() {
  static const std::vector<TraceData> bodies = [] {
    const std::vector<std::string> recorded = otlp::RecordedBodies();
    std::vector<TraceData> all;
    SeededRandom random(1);
    std::size_t spans = 0;
    for (std::uint64_t round = 0; spans < kRowGroupSpansTarget && !recorded.empty(); ++round) {
      Restamp restamp(random, round * 30'000'000'000);
      for (const std::string& body : recorded) {
        auto data = otlp::Decode(AsBytes(body));
        CHECK(data.ok());
        restamp.Apply(*data);
        spans += data->SpanCount();
        all.push_back(std::move(data).value());
      }
    }
    return all;
  }();
  if (bodies.empty()) {
    std::fprintf(stderr, "no bodies in tests/data/otel-demo: run in the repository's root\n");
    std::exit(1);
  }
  return bodies;
}

std::shared_ptr<const RowGroup> Build() {
  RowGroupBuilder builder;
  for (const TraceData& body : Bodies()) CHECK(builder.Add(body).ok());
  return builder.Finish();
}

const RowGroup& Rows() {
  static const std::shared_ptr<const RowGroup> rows = Build();
  return *rows;
}

std::string BlockBytes() {
  SimulatedFileSystem files(1);
  CHECK(files.CreateDirectories("/b").ok());
  auto writer = BlockWriter::Create(files, "/b/a", {});
  CHECK(writer.ok());
  CHECK((*writer)->Add(Rows()).ok());
  CHECK((*writer)->Finish().ok());
  return files.Content("/b/a");
}

void PerSpan(benchmark::State& state) {
  const auto spans = static_cast<double>(Rows().span_count());
  state.SetItemsProcessed(
      static_cast<std::int64_t>(static_cast<double>(state.iterations()) * spans));
  state.counters["seconds_per_span"] = benchmark::Counter(
      spans, benchmark::Counter::kIsIterationInvariantRate | benchmark::Counter::kInvert);
}

void BuildRowGroup(benchmark::State& state) {
  Bodies();
  for (auto _ : state) benchmark::DoNotOptimize(Build());
  PerSpan(state);
  state.counters["memory_bytes_per_span"] =
      static_cast<double>(Rows().memory_bytes()) / static_cast<double>(Rows().span_count());
}
BENCHMARK(BuildRowGroup)->Unit(benchmark::kMillisecond);

void EncodePages(benchmark::State& state) {
  Rows();
  for (auto _ : state) benchmark::DoNotOptimize(EncodeRowGroup(Rows(), 0));
  PerSpan(state);
}
BENCHMARK(EncodePages)->Unit(benchmark::kMillisecond);

void MakeCatalogue(benchmark::State& state) {
  Rows();
  for (auto _ : state) benchmark::DoNotOptimize(CatalogueOf(Rows()));
  PerSpan(state);
}
BENCHMARK(MakeCatalogue)->Unit(benchmark::kMillisecond);

void WriteBlock(benchmark::State& state) {
  Rows();
  for (auto _ : state) benchmark::DoNotOptimize(BlockBytes());
  PerSpan(state);
  state.counters["file_bytes_per_span"] =
      static_cast<double>(BlockBytes().size()) / static_cast<double>(Rows().span_count());
}
BENCHMARK(WriteBlock)->Unit(benchmark::kMillisecond);

void LoadRowGroup(benchmark::State& state) {
  const auto reader =
      BlockReader::Open(std::make_unique<testing::MemoryFile>(BlockBytes()), "bench");
  CHECK(reader.ok());
  for (auto _ : state) {
    auto rows = (*reader)->LoadRowGroup(0);
    CHECK(rows.ok());
    benchmark::DoNotOptimize(rows);
  }
  PerSpan(state);
}
BENCHMARK(LoadRowGroup)->Unit(benchmark::kMillisecond);

void AppendOneTrace(benchmark::State& state) {
  const RowGroup& rows = Rows();
  std::size_t next = 0;
  for (auto _ : state) {
    TraceData out;
    rows.AppendTrace(rows.traces()[next++ % rows.trace_count()].id, out);
    benchmark::DoNotOptimize(out);
  }
}
BENCHMARK(AppendOneTrace)->Unit(benchmark::kMicrosecond);

void RunScan(benchmark::State& state, const ScanNode& node) {
  const RowGroup& rows = Rows();
  std::size_t matches = 0;
  for (auto _ : state) {
    auto result = Scan(rows, {node}, nullptr);
    CHECK(result.ok());
    matches = result->rows.Count();
  }
  PerSpan(state);
  state.counters["matches"] = static_cast<double>(matches);
}

void ScanService(benchmark::State& state) {
  RunScan(state, ScanNode::Leaf({ScanField::kResourceAttribute,
                                 "service.name",
                                 ScanOperator::kEqual,
                                 std::string("frontend"),
                                 {}}));
}
BENCHMARK(ScanService)->Unit(benchmark::kMicrosecond);

void ScanName(benchmark::State& state) {
  RunScan(state, ScanNode::Leaf(
                     {ScanField::kName, "", ScanOperator::kMatches, {}, [](std::string_view text) {
                        return text.find("GET") != std::string_view::npos;
                      }}));
}
BENCHMARK(ScanName)->Unit(benchmark::kMicrosecond);

void ScanDuration(benchmark::State& state) {
  RunScan(state,
          ScanNode::Leaf(
              {ScanField::kDuration, "", ScanOperator::kGreater, std::int64_t{100'000'000}, {}}));
}
BENCHMARK(ScanDuration)->Unit(benchmark::kMicrosecond);

void ScanSpanAttribute(benchmark::State& state) {
  RunScan(state, ScanNode::Leaf({ScanField::kSpanOrResourceAttribute,
                                 "http.status_code",
                                 ScanOperator::kGreaterOrEqual,
                                 std::int64_t{400},
                                 {}}));
}
BENCHMARK(ScanSpanAttribute)->Unit(benchmark::kMicrosecond);

void PrintBytesByColumn() {
  const auto reader =
      BlockReader::Open(std::make_unique<testing::MemoryFile>(BlockBytes()), "bench");
  CHECK(reader.ok());
  const auto usage = (*reader)->BytesByColumn();
  CHECK(usage.ok());
  const auto spans = static_cast<double>(Rows().span_count());
  std::printf("%zu spans, %zu traces, %.2f bytes a span in the file; the largest parts:\n",
              Rows().span_count(), Rows().trace_count(),
              static_cast<double>((*reader)->meta().bytes) / spans);
  for (std::size_t i = 0; i < std::min<std::size_t>(usage->size(), 16); ++i) {
    const BlockReader::Usage& part = (*usage)[i];
    std::printf("  %6.2f  %s\n", static_cast<double>(part.stored_bytes) / spans, part.what.c_str());
  }
}

}  // namespace
}  // namespace vivace::block

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  vivace::block::PrintBytesByColumn();
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

// vivace-bench-load: sends recorded OTLP bodies with new ids and times, as fast as the server
// acknowledges them or at a given rate, and prints what was acknowledged as one JSON line.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/mutex.h"
#include "base/random.h"
#include "bench/connection.h"
#include "bench/recorded_bodies.h"

namespace vivace::bench {
namespace {

struct Options {
  std::string address = "127.0.0.1:4318";
  std::string protocol = "http";
  std::string bodies = "tests/data/otel-demo";
  int connections = 4;
  double seconds = 10;
  double spans_per_second = 0;
  std::uint64_t spans_max = 0;
};

/// What all connections share.
struct Load {
  Load(const Options& o, const std::vector<RecordedBody>& b) : options(o), bodies(b) {}

  const Options& options;
  const std::vector<RecordedBody>& bodies;
  const Nanoseconds begin = RealClock().Steady();
  std::uint64_t recorded_end_ns = 0;

  std::atomic<std::uint64_t> next_body{0};
  std::atomic<std::uint64_t> spans_started{0};
  std::atomic<std::uint64_t> spans{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> requests{0};
  std::atomic<std::uint64_t> refused{0};
  Mutex mutex;
  std::vector<float> latencies_ms GUARDED_BY(mutex);
  std::string failure GUARDED_BY(mutex);
};

Stamp StampOfRound(const Load& load, std::uint64_t round) {
  SeededRandom random(round * 2 + 1);
  Stamp stamp;
  for (std::size_t i = 0; i < 16; i += 8) {
    const std::uint64_t bits = random.Next();
    std::memcpy(stamp.mask.data() + i, &bits, 8);
  }
  // The round's newest span ends now, as with an application that has just sent it.
  stamp.time_shift_ns = RealClock().UnixNanos() - static_cast<std::int64_t>(load.recorded_end_ns);
  return stamp;
}

void Drive(Load& load, Connection& connection) {
  const Options& options = load.options;
  std::vector<float> latencies;
  std::string body;
  Stamp stamp;
  std::uint64_t stamped_round = ~0ULL;
  const auto end = load.begin + std::chrono::duration_cast<Nanoseconds>(
                                    std::chrono::duration<double>(options.seconds));
  while (RealClock().Steady() < end) {
    const std::uint64_t number = load.next_body++;
    const std::uint64_t round = number / load.bodies.size();
    const RecordedBody& recorded = load.bodies[number % load.bodies.size()];
    const std::uint64_t before = load.spans_started.fetch_add(recorded.spans);
    if (options.spans_max != 0 && before >= options.spans_max) break;
    if (options.spans_per_second > 0) {
      const auto due =
          load.begin + std::chrono::duration_cast<Nanoseconds>(std::chrono::duration<double>(
                           static_cast<double>(before) / options.spans_per_second));
      const auto wait = due - RealClock().Steady();
      if (wait > Nanoseconds(0)) std::this_thread::sleep_for(wait);  // Holds the wanted rate.
    }
    if (round != stamped_round) {
      stamp = StampOfRound(load, round);
      stamped_round = round;
    }
    WriteStamped(recorded, stamp, body);
    const Nanoseconds sent = RealClock().Steady();
    const Result<int> status = connection.Send(body);
    const Nanoseconds took = RealClock().Steady() - sent;
    if (!status.ok()) {
      MutexLock lock(load.mutex);
      load.failure = status.error().message();
      break;
    }
    ++load.requests;
    if (*status == 200) {
      load.spans += recorded.spans;
      load.bytes += body.size();
      latencies.push_back(std::chrono::duration<float, std::milli>(took).count());
    } else {
      ++load.refused;
      std::this_thread::sleep_for(std::chrono::milliseconds(50));  // As a client backs off.
    }
  }
  MutexLock lock(load.mutex);
  load.latencies_ms.insert(load.latencies_ms.end(), latencies.begin(), latencies.end());
}

Result<std::string> Run(const Options& options) {
  ASSIGN_OR_RETURN(const std::vector<RecordedBody> bodies, LoadBodies(options.bodies));
  std::vector<std::unique_ptr<Connection>> connections;
  for (int i = 0; i < options.connections; ++i) {
    ASSIGN_OR_RETURN(auto connection, options.protocol == "grpc" ? OpenGrpc(options.address)
                                                                 : OpenHttp(options.address));
    connections.push_back(std::move(connection));
  }
  Load load(options, bodies);
  for (const RecordedBody& body : bodies) {
    load.recorded_end_ns = std::max(load.recorded_end_ns, body.end_unix_ns_max);
  }
  {
    std::vector<std::jthread> threads;
    for (const auto& connection : connections) {
      threads.emplace_back([&load, &connection] { Drive(load, *connection); });
    }
  }
  const double seconds = std::chrono::duration<double>(RealClock().Steady() - load.begin).count();
  MutexLock lock(load.mutex);
  std::sort(load.latencies_ms.begin(), load.latencies_ms.end());
  const auto quantile = [&](double q) REQUIRES(load.mutex) {
    if (load.latencies_ms.empty()) return 0.0;
    const auto rank =
        static_cast<std::size_t>(q * static_cast<double>(load.latencies_ms.size() - 1));
    return static_cast<double>(load.latencies_ms[rank]);
  };
  JsonWriter json;
  json.BeginObject();
  json.Key("protocol").String(options.protocol);
  json.Key("connections").Number(options.connections);
  json.Key("seconds").Number(seconds);
  json.Key("spans").Number(load.spans.load());
  json.Key("spans_per_second").Number(static_cast<double>(load.spans.load()) / seconds);
  json.Key("bytes").Number(load.bytes.load());
  json.Key("requests").Number(load.requests.load());
  json.Key("refused_requests").Number(load.refused.load());
  json.Key("ack_ms_p50").Number(quantile(0.5));
  json.Key("ack_ms_p99").Number(quantile(0.99));
  json.Key("ack_ms_max").Number(quantile(1.0));
  json.Key("failure").String(load.failure);
  json.EndObject();
  if (!load.failure.empty()) {
    fmt::print(stderr, "vivace-bench-load: {}\n", load.failure);
  }
  return json.Take();
}

}  // namespace
}  // namespace vivace::bench

int main(int argc, char** argv) {
  CLI::App app("vivace-bench-load: sends recorded OTLP bodies with new ids and times");
  vivace::bench::Options options;
  app.add_option("--address", options.address, "Server, host:port")->capture_default_str();
  app.add_option("--protocol", options.protocol, "http or grpc")
      ->check(CLI::IsMember({"http", "grpc"}))
      ->capture_default_str();
  app.add_option("--bodies", options.bodies, "Folder of recorded bodies")->capture_default_str();
  app.add_option("--connections", options.connections, "Connections, one request each at a time")
      ->check(CLI::Range(1, 1024))
      ->capture_default_str();
  app.add_option("--seconds", options.seconds, "How long to send")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  app.add_option("--spans-per-second", options.spans_per_second, "Rate to hold; 0: all it takes")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--spans-max", options.spans_max, "Stop after so many spans; 0: no bound")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const auto result = vivace::bench::Run(options);
  if (!result.ok()) {
    fmt::print(stderr, "vivace-bench-load: {}\n", result.error().message());
    return 1;
  }
  fmt::print("{}\n", *result);
  return 0;
}

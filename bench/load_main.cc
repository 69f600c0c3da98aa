// vivace-bench-load: sends recorded OTLP bodies with new ids and times, as fast as the server
// acknowledges them or at a given rate, and prints what was acknowledged as one JSON line.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <memory>
#include <thread>

#include <curl/curl.h>
#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/json_writer.h"
#include "base/mutex.h"
#include "base/random.h"
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

/// One connection that sends a body and waits for the acknowledgement.
class Connection {
 public:
  virtual ~Connection() = default;
  /// The status of the answer (HTTP's; 200 for gRPC's OK), or an error.
  virtual Result<int> Send(const std::string& body) = 0;
};

/// HTTP/1.1 by hand: the generator shares the machine with the server, so each instruction of
/// its own falsifies the measurement.
class HttpConnection final : public Connection {
 public:
  static Result<std::unique_ptr<Connection>> Open(const std::string& address) {
    const std::size_t colon = address.rfind(':');
    sockaddr_in to{};
    to.sin_family = AF_INET;
    int port = 0;
    if (colon != std::string::npos) {
      std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
    }
    to.sin_port = htons(static_cast<std::uint16_t>(port));
    if (port == 0 || inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) != 1) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("expected an IPv4 address and port, found '{}'", address));
    }
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
      close(fd);
      return Error(ErrorCode::kUnavailable, fmt::format("cannot connect to {}", address));
    }
    return std::unique_ptr<Connection>(new HttpConnection(fd, address));
  }
  ~HttpConnection() override { close(fd_); }

  Result<int> Send(const std::string& body) override {
    message_.clear();
    fmt::format_to(std::back_inserter(message_),
                   "POST /v1/traces HTTP/1.1\r\nHost: {}\r\nContent-Type: "
                   "application/x-protobuf\r\nContent-Length: {}\r\n\r\n",
                   host_, body.size());
    message_ += body;
    std::string_view left = message_;
    while (!left.empty()) {
      const ssize_t sent = send(fd_, left.data(), left.size(), MSG_NOSIGNAL);
      if (sent <= 0) return Error(ErrorCode::kIo, "the server closed the connection");
      left.remove_prefix(static_cast<std::size_t>(sent));
    }
    return ReadAnswer();
  }

 private:
  HttpConnection(int fd, std::string host) : fd_(fd), host_(std::move(host)) {}

  Result<int> ReadAnswer() {
    answer_.clear();
    std::size_t head_end = std::string::npos;
    while ((head_end = answer_.find("\r\n\r\n")) == std::string::npos) RETURN_IF_ERROR(ReadMore());
    std::size_t body_bytes = 0;
    for (std::size_t at = 0; at < head_end;) {
      const std::size_t end = answer_.find("\r\n", at);
      std::string line = answer_.substr(at, end - at);
      std::transform(line.begin(), line.end(), line.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if (line.starts_with("content-length:")) {
        const std::size_t digits = line.find_first_of("0123456789");
        std::from_chars(line.data() + digits, line.data() + line.size(), body_bytes);
      }
      at = end + 2;
    }
    while (answer_.size() < head_end + 4 + body_bytes) RETURN_IF_ERROR(ReadMore());
    int status = 0;
    std::from_chars(answer_.data() + 9, answer_.data() + 12, status);
    return status;
  }
  Status ReadMore() {
    char buffer[4096];
    const ssize_t got = recv(fd_, buffer, sizeof buffer, 0);
    if (got <= 0) return Error(ErrorCode::kIo, "the server closed the connection");
    answer_.append(buffer, static_cast<std::size_t>(got));
    return {};
  }

  const int fd_;
  const std::string host_;
  std::string message_;
  std::string answer_;
};

/// gRPC over HTTP/2 with libcurl.
class GrpcConnection final : public Connection {
 public:
  explicit GrpcConnection(const std::string& address) : curl_(curl_easy_init()) {
    url_ = "http://" + address + "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    headers_ = curl_slist_append(headers_, "Content-Type: application/grpc");
    headers_ = curl_slist_append(headers_, "TE: trailers");
    headers_ = curl_slist_append(headers_, "Expect:");
    curl_easy_setopt(curl_, CURLOPT_URL, url_.c_str());
    curl_easy_setopt(curl_, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_2_PRIOR_KNOWLEDGE);
    curl_easy_setopt(curl_, CURLOPT_HTTPHEADER, headers_);
    curl_easy_setopt(curl_, CURLOPT_POST, 1L);
    curl_easy_setopt(curl_, CURLOPT_PROXY, "");
    curl_easy_setopt(curl_, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_, CURLOPT_UPLOAD_BUFFERSIZE, 512 * 1024L);
    curl_easy_setopt(curl_, CURLOPT_WRITEFUNCTION, &Discard);
    curl_easy_setopt(curl_, CURLOPT_HEADERFUNCTION, &TakeHeader);
    curl_easy_setopt(curl_, CURLOPT_HEADERDATA, this);
  }
  ~GrpcConnection() override {
    curl_slist_free_all(headers_);
    curl_easy_cleanup(curl_);
  }
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  Result<int> Send(const std::string& body) override {
    framed_.assign(1, '\0');
    for (int shift = 24; shift >= 0; shift -= 8) {
      framed_.push_back(static_cast<char>(static_cast<unsigned char>(body.size() >> shift)));
    }
    framed_ += body;
    grpc_status_ = -1;
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(framed_.size()));
    curl_easy_setopt(curl_, CURLOPT_POSTFIELDS, framed_.data());
    const CURLcode code = curl_easy_perform(curl_);
    if (code != CURLE_OK) return Error(ErrorCode::kIo, curl_easy_strerror(code));
    return grpc_status_ == 0 ? 200 : 1000 + grpc_status_;
  }

 private:
  static std::size_t Discard(char*, std::size_t size, std::size_t count, void*) {
    return size * count;
  }
  static std::size_t TakeHeader(char* data, std::size_t size, std::size_t count, void* user) {
    const std::string_view line(data, size * count);
    constexpr std::string_view kName = "grpc-status:";
    if (line.starts_with(kName)) {
      std::string_view value = line.substr(kName.size());
      while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
      std::from_chars(value.data(), value.data() + value.size(),
                      static_cast<GrpcConnection*>(user)->grpc_status_);
    }
    return size * count;
  }

  CURL* const curl_;
  curl_slist* headers_ = nullptr;
  std::string url_;
  std::string framed_;
  int grpc_status_ = -1;
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
    if (options.protocol == "grpc") {
      connections.push_back(std::make_unique<GrpcConnection>(options.address));
    } else {
      ASSIGN_OR_RETURN(auto connection, HttpConnection::Open(options.address));
      connections.push_back(std::move(connection));
    }
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
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const auto result = vivace::bench::Run(options);
  curl_global_cleanup();
  if (!result.ok()) {
    fmt::print(stderr, "vivace-bench-load: {}\n", result.error().message());
    return 1;
  }
  fmt::print("{}\n", *result);
  return 0;
}

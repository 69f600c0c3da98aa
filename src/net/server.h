#pragma once
// Listeners that speak HTTP/1.1, HTTP/2 (prior knowledge, and ALPN over TLS) and gRPC on one
// port each, on a few shared I/O threads.

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/router.h"

namespace vivace::net {

/// What a peer may use up. Reasons: docs/operations.md, limits.
struct Limits {
  std::uint32_t header_bytes_max = 32 * 1024;
  std::uint64_t body_bytes_max = 64ULL << 20;      ///< After decompression, and before.
  std::uint32_t streams_per_connection_max = 128;
  std::uint32_t connections_max = 4096;
  std::uint32_t resets_per_minute_max = 400;       ///< Rapid reset: over it GOAWAY and close.
  std::chrono::milliseconds idle_timeout{120'000}; ///< Open connection without a request.
  std::chrono::milliseconds header_timeout{10'000};///< From first byte to whole header.
  std::chrono::milliseconds body_timeout{60'000};  ///< From header to whole body.
  std::chrono::milliseconds write_timeout{30'000}; ///< A peer that takes no bytes.
};

struct TlsConfig {
  std::string certificate_path;
  std::string key_path;
  std::string client_ca_path;  ///< Set: clients must present a certificate (mTLS).
};

struct ListenerConfig {
  std::string name;     ///< For logs and metrics: "http", "otlp_http", "otlp_grpc".
  std::string address;  ///< "127.0.0.1:3200"; "[::1]:0"; port 0 takes a free one.
  Limits limits;
  bool tls_enabled = false;
  TlsConfig tls;
};

/// Accepts and serves. Start and Stop from one thread.
class Server {
 public:
  struct Config {
    std::size_t io_threads = 1;
  };
  /// `clock`, `accountant` and `metrics` outlive the server.
  Server(Config config, Clock& clock, ByteAccountant& accountant, MetricsRegistry& metrics);
  ~Server();

  /// Binds and listens at once; returns the real address. kFailedPrecondition when the port is
  /// taken (which address, the remedy). `router` is kept.
  Result<std::string> Listen(ListenerConfig config, Router router);
  /// Begins to serve all listeners.
  Status Start();
  /// Graceful drain: no new connections, GOAWAY and `Connection: close`, answers what is in
  /// flight, and after `grace` closes the rest. Blocks until done.
  void Stop(std::chrono::milliseconds grace);

  /// First-bytes counters for the welcome page: connections accepted so far per listener name.
  std::uint64_t ConnectionsAccepted(const std::string& listener) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vivace::net

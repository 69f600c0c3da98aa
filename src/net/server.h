#pragma once
// Listeners that speak HTTP/1.1, HTTP/2 (prior knowledge, and ALPN over TLS) and gRPC on one
// port each, on a few shared I/O threads.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "net/limits.h"
#include "net/router.h"
#include "net/tls.h"

namespace vivace::net {

struct ListenerConfig {
  std::string name;     ///< For logs and metrics: "http", "otlp_http", "otlp_grpc".
  std::string address;  ///< "127.0.0.1:3200"; "[::1]:0"; port 0 takes a free one.
  Limits limits;
  bool tls_enabled = false;
  TlsConfig tls;
};

/// Checks the form of a listen address, "host:port", without opening anything. kInvalidArgument
/// says what was expected.
Status CheckListenAddress(std::string_view address);

/// Accepts and serves. Start and Stop from one thread.
class Server {
 public:
  struct Config {
    std::size_t io_threads = 1;
  };
  /// `clock`, `accountant` and `metrics` outlive the server and the responders that handlers
  /// still hold after it.
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

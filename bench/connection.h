#pragma once
// Connections of the load generator, by hand: it shares the machine with the server, so each
// instruction of its own falsifies the measurement.

#include <memory>
#include <string>

#include "base/result.h"

namespace vivace::bench {

/// One connection that sends a body and waits for the acknowledgement. Not thread-safe.
class Connection {
 public:
  virtual ~Connection() = default;
  /// Sends one export request and returns the status of the answer: HTTP's; for gRPC 200 for OK
  /// and 1000 + code else. kIo: the connection is gone.
  virtual Result<int> Send(const std::string& body) = 0;
};

/// OTLP over HTTP/1.1. `address` is an IPv4 address and a port.
Result<std::unique_ptr<Connection>> OpenHttp(const std::string& address);
/// OTLP over gRPC, HTTP/2 with prior knowledge.
Result<std::unique_ptr<Connection>> OpenGrpc(const std::string& address);

}  // namespace vivace::bench

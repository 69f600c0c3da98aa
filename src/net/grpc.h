#pragma once
// gRPC calls (unary and server streaming) as handlers see them. Wire rules: gRPC over HTTP/2
// protocol specification.

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"

namespace vivace::net {

/// Canonical gRPC status codes.
enum class GrpcCode : int {
  kOk = 0,
  kCancelled = 1,
  kUnknown = 2,
  kInvalidArgument = 3,
  kDeadlineExceeded = 4,
  kNotFound = 5,
  kAlreadyExists = 6,
  kPermissionDenied = 7,
  kResourceExhausted = 8,
  kFailedPrecondition = 9,
  kAborted = 10,
  kOutOfRange = 11,
  kUnimplemented = 12,
  kInternal = 13,
  kUnavailable = 14,
  kDataLoss = 15,
  kUnauthenticated = 16,
};

/// gRPC code for an error code, one table for all.
GrpcCode GrpcCodeOf(ErrorCode code);
/// The code's name in lower case with underscores.
std::string_view GrpcCodeName(GrpcCode code);

struct GrpcStatus {
  GrpcCode code = GrpcCode::kOk;
  std::string message;
  /// When set, RetryInfo goes into grpc-status-details-bin and google.rpc.retryinfo-bin.
  std::optional<std::chrono::seconds> retry_after;
};

/// One message that a client sent, decompressed under the listener's limits.
struct GrpcRequest {
  std::string method;  ///< "/package.Service/Method"
  Headers metadata;
  std::string message;
  std::string peer;
  std::optional<Nanoseconds> deadline;  ///< From grpc-timeout, as time from arrival.
  ByteReservation message_bytes;
};

/// Takes the answer of one call, from any thread. Messages in order, then Finish once.
/// Dropped unfinished it ends the call with INTERNAL. Copyable.
class GrpcResponder {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    /// False when the client has gone or the call has ended.
    virtual bool Write(std::string message) = 0;
    virtual void Finish(GrpcStatus status) = 0;
    virtual bool Cancelled() const = 0;
    /// Bytes written but not yet taken by the client; streaming handlers pause on it.
    virtual std::size_t BufferedBytes() const = 0;
  };
  explicit GrpcResponder(std::shared_ptr<Sink> sink) : sink_(std::move(sink)) {}
  bool Write(std::string message) const { return sink_->Write(std::move(message)); }
  void Finish(GrpcStatus status) const { sink_->Finish(std::move(status)); }
  /// True once the client cancelled, went away, or the deadline passed.
  bool Cancelled() const { return sink_->Cancelled(); }
  std::size_t BufferedBytes() const { return sink_->BufferedBytes(); }

 private:
  std::shared_ptr<Sink> sink_;
};

/// Called on an I/O thread; must not block.
using GrpcHandler = std::function<void(GrpcRequest request, GrpcResponder responder)>;

}  // namespace vivace::net

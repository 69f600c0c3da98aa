#pragma once
// The wire rules of gRPC over HTTP/2: timeouts, message frames, status trailers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "net/body.h"
#include "net/grpc.h"

namespace vivace::net {

/// Message codings that calls may use, for grpc-accept-encoding.
inline constexpr std::string_view kGrpcEncodingsAccepted = "identity,gzip";

/// Reads a grpc-timeout such as "100m"; nothing if malformed.
std::optional<Nanoseconds> ParseGrpcTimeout(std::string_view text);

/// True for application/grpc and application/grpc+proto, with parameters or without.
bool IsGrpcContentType(std::string_view content_type);

/// Puts the five-byte prefix of an uncompressed message before `message`.
std::string FrameGrpcMessage(std::string_view message);

/// grpc-status, grpc-message and, with a retry hint, RetryInfo in both places where clients
/// look for it.
std::vector<std::pair<std::string, std::string>> GrpcTrailers(const GrpcStatus& status);

/// Base64 without padding, as binary metadata is sent.
std::string Base64(std::string_view bytes);

/// Reads the one message of a call from its DATA bytes, inflated, bounded and accounted.
class GrpcMessageReader {
 public:
  /// `encoding` is what grpc-encoding names.
  GrpcMessageReader(Encoding encoding, std::uint64_t message_bytes_max, ByteAccountant& accountant);

  /// A status ends the call.
  std::optional<GrpcStatus> Append(std::string_view bytes);
  /// The client has sent all.
  std::optional<GrpcStatus> End();

  std::string TakeMessage() { return collector_->TakeBody(); }
  ByteReservation TakeReservation() { return collector_->TakeReservation(); }

 private:
  std::optional<GrpcStatus> BeginMessage();

  const Encoding encoding_;
  const std::uint64_t message_bytes_max_;
  ByteAccountant& accountant_;
  std::string prefix_;
  std::optional<BodyCollector> collector_;
  std::uint64_t left_ = 0;  // Of the message.
};

}  // namespace vivace::net

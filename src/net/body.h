#pragma once
// The body of one request as it arrives: inflated, bounded and accounted.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/byte_accountant.h"
#include "base/result.h"
#include "net/inflate.h"

namespace vivace::net {

/// Collects a body. Bytes are taken from the accountant before they are held.
class BodyCollector {
 public:
  /// Both bounds count: bytes on the wire and bytes inflated.
  BodyCollector(Encoding encoding, std::uint64_t body_bytes_max, ByteAccountant& accountant);

  /// Says how many bytes will come, to size the buffer; it is never trusted beyond that.
  void Expect(std::uint64_t wire_bytes) { expected_ = wire_bytes; }

  /// kResourceExhausted: the body is over its bound. kUnavailable: the process holds too much.
  /// kInvalidArgument: the coding is broken.
  Status Append(std::string_view bytes);
  /// kInvalidArgument if the coding's stream is not complete.
  Status End();

  std::string TakeBody() { return std::move(body_); }
  ByteReservation TakeReservation() { return std::move(reservation_); }

 private:
  Status Hold(std::string_view bytes);

  const Encoding encoding_;
  const std::uint64_t body_bytes_max_;
  ByteAccountant& accountant_;
  Inflater inflater_;
  std::optional<std::uint64_t> expected_;
  std::uint64_t wire_bytes_ = 0;
  std::string body_;
  ByteReservation reservation_;
};

}  // namespace vivace::net

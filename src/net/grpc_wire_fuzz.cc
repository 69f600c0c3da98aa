// Any bytes as gRPC message frames, and as a timeout. However the bytes are cut, the outcome is
// the same.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/grpc_wire.h"

namespace {

using vivace::ByteAccountant;
using vivace::net::Encoding;
using vivace::net::GrpcMessageReader;

std::optional<std::string> Read(Encoding encoding, std::string_view bytes, std::size_t step) {
  ByteAccountant accountant(1 << 20);
  GrpcMessageReader reader(encoding, 64 * 1024, accountant);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    if (reader.Append(bytes.substr(at, step))) return std::nullopt;
    CHECK(accountant.used() <= 64 * 1024);
  }
  if (reader.End()) return std::nullopt;
  return reader.TakeMessage();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Encoding encoding = data[0] % 2 == 0 ? Encoding::kGzip : Encoding::kIdentity;
  const std::size_t step = 1 + data[0] / 2;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  CHECK(Read(encoding, bytes, bytes.size() + 1) == Read(encoding, bytes, step));
  const auto timeout = vivace::net::ParseGrpcTimeout(bytes);
  if (timeout) CHECK(timeout->count() >= 0);
  return 0;
}

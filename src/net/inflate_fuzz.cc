// Any bytes to each inflater: the first byte chooses coding and piece size. However the bytes are
// cut, the outcome is the same, and never more than the bound is held.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "net/body.h"

namespace {

using vivace::ByteAccountant;
using vivace::net::BodyCollector;
using vivace::net::Encoding;

constexpr std::uint64_t kBodyBytesMax = 256 * 1024;

// The body, or nothing if it was refused.
std::optional<std::string> Collect(Encoding encoding, std::string_view bytes, std::size_t step) {
  ByteAccountant accountant(2 * kBodyBytesMax);
  BodyCollector body(encoding, kBodyBytesMax, accountant);
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    if (!body.Append(bytes.substr(at, step)).ok()) return std::nullopt;
    CHECK(accountant.used() <= kBodyBytesMax);
  }
  if (!body.End().ok()) return std::nullopt;
  return body.TakeBody();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  constexpr Encoding kEncodings[] = {Encoding::kGzip, Encoding::kDeflate, Encoding::kZstd,
                                     Encoding::kIdentity};
  const Encoding encoding = kEncodings[data[0] % 4];
  const std::size_t step = 1 + data[0] / 4;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  const auto whole = Collect(encoding, bytes, bytes.size() + 1);
  const auto pieces = Collect(encoding, bytes, step);
  CHECK(whole == pieces);
  return 0;
}

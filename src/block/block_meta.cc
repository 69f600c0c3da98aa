#include "block/block_meta.h"

#include <fmt/format.h>

#include "base/random.h"

namespace vivace::block {

BlockId BlockId::Make(Random& random) {
  BlockId id;
  for (std::size_t i = 0; i < id.bytes.size(); i += 8) {
    const std::uint64_t bits = random.Next();
    for (std::size_t b = 0; b < 8; ++b) {
      id.bytes[i + b] = static_cast<std::uint8_t>(bits >> (8 * b));
    }
  }
  return id;
}

std::optional<BlockId> BlockId::FromHex(std::string_view hex) {
  BlockId id;
  if (hex.size() != 2 * id.bytes.size()) return std::nullopt;
  for (std::size_t i = 0; i < hex.size(); ++i) {
    const std::size_t digit = std::string_view("0123456789abcdef").find(hex[i]);
    if (digit == std::string_view::npos) return std::nullopt;
    id.bytes[i / 2] =
        static_cast<std::uint8_t>(static_cast<std::size_t>(id.bytes[i / 2]) << 4 | digit);
  }
  return id;
}

std::string BlockId::ToHex() const {
  std::string hex;
  for (const std::uint8_t byte : bytes) hex += fmt::format("{:02x}", byte);
  return hex;
}

std::string BlockFileName(const BlockId& id) { return id.ToHex() + ".block"; }

}  // namespace vivace::block

#include "base/checksum.h"

#include <algorithm>
#include <cstddef>

#include <isa-l/crc.h>

namespace vivace {

std::uint32_t Crc32c(ByteView bytes, std::uint32_t seed) {
  // ISA-L keeps the register as it is; the convention inverts it before and after. Its length
  // is an int, so longer inputs go in pieces.
  constexpr std::size_t kPieceBytes = std::size_t{1} << 30;
  std::uint32_t crc = ~seed;
  while (!bytes.empty()) {
    const ByteView piece = bytes.first(std::min(bytes.size(), kPieceBytes));
    // The parameter lacks const; the function only reads.
    auto* data = const_cast<unsigned char*>(reinterpret_cast<const unsigned char*>(piece.data()));
    crc = crc32_iscsi(data, static_cast<int>(piece.size()), crc);
    bytes = bytes.subspan(piece.size());
  }
  return ~crc;
}

}  // namespace vivace

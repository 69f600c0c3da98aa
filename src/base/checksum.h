#pragma once
// Checksums of stored bytes.

#include <cstdint>

#include "base/bytes.h"

namespace vivace {

/// CRC32C (Castagnoli) as in RFC 3720, the checksum of every part that we store.
/// `seed` is the checksum of what came before, for bytes in several pieces.
std::uint32_t Crc32c(ByteView bytes, std::uint32_t seed = 0);

}  // namespace vivace

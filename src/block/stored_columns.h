#pragma once
// What encoding and decoding of row groups share: how columns are stored as numbers.

#include <array>
#include <cstdint>

#include "base/bytes.h"
#include "block/attribute_table.h"

namespace vivace::block {

/// Attribute tables in the order in which they are stored.
inline constexpr std::array kAttributeTables = {AttributeLevel::kSpan, AttributeLevel::kResource,
                                                AttributeLevel::kScope, AttributeLevel::kEvent,
                                                AttributeLevel::kLink};

/// Stored in place of a parent's row; greater numbers are kStoredParentBase plus the zigzag of a
/// distance.
inline constexpr std::uint64_t kStoredNoParent = 0;
inline constexpr std::uint64_t kStoredParentElsewhere = 1;
inline constexpr std::uint64_t kStoredParentBase = 2;

/// The zigzag of a difference modulo 2^64, and back.
inline std::uint64_t Difference(std::uint64_t value, std::uint64_t from) {
  return ZigZagEncode(static_cast<std::int64_t>(value - from));
}
inline std::uint64_t AddDifference(std::uint64_t from, std::uint64_t stored) {
  return from + static_cast<std::uint64_t>(ZigZagDecode(stored));
}

}  // namespace vivace::block

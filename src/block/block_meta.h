#pragma once
// What is known of a block without reading its rows.

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace vivace {
class Random;
}

namespace vivace::block {

/// 16 random bytes that name a block. Ordered as bytes.
struct BlockId {
  std::array<std::uint8_t, 16> bytes{};
  auto operator<=>(const BlockId&) const = default;
  static BlockId Make(Random& random);
  /// Exactly 32 hex digits in lower case.
  static std::optional<BlockId> FromHex(std::string_view hex);
  std::string ToHex() const;
};

/// The file name of a block: its id in hex, then ".block".
std::string BlockFileName(const BlockId& id);

struct BlockMeta {
  BlockId id;
  std::string tenant;
  std::int64_t created_unix_ns = 0;
  std::uint64_t start_unix_ns_min = 0;  ///< Over span starts.
  std::uint64_t start_unix_ns_max = 0;
  std::uint64_t end_unix_ns_max = 0;  ///< Over span ends.
  /// Over the earliest start of each trace within this block; the greatest is an upper bound
  /// when a trace lies in several row groups.
  std::uint64_t trace_start_unix_ns_min = 0;
  std::uint64_t trace_start_unix_ns_max = 0;
  std::uint64_t spans = 0;
  std::uint64_t traces = 0;  ///< Distinct trace ids.
  std::uint64_t bytes = 0;   ///< Of the whole file.
  bool operator==(const BlockMeta&) const = default;
};

}  // namespace vivace::block

#pragma once
// Trace and span ids as OTLP defines them, with their texts.

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace vivace {

/// 16 bytes that name a trace. Ordered as bytes.
struct TraceId {
  std::array<std::uint8_t, 16> bytes{};

  auto operator<=>(const TraceId&) const = default;
  bool IsZero() const { return *this == TraceId{}; }
  std::uint64_t High() const;  ///< The first eight bytes as a big-endian number.
  std::uint64_t Low() const;   ///< The last eight bytes as a big-endian number.

  /// nullopt unless `bytes` has 16 bytes.
  static std::optional<TraceId> FromBytes(std::string_view bytes);
  /// 1 to 32 hex digits of any case, padded with zeros on the left (as query APIs take it).
  static std::optional<TraceId> FromHex(std::string_view hex);
  std::string ToHex() const;       ///< 32 lower-case digits.
  std::string ToShortHex() const;  ///< Leading zeros stripped, at least one digit.
  std::string_view AsText() const { return {reinterpret_cast<const char*>(bytes.data()), 16}; }
};

/// 8 bytes that name a span within its trace; all zero means none. Ordered as bytes.
struct SpanId {
  std::array<std::uint8_t, 8> bytes{};

  auto operator<=>(const SpanId&) const = default;
  bool IsZero() const { return *this == SpanId{}; }
  std::uint64_t Number() const;  ///< The bytes as a big-endian number.
  static SpanId FromNumber(std::uint64_t number);

  /// nullopt unless `bytes` has 8 bytes.
  static std::optional<SpanId> FromBytes(std::string_view bytes);
  /// 1 to 16 hex digits of any case, padded on the left.
  static std::optional<SpanId> FromHex(std::string_view hex);
  std::string ToHex() const;  ///< 16 lower-case digits.
  std::string_view AsText() const { return {reinterpret_cast<const char*>(bytes.data()), 8}; }
};

}  // namespace vivace

template <>
struct std::hash<vivace::TraceId> {
  std::size_t operator()(const vivace::TraceId& id) const {
    // Ids are random, or at least their low half is; mixed in case they count up.
    return static_cast<std::size_t>((id.Low() ^ (id.High() << 1)) * 0x9e3779b97f4a7c15ULL);
  }
};
template <>
struct std::hash<vivace::SpanId> {
  std::size_t operator()(const vivace::SpanId& id) const {
    return static_cast<std::size_t>(id.Number() * 0x9e3779b97f4a7c15ULL);
  }
};

#include "model/ids.h"

#include <span>

namespace vivace {
namespace {

constexpr char kHexDigits[] = "0123456789abcdef";

/// The value of a hex digit, or -1.
int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Fills `out` from its end with the digits of `hex`; false if one is not a digit or they are
/// none or too many.
bool ParseHex(std::string_view hex, std::span<std::uint8_t> out) {
  if (hex.empty() || hex.size() > out.size() * 2) return false;
  for (std::uint8_t& byte : out) byte = 0;
  std::size_t place = out.size() * 2 - hex.size();
  for (const char c : hex) {
    const int value = HexValue(c);
    if (value < 0) return false;
    std::uint8_t& byte = out[place / 2];
    byte = static_cast<std::uint8_t>(byte | (place % 2 == 0 ? value << 4 : value));
    ++place;
  }
  return true;
}

std::string HexOf(std::span<const std::uint8_t> bytes) {
  std::string hex(bytes.size() * 2, '0');
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    hex[2 * i] = kHexDigits[bytes[i] >> 4];
    hex[2 * i + 1] = kHexDigits[bytes[i] & 15];
  }
  return hex;
}

std::uint64_t BigEndian(const std::uint8_t* bytes) {
  std::uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = (number << 8) | bytes[i];
  return number;
}

}  // namespace

std::uint64_t TraceId::High() const { return BigEndian(bytes.data()); }
std::uint64_t TraceId::Low() const { return BigEndian(bytes.data() + 8); }

std::optional<TraceId> TraceId::FromBytes(std::string_view text) {
  TraceId id;
  if (text.size() != id.bytes.size()) return std::nullopt;
  std::memcpy(id.bytes.data(), text.data(), id.bytes.size());
  return id;
}

std::optional<TraceId> TraceId::FromHex(std::string_view hex) {
  TraceId id;
  if (!ParseHex(hex, id.bytes)) return std::nullopt;
  return id;
}

std::string TraceId::ToHex() const { return HexOf(bytes); }

std::string TraceId::ToShortHex() const {
  std::string hex = ToHex();
  const std::size_t first = hex.find_first_not_of('0');
  return hex.substr(first == std::string::npos ? hex.size() - 1 : first);
}

std::uint64_t SpanId::Number() const { return BigEndian(bytes.data()); }

SpanId SpanId::FromNumber(std::uint64_t number) {
  SpanId id;
  for (std::size_t i = id.bytes.size(); i-- > 0; number >>= 8) {
    id.bytes[i] = static_cast<std::uint8_t>(number);
  }
  return id;
}

std::optional<SpanId> SpanId::FromBytes(std::string_view text) {
  SpanId id;
  if (text.size() != id.bytes.size()) return std::nullopt;
  std::memcpy(id.bytes.data(), text.data(), id.bytes.size());
  return id;
}

std::optional<SpanId> SpanId::FromHex(std::string_view hex) {
  SpanId id;
  if (!ParseHex(hex, id.bytes)) return std::nullopt;
  return id;
}

std::string SpanId::ToHex() const { return HexOf(bytes); }

}  // namespace vivace

#pragma once
// Views of bytes, and checked reading and writing of little-endian integers,
// varints and length-prefixed runs. Everything we store uses these.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vivace {

using ByteView = std::span<const std::byte>;

inline ByteView AsBytes(std::string_view text) {
  return std::as_bytes(std::span<const char>(text.data(), text.size()));
}
inline std::string_view AsText(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A run of bytes in a file.
struct Extent {
  std::uint64_t offset = 0;
  std::uint64_t size = 0;
  bool operator==(const Extent&) const = default;
};

/// Reads from a byte view from front to back; the view outlives the reader.
/// Every function fails with kCorruption when the bytes end too early, naming the offset.
class ByteReader {
 public:
  explicit ByteReader(ByteView bytes) : bytes_(bytes) {}

  Result<std::uint8_t> ReadU8();
  Result<std::uint16_t> ReadU16();
  Result<std::uint32_t> ReadU32();
  Result<std::uint64_t> ReadU64();
  /// LEB128, at most ten bytes; kCorruption if longer or over 64 bits.
  Result<std::uint64_t> ReadVarint();
  Result<Extent> ReadExtent();
  /// Returns the next `size` bytes as a view into the input.
  Result<ByteView> ReadBytes(std::uint64_t size);
  /// Varint length, then as many bytes.
  Result<std::string_view> ReadText();
  /// Reads text.size() bytes and fails with kCorruption if they are not `magic`.
  Status ExpectMagic(std::string_view magic);

  std::size_t offset() const { return offset_; }
  std::size_t remaining() const { return bytes_.size() - offset_; }
  bool AtEnd() const { return remaining() == 0; }

 private:
  Status Need(std::uint64_t size) const;

  ByteView bytes_;
  std::size_t offset_ = 0;
};

/// Appends to a growing byte string.
class ByteWriter {
 public:
  void U8(std::uint8_t value) { out_.push_back(static_cast<char>(value)); }
  void U16(std::uint16_t value);
  void U32(std::uint32_t value);
  void U64(std::uint64_t value);
  void Varint(std::uint64_t value);
  void WriteExtent(Extent extent);
  void Bytes(ByteView bytes) { out_.append(AsText(bytes)); }
  void Raw(std::string_view text) { out_.append(text); }
  /// Varint length, then the bytes.
  void Text(std::string_view text);
  /// Overwrites four bytes written earlier, such as a length or checksum.
  void PatchU32(std::size_t offset, std::uint32_t value);

  std::size_t size() const { return out_.size(); }
  ByteView view() const { return AsBytes(out_); }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

/// Maps signed to unsigned so that small magnitudes stay small.
constexpr std::uint64_t ZigZagEncode(std::int64_t value) {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
constexpr std::int64_t ZigZagDecode(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

}  // namespace vivace

#include "base/bytes.h"

#include <cstring>

#include <fmt/core.h>

namespace vivace {
namespace {

template <typename T>
T LoadLittleEndian(const std::byte* at) {
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value | static_cast<T>(static_cast<T>(at[i]) << (8 * i)));
  }
  return value;
}

template <typename T>
void AppendLittleEndian(std::string& out, T value) {
  char buffer[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    buffer[i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  }
  out.append(buffer, sizeof(T));
}

}  // namespace

Status ByteReader::Need(std::uint64_t size) const {
  if (size <= remaining()) return {};
  return Error(ErrorCode::kCorruption,
               fmt::format("at byte {}: needs {} bytes, {} are left", offset_, size, remaining()));
}

Result<std::uint8_t> ByteReader::ReadU8() {
  RETURN_IF_ERROR(Need(1));
  return static_cast<std::uint8_t>(bytes_[offset_++]);
}

Result<std::uint16_t> ByteReader::ReadU16() {
  RETURN_IF_ERROR(Need(2));
  const auto value = LoadLittleEndian<std::uint16_t>(bytes_.data() + offset_);
  offset_ += 2;
  return value;
}

Result<std::uint32_t> ByteReader::ReadU32() {
  RETURN_IF_ERROR(Need(4));
  const auto value = LoadLittleEndian<std::uint32_t>(bytes_.data() + offset_);
  offset_ += 4;
  return value;
}

Result<std::uint64_t> ByteReader::ReadU64() {
  RETURN_IF_ERROR(Need(8));
  const auto value = LoadLittleEndian<std::uint64_t>(bytes_.data() + offset_);
  offset_ += 8;
  return value;
}

Result<std::uint64_t> ByteReader::ReadVarint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    RETURN_IF_ERROR(Need(1));
    const auto byte = static_cast<std::uint8_t>(bytes_[offset_++]);
    if (shift == 63 && byte > 1) break;
    value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return Error(ErrorCode::kCorruption,
               fmt::format("varint that ends at byte {} is over 64 bits", offset_));
}

Result<Extent> ByteReader::ReadExtent() {
  Extent extent;
  ASSIGN_OR_RETURN(extent.offset, ReadU64());
  ASSIGN_OR_RETURN(extent.size, ReadU64());
  return extent;
}

Result<ByteView> ByteReader::ReadBytes(std::uint64_t size) {
  RETURN_IF_ERROR(Need(size));
  const ByteView bytes = bytes_.subspan(offset_, static_cast<std::size_t>(size));
  offset_ += static_cast<std::size_t>(size);
  return bytes;
}

Result<std::string_view> ByteReader::ReadText() {
  ASSIGN_OR_RETURN(const std::uint64_t size, ReadVarint());
  ASSIGN_OR_RETURN(const ByteView bytes, ReadBytes(size));
  return AsText(bytes);
}

Status ByteReader::ExpectMagic(std::string_view magic) {
  const std::size_t at = offset_;
  ASSIGN_OR_RETURN(const ByteView bytes, ReadBytes(magic.size()));
  if (AsText(bytes) == magic) return {};
  return Error(ErrorCode::kCorruption,
               fmt::format("at byte {}: expected the magic bytes \"{}\"", at, magic));
}

void ByteWriter::U16(std::uint16_t value) { AppendLittleEndian(out_, value); }
void ByteWriter::U32(std::uint32_t value) { AppendLittleEndian(out_, value); }
void ByteWriter::U64(std::uint64_t value) { AppendLittleEndian(out_, value); }

void ByteWriter::Varint(std::uint64_t value) {
  while (value >= 0x80) {
    U8(static_cast<std::uint8_t>(value | 0x80));
    value >>= 7;
  }
  U8(static_cast<std::uint8_t>(value));
}

void ByteWriter::WriteExtent(Extent extent) {
  U64(extent.offset);
  U64(extent.size);
}

void ByteWriter::Text(std::string_view text) {
  Varint(text.size());
  out_.append(text);
}

void ByteWriter::PatchU32(std::size_t offset, std::uint32_t value) {
  CHECK(offset + 4 <= out_.size());
  for (std::size_t i = 0; i < 4; ++i) {
    out_[offset + i] = static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  }
}

}  // namespace vivace

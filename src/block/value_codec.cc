#include "block/value_codec.h"

#include <fmt/format.h>

#include <bit>
#include <string>
#include <utility>

#include "base/check.h"
#include "block/attribute_table.h"

namespace vivace::block {
namespace {

Result<AttributeValue> DecodeNested(ByteReader& in, int depth);

Result<ArrayValue> DecodeArray(ByteReader& in, int depth) {
  ASSIGN_OR_RETURN(const std::uint64_t count, in.ReadVarint());
  ArrayValue array;
  // No reservation by the claimed count: each value takes at least a byte to read.
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(AttributeValue value, DecodeNested(in, depth));
    array.values.push_back(std::move(value));
  }
  return array;
}

Result<MapValue> DecodeMap(ByteReader& in, int depth) {
  ASSIGN_OR_RETURN(const std::uint64_t count, in.ReadVarint());
  MapValue map;
  for (std::uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const std::string_view key, in.ReadText());
    ASSIGN_OR_RETURN(AttributeValue value, DecodeNested(in, depth));
    map.entries.push_back({std::string(key), std::move(value)});
  }
  return map;
}

Result<AttributeValue> DecodeNested(ByteReader& in, int depth) {
  if (depth > kValueDepthMax) {
    return Error(ErrorCode::kCorruption,
                 fmt::format("stored value is nested deeper than {}", kValueDepthMax));
  }
  ASSIGN_OR_RETURN(const std::uint8_t type, in.ReadU8());
  switch (static_cast<ValueType>(type)) {
    case ValueType::kString: {
      ASSIGN_OR_RETURN(const std::string_view text, in.ReadText());
      return AttributeValue{std::string(text)};
    }
    case ValueType::kBool: {
      ASSIGN_OR_RETURN(const std::uint8_t value, in.ReadU8());
      if (value > 1) break;
      return AttributeValue{value == 1};
    }
    case ValueType::kInt: {
      ASSIGN_OR_RETURN(const std::uint64_t value, in.ReadVarint());
      return AttributeValue{ZigZagDecode(value)};
    }
    case ValueType::kDouble: {
      ASSIGN_OR_RETURN(const std::uint64_t bits, in.ReadU64());
      return AttributeValue{std::bit_cast<double>(bits)};
    }
    case ValueType::kBytes: {
      ASSIGN_OR_RETURN(const std::string_view bytes, in.ReadText());
      return AttributeValue{BytesValue{std::string(bytes)}};
    }
    case ValueType::kArray: {
      ASSIGN_OR_RETURN(ArrayValue array, DecodeArray(in, depth + 1));
      return AttributeValue{std::move(array)};
    }
    case ValueType::kMap: {
      ASSIGN_OR_RETURN(MapValue map, DecodeMap(in, depth + 1));
      return AttributeValue{std::move(map)};
    }
    case ValueType::kEmpty:
      return AttributeValue{};
  }
  return Error(ErrorCode::kCorruption,
               fmt::format("stored value before offset {} is of no known type", in.offset()));
}

bool FitsIn(const AttributeValue& value, int depth_left) {
  if (depth_left == 0) return false;
  if (const ArrayValue* array = value.AsArray()) {
    for (const AttributeValue& element : array->values) {
      if (!FitsIn(element, depth_left - 1)) return false;
    }
  } else if (const MapValue* map = value.AsMap()) {
    for (const Attribute& entry : map->entries) {
      if (!FitsIn(entry.value, depth_left - 1)) return false;
    }
  }
  return true;
}

void EncodeNested(const AttributeValue& value, ByteWriter& out) {
  const ValueType type = TypeOf(value);
  out.U8(static_cast<std::uint8_t>(type));
  switch (type) {
    case ValueType::kString:
      out.Text(*value.AsString());
      break;
    case ValueType::kBool:
      out.U8(*value.AsBool() ? 1 : 0);
      break;
    case ValueType::kInt:
      out.Varint(ZigZagEncode(*value.AsInt()));
      break;
    case ValueType::kDouble:
      out.U64(std::bit_cast<std::uint64_t>(*value.AsDouble()));
      break;
    case ValueType::kBytes:
      out.Text(value.AsBytes()->bytes);
      break;
    case ValueType::kArray:
      out.Varint(value.AsArray()->values.size());
      for (const AttributeValue& element : value.AsArray()->values) EncodeNested(element, out);
      break;
    case ValueType::kMap:
      out.Varint(value.AsMap()->entries.size());
      for (const Attribute& entry : value.AsMap()->entries) {
        out.Text(entry.key);
        EncodeNested(entry.value, out);
      }
      break;
    case ValueType::kEmpty:
      break;
  }
}

}  // namespace

bool DepthFits(const AttributeValue& value) { return FitsIn(value, kValueDepthMax); }

void EncodeValue(const AttributeValue& value, ByteWriter& out) {
  CHECK(DepthFits(value));
  EncodeNested(value, out);
}

Result<AttributeValue> DecodeValue(ByteReader& in) { return DecodeNested(in, 1); }

}  // namespace vivace::block

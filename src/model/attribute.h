#pragma once
// Attribute values with OTLP's types, exactly.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace vivace {

struct Attribute;
struct AttributeValue;

/// The bytes of a bytes value; a type of its own so that it is never taken for text.
struct BytesValue {
  std::string bytes;
  bool operator==(const BytesValue&) const = default;
};

struct ArrayValue {
  std::vector<AttributeValue> values;
  bool operator==(const ArrayValue&) const;
};

/// A map, kept as a list: order and repeated keys come back as they were sent.
struct MapValue {
  std::vector<Attribute> entries;
  bool operator==(const MapValue&) const;
};

/// One value. monostate is OTLP's empty value (no field of the oneof set).
/// Doubles compare by bits, so that NaN equals itself and -0 differs from 0.
struct AttributeValue {
  std::variant<std::monostate, std::string, bool, std::int64_t, double, BytesValue, ArrayValue,
               MapValue>
      value;

  bool operator==(const AttributeValue& other) const;

  bool IsEmpty() const { return std::holds_alternative<std::monostate>(value); }
  const std::string* AsString() const { return std::get_if<std::string>(&value); }
  const bool* AsBool() const { return std::get_if<bool>(&value); }
  const std::int64_t* AsInt() const { return std::get_if<std::int64_t>(&value); }
  const double* AsDouble() const { return std::get_if<double>(&value); }
  const BytesValue* AsBytes() const { return std::get_if<BytesValue>(&value); }
  const ArrayValue* AsArray() const { return std::get_if<ArrayValue>(&value); }
  const MapValue* AsMap() const { return std::get_if<MapValue>(&value); }
};

struct Attribute {
  std::string key;
  AttributeValue value;
  bool operator==(const Attribute&) const = default;
};

/// The first attribute named `key`, or null.
const AttributeValue* FindAttribute(const std::vector<Attribute>& attributes, std::string_view key);

}  // namespace vivace

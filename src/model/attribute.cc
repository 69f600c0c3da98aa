#include "model/attribute.h"

#include <bit>

namespace vivace {

bool ArrayValue::operator==(const ArrayValue& other) const { return values == other.values; }
bool MapValue::operator==(const MapValue& other) const { return entries == other.entries; }

bool AttributeValue::operator==(const AttributeValue& other) const {
  const double* mine = AsDouble();
  const double* theirs = other.AsDouble();
  if (mine != nullptr && theirs != nullptr) {
    return std::bit_cast<std::uint64_t>(*mine) == std::bit_cast<std::uint64_t>(*theirs);
  }
  return value == other.value;
}

const AttributeValue* FindAttribute(const std::vector<Attribute>& attributes,
                                    std::string_view key) {
  for (const Attribute& attribute : attributes) {
    if (attribute.key == key) return &attribute.value;
  }
  return nullptr;
}

}  // namespace vivace

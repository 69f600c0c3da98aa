#include "block/attribute_table.h"

#include <algorithm>
#include <bit>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "block/value_codec.h"

namespace vivace::block {

ValueType TypeOf(const AttributeValue& value) {
  switch (value.value.index()) {
    case 1:
      return ValueType::kString;
    case 2:
      return ValueType::kBool;
    case 3:
      return ValueType::kInt;
    case 4:
      return ValueType::kDouble;
    case 5:
      return ValueType::kBytes;
    case 6:
      return ValueType::kArray;
    case 7:
      return ValueType::kMap;
    default:
      return ValueType::kEmpty;
  }
}

std::string_view ValueTypeName(ValueType type) {
  switch (type) {
    case ValueType::kString:
      return "string";
    case ValueType::kBool:
      return "bool";
    case ValueType::kInt:
      return "int";
    case ValueType::kDouble:
      return "double";
    case ValueType::kBytes:
      return "bytes";
    case ValueType::kArray:
      return "array";
    case ValueType::kMap:
      return "map";
    case ValueType::kEmpty:
      return "empty";
  }
  return "unknown";
}

AttributeValue AttributeColumn::Value(std::size_t index) const {
  switch (type) {
    case ValueType::kString:
      return {std::string(dictionary[codes[index]])};
    case ValueType::kBool:
      return {codes[index] != 0};
    case ValueType::kInt:
      return {static_cast<std::int64_t>(numbers[index])};
    default:
      CHECK(type == ValueType::kDouble);
      return {std::bit_cast<double>(numbers[index])};
  }
}

std::size_t AttributeColumn::memory_bytes() const {
  return sizeof(*this) + dictionary.memory_bytes() + codes.memory_bytes() +
         numbers.capacity() * sizeof(std::uint64_t);
}

bool AttributeTable::Prepare() {
  const std::size_t counters = columns.size() + 1;
  std::vector<std::uint32_t> counts(counters, 0);
  std::vector<std::uint32_t> shape_owners(shape_count(), 0);
  checkpoints.clear();
  checkpoints.reserve((owners() / kCheckpointOwners + 1) * counters);
  // Owners are counted by shape between two checkpoints, so that a value costs nothing here.
  for (std::size_t begin = 0;; begin += kCheckpointOwners) {
    checkpoints.insert(checkpoints.end(), counts.begin(), counts.end());
    const std::size_t end = std::min(begin + kCheckpointOwners, owners());
    for (std::size_t owner = begin; owner < end; ++owner) ++shape_owners[shapes[owner]];
    for (std::size_t owner = begin; owner < end; ++owner) {
      std::uint32_t& times = shape_owners[shapes[owner]];
      if (times == 0) continue;
      for (const std::uint32_t column : Shape(shapes[owner])) {
        counts[column == kOverflow ? columns.size() : column] += times;
      }
      times = 0;
    }
    if (begin + kCheckpointOwners > owners()) break;
  }
  for (std::size_t c = 0; c < columns.size(); ++c) {
    if (counts[c] != columns[c].size()) return false;
  }
  return counts.back() == overflow_keys.size() && counts.back() == overflow_values.size();
}

std::size_t AttributeTable::memory_bytes() const {
  std::size_t bytes =
      shapes.memory_bytes() + overflow_keys.memory_bytes() + overflow_values.memory_bytes() +
      sizeof(std::uint32_t) *
          (shape_begin.capacity() + shape_columns.capacity() + checkpoints.capacity());
  for (const AttributeColumn& column : columns) bytes += column.memory_bytes();
  return bytes;
}

AttributeCursor::AttributeCursor(const AttributeTable& table, const columnar::StringTable& keys)
    : table_(table), keys_(keys), positions_(table.columns.size() + 1, 0) {}

void AttributeCursor::Seek(std::size_t owner) {
  CHECK(owner < table_.owners());
  constexpr std::size_t kStep = AttributeTable::kCheckpointOwners;
  if (owner < owner_ || owner / kStep != owner_ / kStep) {
    const std::size_t checkpoint = owner / kStep;
    const auto from =
        table_.checkpoints.begin() + static_cast<std::ptrdiff_t>(checkpoint * positions_.size());
    std::copy_n(from, positions_.size(), positions_.begin());
    owner_ = checkpoint * kStep;
  }
  for (; owner_ < owner; ++owner_) {
    for (const std::uint32_t column : table_.Shape(table_.shapes[owner_])) {
      ++positions_[column == AttributeTable::kOverflow ? positions_.size() - 1 : column];
    }
  }
}

AttributeValue AttributeCursor::ValueAt(std::uint32_t column, std::uint32_t index) const {
  if (column != AttributeTable::kOverflow) return table_.columns[column].Value(index);
  ByteReader in(AsBytes(table_.overflow_values[index]));
  auto value = DecodeValue(in);
  CHECK(value.ok());  // RowGroup::Make has decoded every stored value.
  return std::move(value).value();
}

void AttributeCursor::Append(std::size_t owner, std::vector<Attribute>& out) {
  if (table_.shapes[owner] == 0) return;
  Seek(owner);
  const std::span<const std::uint32_t> shape = table_.Shape(table_.shapes[owner]);
  out.reserve(out.size() + shape.size());
  for (const std::uint32_t column : shape) {
    const bool overflow = column == AttributeTable::kOverflow;
    const std::uint32_t index = positions_[overflow ? positions_.size() - 1 : column]++;
    const std::uint32_t key = overflow ? table_.overflow_keys[index] : table_.columns[column].key;
    out.push_back({std::string(keys_[key]), ValueAt(column, index)});
  }
  owner_ = owner + 1;
}

bool AttributeCursor::Find(std::size_t owner, std::uint32_t key, AttributeValue& out) {
  Seek(owner);
  std::uint32_t overflow_index = positions_.back();
  for (const std::uint32_t column : table_.Shape(table_.shapes[owner])) {
    if (column != AttributeTable::kOverflow) {
      if (table_.columns[column].key != key) continue;
      out = ValueAt(column, positions_[column]);
      return true;
    }
    if (table_.overflow_keys[overflow_index] == key) {
      out = ValueAt(column, overflow_index);
      return true;
    }
    ++overflow_index;
  }
  return false;
}

}  // namespace vivace::block

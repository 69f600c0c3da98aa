#include "block/attribute_table_builder.h"

#include <algorithm>
#include <bit>
#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "block/value_codec.h"

namespace vivace::block {
namespace {

// Shapes that are compared before keys are looked up. A service has a handful of
// instrumentations; more would cost more than the look-up saves.
constexpr std::size_t kRecentShapes = 8;

constexpr std::size_t kTypes = 9;  // ValueType's numbers are below this.

bool HasColumn(ValueType type) { return type <= ValueType::kDouble; }

}  // namespace

struct AttributeTableBuilder::FinalColumns {
  std::vector<std::uint32_t> of_column;  // by column: its final number or kOverflow
  std::vector<std::uint32_t> chosen;     // final number -> column
};

AttributeTableBuilder::AttributeTableBuilder(columnar::StringTableBuilder& keys)
    : keys_(keys), shape_begin_({0, 0}) {
  shape_index_.Add("");  // Shape 0: no attributes.
}

std::span<const std::uint32_t> AttributeTableBuilder::ShapeColumns(std::uint32_t shape) const {
  return std::span(shape_columns_)
      .subspan(shape_begin_[shape], shape_begin_[shape + 1] - shape_begin_[shape]);
}

bool AttributeTableBuilder::Fits(std::uint32_t shape,
                                 const std::vector<Attribute>& attributes) const {
  const std::span<const std::uint32_t> columns = ShapeColumns(shape);
  if (columns.size() != attributes.size()) return false;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = columns_[columns[i]];
    if (column.type != TypeOf(attributes[i].value)) return false;
    if (keys_.table()[column.key] != attributes[i].key) return false;
  }
  return true;
}

std::uint32_t AttributeTableBuilder::FindColumn(const Attribute& attribute) {
  const ValueType type = TypeOf(attribute.value);
  const std::uint32_t key = keys_.Add(attribute.key);
  const std::size_t slot = key * kTypes + static_cast<std::size_t>(type);
  if (slot >= column_of_key_.size()) column_of_key_.resize((key + 1) * kTypes, 0);
  if (column_of_key_[slot] == 0) {
    columns_.push_back({.key = key, .type = type, .dictionary = {}});
    column_of_key_[slot] = static_cast<std::uint32_t>(columns_.size());
  }
  return column_of_key_[slot] - 1;
}

std::uint32_t AttributeTableBuilder::FindShape(const std::vector<Attribute>& attributes) {
  for (std::size_t i = 0; i < recent_shapes_.size(); ++i) {
    const std::uint32_t shape = recent_shapes_[i];
    if (!Fits(shape, attributes)) continue;
    std::rotate(recent_shapes_.begin(), recent_shapes_.begin() + static_cast<std::ptrdiff_t>(i),
                recent_shapes_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
    return shape;
  }
  scratch_.clear();
  for (const Attribute& attribute : attributes) scratch_.push_back(FindColumn(attribute));
  const std::uint32_t shape = shape_index_.Add(AsText(std::as_bytes(std::span(scratch_))));
  if (shape + 1 == shape_begin_.size()) {
    shape_columns_.insert(shape_columns_.end(), scratch_.begin(), scratch_.end());
    shape_begin_.push_back(static_cast<std::uint32_t>(shape_columns_.size()));
  }
  if (recent_shapes_.size() == kRecentShapes) recent_shapes_.pop_back();
  recent_shapes_.insert(recent_shapes_.begin(), shape);
  return shape;
}

std::uint64_t AttributeTableBuilder::Cell(Column& column, const AttributeValue& value) {
  switch (column.type) {
    case ValueType::kString:
      return column.dictionary.Add(*value.AsString());
    case ValueType::kBool:
      return *value.AsBool() ? 1 : 0;
    case ValueType::kInt:
      return static_cast<std::uint64_t>(*value.AsInt());
    case ValueType::kDouble:
      return std::bit_cast<std::uint64_t>(*value.AsDouble());
    default: {
      ByteWriter encoded;
      EncodeValue(value, encoded);
      return overflow_.Add(AsText(encoded.view()));
    }
  }
}

void AttributeTableBuilder::Add(const std::vector<Attribute>& attributes) {
  owner_cells_.push_back(cells_.size());
  if (attributes.empty()) {
    owner_shapes_.push_back(0);
    return;
  }
  const std::uint32_t shape = FindShape(attributes);
  owner_shapes_.push_back(shape);
  const std::span<const std::uint32_t> columns = ShapeColumns(shape);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    cells_.push_back(Cell(columns_[columns[i]], attributes[i].value));
  }
}

AttributeTableBuilder::FinalColumns AttributeTableBuilder::ChooseColumns(
    std::size_t column_values_min) const {
  std::vector<std::uint64_t> shape_owners(shape_begin_.size() - 1, 0);
  for (const std::uint32_t shape : owner_shapes_) ++shape_owners[shape];
  std::vector<std::uint64_t> counts(columns_.size(), 0);
  for (std::uint32_t shape = 0; shape < shape_owners.size(); ++shape) {
    for (const std::uint32_t column : ShapeColumns(shape)) counts[column] += shape_owners[shape];
  }

  FinalColumns result;
  for (std::uint32_t c = 0; c < columns_.size(); ++c) {
    if (HasColumn(columns_[c].type) && counts[c] >= column_values_min) result.chosen.push_back(c);
  }
  if (result.chosen.size() > kAttributeColumnsMax) {
    std::stable_sort(result.chosen.begin(), result.chosen.end(),
                     [&counts](std::uint32_t a, std::uint32_t b) { return counts[a] > counts[b]; });
    result.chosen.resize(kAttributeColumnsMax);
  }
  std::sort(result.chosen.begin(), result.chosen.end(), [this](std::uint32_t a, std::uint32_t b) {
    const std::string_view key_a = keys_.table()[columns_[a].key];
    const std::string_view key_b = keys_.table()[columns_[b].key];
    return key_a != key_b ? key_a < key_b : columns_[a].type < columns_[b].type;
  });
  result.of_column.assign(columns_.size(), AttributeTable::kOverflow);
  for (std::uint32_t i = 0; i < result.chosen.size(); ++i) result.of_column[result.chosen[i]] = i;
  return result;
}

void AttributeTableBuilder::PushOverflow(const Column& column, std::uint64_t cell,
                                         AttributeTable& table,
                                         columnar::StringTableBuilder& values) const {
  table.overflow_keys.PushBack(column.key);
  const auto code = static_cast<std::uint32_t>(cell);
  if (!HasColumn(column.type)) {
    table.overflow_values.codes.PushBack(values.Add(overflow_.table()[code]));
    return;
  }
  AttributeValue value;
  if (column.type == ValueType::kString) value.value = std::string(column.dictionary.table()[code]);
  if (column.type == ValueType::kBool) value.value = cell != 0;
  if (column.type == ValueType::kInt) value.value = static_cast<std::int64_t>(cell);
  if (column.type == ValueType::kDouble) value.value = std::bit_cast<double>(cell);
  ByteWriter encoded;
  EncodeValue(value, encoded);
  table.overflow_values.codes.PushBack(values.Add(AsText(encoded.view())));
}

AttributeTable AttributeTableBuilder::Finish(std::span<const std::uint32_t> order,
                                             std::size_t column_values_min) {
  CHECK(order.size() == owner_shapes_.size());
  const FinalColumns final_columns = ChooseColumns(column_values_min);
  AttributeTable table;
  for (const std::uint32_t c : final_columns.chosen) {
    AttributeColumn column;
    column.key = columns_[c].key;
    column.type = columns_[c].type;
    table.columns.push_back(std::move(column));
  }

  // Shapes are numbered anew, as owners meet them; several fall together when the columns in
  // which they differ have gone to the overflow.
  constexpr std::uint32_t kUnmapped = AttributeTable::kOverflow;
  std::vector<std::uint32_t> new_shapes(shape_begin_.size() - 1, kUnmapped);
  new_shapes[0] = 0;
  columnar::StringTableBuilder shape_index;
  shape_index.Add("");
  columnar::StringTableBuilder overflow_values;
  std::vector<std::uint32_t> shape_columns;
  for (const std::uint32_t owner : order) {
    const std::uint32_t shape = owner_shapes_[owner];
    const std::span<const std::uint32_t> columns = ShapeColumns(shape);
    if (new_shapes[shape] == kUnmapped) {
      shape_columns.clear();
      for (const std::uint32_t c : columns) shape_columns.push_back(final_columns.of_column[c]);
      new_shapes[shape] = shape_index.Add(AsText(std::as_bytes(std::span(shape_columns))));
      if (new_shapes[shape] + 1 == table.shape_begin.size()) {
        table.shape_columns.insert(table.shape_columns.end(), shape_columns.begin(),
                                   shape_columns.end());
        table.shape_begin.push_back(static_cast<std::uint32_t>(table.shape_columns.size()));
      }
    }
    table.shapes.PushBack(new_shapes[shape]);
    const std::uint64_t* cell = cells_.data() + owner_cells_[owner];
    for (const std::uint32_t c : columns) {
      const std::uint32_t to = final_columns.of_column[c];
      if (to == AttributeTable::kOverflow) {
        PushOverflow(columns_[c], *cell, table, overflow_values);
      } else if (AttributeColumn& column = table.columns[to];
                 column.type == ValueType::kString || column.type == ValueType::kBool) {
        column.codes.PushBack(static_cast<std::uint32_t>(*cell));
      } else {
        column.numbers.push_back(*cell);
      }
      ++cell;
    }
  }

  for (std::uint32_t i = 0; i < final_columns.chosen.size(); ++i) {
    AttributeColumn& column = table.columns[i];
    column.dictionary = columns_[final_columns.chosen[i]].dictionary.Take();
    column.dictionary.ShrinkToFit();
    column.codes.ShrinkToFit();
    column.numbers.shrink_to_fit();
  }
  table.overflow_values.dictionary = overflow_values.Take();
  table.overflow_values.dictionary.ShrinkToFit();
  table.overflow_values.codes.ShrinkToFit();
  table.overflow_keys.ShrinkToFit();
  table.shapes.ShrinkToFit();
  CHECK(table.Prepare());
  return table;
}

std::size_t AttributeTableBuilder::memory_bytes() const {
  std::size_t bytes =
      shape_index_.memory_bytes() + overflow_.memory_bytes() +
      sizeof(std::uint32_t) * (column_of_key_.capacity() + shape_begin_.capacity() +
                               shape_columns_.capacity() + owner_shapes_.capacity()) +
      sizeof(std::uint64_t) * (owner_cells_.capacity() + cells_.capacity());
  for (const Column& column : columns_) bytes += sizeof(Column) + column.dictionary.memory_bytes();
  return bytes;
}

}  // namespace vivace::block

#pragma once
// Building of attribute columns from attributes as they come.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "block/attribute_table.h"
#include "columnar/string_table.h"
#include "model/attribute.h"

namespace vivace::block {

/// Gathers the attributes of owners in any order and makes columns in another. Not thread-safe.
///
/// Owners of one instrumentation carry the same keys in the same order, so a few shapes that
/// were seen last are compared first, and a known shape needs no look-up of keys.
class AttributeTableBuilder {
 public:
  /// `keys` numbers the keys of all tables of the row group and outlives the builder.
  explicit AttributeTableBuilder(columnar::StringTableBuilder& keys);

  /// Takes the attributes of the next owner; their values fit kValueDepthMax.
  void Add(const std::vector<Attribute>& attributes);

  /// Makes the table with the owners in `order` (each once). Keys and types with fewer than
  /// `column_values_min` values go to the overflow. Called once.
  AttributeTable Finish(std::span<const std::uint32_t> order, std::size_t column_values_min);

  std::size_t memory_bytes() const;

 private:
  struct Column {
    std::uint32_t key = 0;
    ValueType type = ValueType::kString;
    columnar::StringTableBuilder dictionary;  // kString
  };
  struct FinalColumns;

  std::span<const std::uint32_t> ShapeColumns(std::uint32_t shape) const;
  bool Fits(std::uint32_t shape, const std::vector<Attribute>& attributes) const;
  std::uint32_t FindShape(const std::vector<Attribute>& attributes);
  std::uint32_t FindColumn(const Attribute& attribute);
  std::uint64_t Cell(Column& column, const AttributeValue& value);
  FinalColumns ChooseColumns(std::size_t column_values_min) const;
  void PushOverflow(const Column& column, std::uint64_t cell, AttributeTable& table,
                    columnar::StringTableBuilder& values) const;

  columnar::StringTableBuilder& keys_;
  std::vector<Column> columns_;
  std::vector<std::uint32_t> column_of_key_;  // by key * types + type; plus one, 0: none

  // Shapes: each a run of shape_columns_; found by the bytes of the run in shape_index_.
  columnar::StringTableBuilder shape_index_;
  std::vector<std::uint32_t> shape_begin_;
  std::vector<std::uint32_t> shape_columns_;
  std::vector<std::uint32_t> recent_shapes_;  // most recent first
  std::vector<std::uint32_t> scratch_;

  std::vector<std::uint32_t> owner_shapes_;
  std::vector<std::uint64_t> owner_cells_;  // first cell of each owner
  // Values in the order they came: a code (string, overflow), 0 or 1 (bool), the number or
  // the bits of the double.
  std::vector<std::uint64_t> cells_;
  columnar::StringTableBuilder overflow_;  // encoded values of types without columns
};

}  // namespace vivace::block

#pragma once
// The attributes of all spans (or events, links, resources, scopes) of a row group, as columns.
//
// An owner (a span, an event, ...) has a shape: the list of the columns of its attributes in
// the order in which they were sent. A column holds the values of one key and type, in owner
// order, only where there is one. Shape and columns together give every attribute back in its
// order, repeated keys included. What has no column (arrays, maps, bytes, empty values, rare
// keys) lies in the overflow: key, and the value encoded by value_codec.h.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "columnar/code_vector.h"
#include "columnar/string_table.h"
#include "model/attribute.h"

namespace vivace::block {

/// Whose attribute it is; numbers as stored.
enum class AttributeLevel : std::uint8_t {
  kSpan = 0,
  kResource = 1,
  kScope = 2,
  kEvent = 3,
  kLink = 4,
};
inline constexpr std::size_t kAttributeLevels = 5;

/// Columns of one table at most; the keys beyond (the rarest) share the overflow.
inline constexpr std::size_t kAttributeColumnsMax = 4096;

/// The type of a value; numbers as stored. Columns exist for the first four.
enum class ValueType : std::uint8_t {
  kString = 1,
  kBool = 2,
  kInt = 3,
  kDouble = 4,
  kBytes = 5,
  kArray = 6,
  kMap = 7,
  kEmpty = 8,
};
ValueType TypeOf(const AttributeValue& value);
/// "string", "bool", "int", "double", "bytes", "array", "map", "empty".
std::string_view ValueTypeName(ValueType type);

/// The values of one key and type, in owner order.
struct AttributeColumn {
  std::uint32_t key = 0;  ///< Number in RowGroupColumns::keys.
  ValueType type = ValueType::kString;
  columnar::StringTable dictionary;    ///< kString only.
  columnar::CodeVector codes;          ///< kString: into dictionary. kBool: 0 or 1.
  std::vector<std::uint64_t> numbers;  ///< kInt: two's complement. kDouble: the bits.

  std::size_t size() const {
    return type == ValueType::kInt || type == ValueType::kDouble ? numbers.size() : codes.size();
  }
  /// The value at `index` as the model has it.
  AttributeValue Value(std::size_t index) const;
  std::size_t memory_bytes() const;
  bool operator==(const AttributeColumn&) const = default;
};

/// The attributes of one level. Plain data: filled by AttributeTableBuilder or by the reader,
/// then Prepare()d, then never changed; reading is thread-safe.
struct AttributeTable {
  /// In a shape: the attribute lies in the overflow.
  static constexpr std::uint32_t kOverflow = std::numeric_limits<std::uint32_t>::max();
  /// Owners between two checkpoints of value positions.
  static constexpr std::size_t kCheckpointOwners = 1024;

  columnar::CodeVector shapes;  ///< Per owner: its shape. Shape 0 has no attributes.
  /// Shape s is shape_columns[shape_begin[s] .. shape_begin[s + 1]).
  std::vector<std::uint32_t> shape_begin = {0, 0};
  std::vector<std::uint32_t> shape_columns;
  std::vector<AttributeColumn> columns;  ///< Sorted by key text, then type.

  columnar::CodeVector overflow_keys;      ///< Number of the key, per overflow value.
  columnar::StringColumn overflow_values;  ///< Encoded values, in owner order.

  /// Per checkpoint, for each column and then the overflow: values before that owner.
  std::vector<std::uint32_t> checkpoints;

  std::size_t owners() const { return shapes.size(); }
  std::size_t shape_count() const { return shape_begin.size() - 1; }
  std::span<const std::uint32_t> Shape(std::uint32_t shape) const {
    return std::span(shape_columns)
        .subspan(shape_begin[shape], shape_begin[shape + 1] - shape_begin[shape]);
  }
  /// Fills `checkpoints`. False if the columns do not hold as many values as the shapes say.
  bool Prepare();
  std::size_t memory_bytes() const;
  bool operator==(const AttributeTable&) const = default;
};

/// Reads the attributes of owners of a table, cheapest in ascending order. Not thread-safe;
/// make one per thread. The table and the keys outlive it.
class AttributeCursor {
 public:
  AttributeCursor(const AttributeTable& table, const columnar::StringTable& keys);

  /// Appends the attributes of `owner`, in the order in which they were sent.
  void Append(std::size_t owner, std::vector<Attribute>& out);
  /// The first attribute of `owner` whose key has number `key`; false if there is none.
  bool Find(std::size_t owner, std::uint32_t key, AttributeValue& out);

 private:
  void Seek(std::size_t owner);
  AttributeValue ValueAt(std::uint32_t column, std::uint32_t index) const;

  const AttributeTable& table_;
  const columnar::StringTable& keys_;
  std::size_t owner_ = 0;
  std::vector<std::uint32_t> positions_;  // per column, then the overflow: next value
};

}  // namespace vivace::block

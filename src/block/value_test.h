#pragma once
// One value against one condition of a scan.

#include <cstdint>
#include <string>
#include <string_view>

#include "block/scan_request.h"
#include "model/attribute.h"

namespace vivace::block {

/// Decides values by the operator and operand of a leaf, which outlives it. Immutable; as
/// thread-safe as the leaf's `text_matches`.
///
/// Numbers compare as numbers, exactly, whatever their types; text, bools and numbers never
/// equal each other, and a value of another type than the operand's satisfies nothing, not even
/// kNotEqual. NaN equals itself and has no order. Bools have no order.
class ValueTest {
 public:
  explicit ValueTest(const ScanLeaf& leaf);

  bool Text(std::string_view text) const;
  bool Int(std::int64_t value) const;
  bool Double(double value) const;
  bool Bool(bool value) const;
  /// A value of any type. An array satisfies a positive operator if an element does, and
  /// kNotEqual or kNotMatches unless an element contradicts.
  bool Any(const AttributeValue& value) const;
  /// Bytes of an id of any length against hex digits: as numbers. kEqual and kNotEqual only.
  bool Id(std::string_view bytes) const;

 private:
  bool Order(int order) const;
  bool NotEqual() const { return op_ == ScanOperator::kNotEqual; }
  bool Contradicted(const AttributeValue& element) const;

  const ScanLeaf& leaf_;
  const ScanOperator op_;
  std::string id_digits_;  // the operand as an id: lower case, no leading zeros
};

}  // namespace vivace::block

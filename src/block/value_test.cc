#include "block/value_test.h"

#include <algorithm>
#include <cmath>
#include <variant>

namespace vivace::block {
namespace {

// -1, 0 or 1; exact also where the integer has no double. `right` is not NaN.
int CompareIntWithDouble(std::int64_t left, double right) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (right >= kTwoTo63) return -1;
  if (right < -kTwoTo63) return 1;
  const double whole = std::floor(right);
  const auto integer = static_cast<std::int64_t>(whole);
  if (left != integer) return left < integer ? -1 : 1;
  return right > whole ? -1 : 0;
}

template <typename T>
int OrderOf(const T& left, const T& right) {
  return left < right ? -1 : left > right ? 1 : 0;
}

std::string WithoutLeadingZeros(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return digits;
}

std::string DigitsOf(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string digits;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    digits.push_back(kDigits[byte >> 4]);
    digits.push_back(kDigits[byte & 15]);
  }
  return WithoutLeadingZeros(std::move(digits));
}

}  // namespace

ValueTest::ValueTest(const ScanLeaf& leaf) : leaf_(leaf), op_(leaf.op) {
  if (const auto* text = std::get_if<std::string>(&leaf.operand)) {
    id_digits_ = *text;
    for (char& c : id_digits_) {
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    id_digits_ = WithoutLeadingZeros(std::move(id_digits_));
  }
}

bool ValueTest::Order(int order) const {
  switch (op_) {
    case ScanOperator::kEqual:
      return order == 0;
    case ScanOperator::kNotEqual:
      return order != 0;
    case ScanOperator::kLess:
      return order < 0;
    case ScanOperator::kLessOrEqual:
      return order <= 0;
    case ScanOperator::kGreater:
      return order > 0;
    case ScanOperator::kGreaterOrEqual:
      return order >= 0;
    default:
      return false;
  }
}

bool ValueTest::Text(std::string_view text) const {
  if (op_ == ScanOperator::kMatches) return leaf_.text_matches(text);
  if (op_ == ScanOperator::kNotMatches) return !leaf_.text_matches(text);
  const auto* operand = std::get_if<std::string>(&leaf_.operand);
  return operand != nullptr && Order(OrderOf(text, std::string_view(*operand)));
}

bool ValueTest::Int(std::int64_t value) const {
  if (const auto* integer = std::get_if<std::int64_t>(&leaf_.operand)) {
    return Order(OrderOf(value, *integer));
  }
  const auto* number = std::get_if<double>(&leaf_.operand);
  if (number == nullptr) return false;
  if (std::isnan(*number)) return NotEqual();
  return Order(CompareIntWithDouble(value, *number));
}

bool ValueTest::Double(double value) const {
  if (const auto* integer = std::get_if<std::int64_t>(&leaf_.operand)) {
    if (std::isnan(value)) return NotEqual();
    return Order(-CompareIntWithDouble(*integer, value));
  }
  const auto* number = std::get_if<double>(&leaf_.operand);
  if (number == nullptr) return false;
  if (std::isnan(value) || std::isnan(*number)) {
    const bool equal = std::isnan(value) && std::isnan(*number);
    return op_ == ScanOperator::kEqual ? equal : NotEqual() && !equal;
  }
  return Order(OrderOf(value, *number));
}

bool ValueTest::Bool(bool value) const {
  const auto* operand = std::get_if<bool>(&leaf_.operand);
  if (operand == nullptr) return false;
  if (op_ == ScanOperator::kEqual) return value == *operand;
  return NotEqual() && value != *operand;
}

// True when a negative operator is false for the element, as opposed to not applying to it.
bool ValueTest::Contradicted(const AttributeValue& element) const {
  if (op_ == ScanOperator::kNotMatches) return element.AsString() != nullptr && !Any(element);
  const bool number = element.AsInt() != nullptr || element.AsDouble() != nullptr;
  const bool comparable =
      (element.AsString() != nullptr && std::holds_alternative<std::string>(leaf_.operand)) ||
      (element.AsBool() != nullptr && std::holds_alternative<bool>(leaf_.operand)) ||
      (number && (std::holds_alternative<std::int64_t>(leaf_.operand) ||
                  std::holds_alternative<double>(leaf_.operand)));
  return comparable && !Any(element);
}

bool ValueTest::Any(const AttributeValue& value) const {
  if (const std::string* text = value.AsString()) return Text(*text);
  if (const bool* flag = value.AsBool()) return Bool(*flag);
  if (const std::int64_t* integer = value.AsInt()) return Int(*integer);
  if (const double* number = value.AsDouble()) return Double(*number);
  const ArrayValue* array = value.AsArray();
  if (array == nullptr) return false;
  const bool negative = NotEqual() || op_ == ScanOperator::kNotMatches;
  for (const AttributeValue& element : array->values) {
    if (element.AsArray() != nullptr) continue;  // An array in an array does not compare.
    if (negative && Contradicted(element)) return false;
    if (!negative && Any(element)) return true;
  }
  return negative;
}

bool ValueTest::Id(std::string_view bytes) const {
  if (!std::holds_alternative<std::string>(leaf_.operand)) return false;
  const bool equal = DigitsOf(bytes) == id_digits_;
  return op_ == ScanOperator::kEqual ? equal : NotEqual() && !equal;
}

}  // namespace vivace::block

#include "query/value.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "base/check.h"

namespace vivace::query {
namespace {

using traceql::BinaryOperator;

bool IsNumber(const Value& value) {
  return std::holds_alternative<std::int64_t>(value) || std::holds_alternative<double>(value);
}

double AsDouble(const Value& value) {
  const auto* integer = std::get_if<std::int64_t>(&value);
  return integer != nullptr ? static_cast<double>(*integer) : std::get<double>(value);
}

bool IsNan(const Value& value) {
  const auto* number = std::get_if<double>(&value);
  return number != nullptr && std::isnan(*number);
}

// -1, 0, 1. nullopt when one of two numbers is NaN.
std::optional<int> OrderNumbers(const Value& left, const Value& right) {
  if (IsNan(left) || IsNan(right)) return std::nullopt;
  const auto* left_int = std::get_if<std::int64_t>(&left);
  const auto* right_int = std::get_if<std::int64_t>(&right);
  if (left_int != nullptr && right_int != nullptr) {
    return *left_int < *right_int ? -1 : *left_int > *right_int ? 1 : 0;
  }
  if (left_int != nullptr) return CompareIntWithDouble(*left_int, std::get<double>(right));
  if (right_int != nullptr) return -CompareIntWithDouble(*right_int, std::get<double>(left));
  const double a = std::get<double>(left);
  const double b = std::get<double>(right);
  return a < b ? -1 : a > b ? 1 : 0;
}

std::string NormalizedHex(std::string_view text) {
  const std::size_t first = std::min(text.find_first_not_of('0'), text.size());
  std::string digits(text.substr(first));
  for (char& c : digits) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return digits;
}

int OrderHex(std::string_view left, std::string_view right) {
  const std::string a = NormalizedHex(left);
  const std::string b = NormalizedHex(right);
  if (a.size() != b.size()) return a.size() < b.size() ? -1 : 1;
  return a.compare(b) < 0 ? -1 : a == b ? 0 : 1;
}

Outcome FromOrder(int order, BinaryOperator op) {
  bool holds = false;
  switch (op) {
    case BinaryOperator::kEqual:
      holds = order == 0;
      break;
    case BinaryOperator::kNotEqual:
      holds = order != 0;
      break;
    case BinaryOperator::kLess:
      holds = order < 0;
      break;
    case BinaryOperator::kLessEqual:
      holds = order <= 0;
      break;
    case BinaryOperator::kGreater:
      holds = order > 0;
      break;
    case BinaryOperator::kGreaterEqual:
      holds = order >= 0;
      break;
    default:
      CHECK(false);
  }
  return holds ? Outcome::kTrue : Outcome::kFalse;
}

// For types that are equal or not and have no order.
Outcome FromEquality(bool equal, BinaryOperator op) {
  if (op == BinaryOperator::kEqual) return equal ? Outcome::kTrue : Outcome::kFalse;
  if (op == BinaryOperator::kNotEqual) return equal ? Outcome::kFalse : Outcome::kTrue;
  return Outcome::kIncomparable;
}

Outcome CompareNumbers(const Value& left, BinaryOperator op, const Value& right) {
  if (const auto order = OrderNumbers(left, right)) return FromOrder(*order, op);
  // NaN equals itself alone and is neither above nor below anything.
  const bool equal = IsNan(left) && IsNan(right);
  if (op == BinaryOperator::kEqual || op == BinaryOperator::kNotEqual)
    return FromEquality(equal, op);
  return Outcome::kFalse;
}

std::optional<std::string_view> HexText(const Value& value) {
  if (const auto* id = std::get_if<HexId>(&value)) return id->digits;
  if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
  return std::nullopt;
}

bool EqualElements(const AttributeValue& left, const AttributeValue& right);

bool EqualArrays(const ArrayValue& left, const ArrayValue& right) {
  return std::equal(left.values.begin(), left.values.end(), right.values.begin(),
                    right.values.end(), EqualElements);
}

bool EqualElements(const AttributeValue& left, const AttributeValue& right) {
  const Value a = ToValue(left);
  const Value b = ToValue(right);
  if (std::holds_alternative<Opaque>(a) || std::holds_alternative<Opaque>(b)) return left == right;
  const auto* left_array = std::get_if<const ArrayValue*>(&a);
  const auto* right_array = std::get_if<const ArrayValue*>(&b);
  if (left_array != nullptr && right_array != nullptr)
    return EqualArrays(**left_array, **right_array);
  if (left_array != nullptr || right_array != nullptr) return false;
  return Compare(a, BinaryOperator::kEqual, b) == Outcome::kTrue;
}

BinaryOperator Flipped(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::kLess:
      return BinaryOperator::kGreater;
    case BinaryOperator::kLessEqual:
      return BinaryOperator::kGreaterEqual;
    case BinaryOperator::kGreater:
      return BinaryOperator::kLess;
    case BinaryOperator::kGreaterEqual:
      return BinaryOperator::kLessEqual;
    default:
      return op;
  }
}

// Positive operators hold for any element, negative ones for the array as a whole. An array in
// an array is no element that compares.
template <typename CompareElement>
Outcome CompareArray(const ArrayValue& array, bool negative, CompareElement compare) {
  for (const AttributeValue& element : array.values) {
    if (element.AsArray() != nullptr) continue;
    const Outcome outcome = compare(ToValue(element));
    if (!negative && outcome == Outcome::kTrue) return Outcome::kTrue;
    if (negative && outcome == Outcome::kFalse) return Outcome::kFalse;
  }
  return negative ? Outcome::kTrue : Outcome::kFalse;
}

Value PowerOf(const Value& left, const Value& right) {
  const auto* base = std::get_if<std::int64_t>(&left);
  const auto* exponent = std::get_if<std::int64_t>(&right);
  if (base != nullptr && exponent != nullptr && *exponent >= 0) {
    // Squaring; at most 63 rounds. Leaves for doubles at the first overflow.
    std::int64_t result = 1;
    std::int64_t square = *base;
    bool fits = true;
    for (std::int64_t rest = *exponent; rest > 0 && fits; rest >>= 1) {
      if ((rest & 1) != 0) fits = !__builtin_mul_overflow(result, square, &result);
      if (rest > 1 && fits) fits = !__builtin_mul_overflow(square, square, &square);
    }
    if (fits) return result;
  }
  return std::pow(AsDouble(left), AsDouble(right));
}

}  // namespace

int CompareIntWithDouble(std::int64_t left, double right) {
  // Doubles of 2^63 and more lie above every int64, those below -2^63 under it.
  if (right >= 9223372036854775808.0) return -1;
  if (right < -9223372036854775808.0) return 1;
  const double whole = std::floor(right);
  const auto integer = static_cast<std::int64_t>(whole);
  if (left != integer) return left < integer ? -1 : 1;
  return right > whole ? -1 : 0;
}

Value ToValue(const AttributeValue& value) {
  if (const auto* text = value.AsString()) return std::string_view(*text);
  if (const auto* flag = value.AsBool()) return *flag;
  if (const auto* integer = value.AsInt()) return *integer;
  if (const auto* number = value.AsDouble()) return *number;
  if (const auto* array = value.AsArray()) return array;
  return Opaque{};
}

Value ToValue(const traceql::Literal& literal) {
  struct Visitor {
    Value operator()(traceql::Nil) const { return Opaque{}; }
    Value operator()(bool value) const { return value; }
    Value operator()(std::int64_t value) const { return value; }
    Value operator()(double value) const { return value; }
    Value operator()(const std::string& value) const { return std::string_view(value); }
    Value operator()(std::chrono::nanoseconds value) const {
      return static_cast<std::int64_t>(value.count());
    }
    Value operator()(StatusCode value) const { return value; }
    Value operator()(SpanKind value) const { return value; }
  };
  return std::visit(Visitor(), literal.value);
}

Outcome Compare(const Value& left, BinaryOperator op, const Value& right) {
  const auto* left_array = std::get_if<const ArrayValue*>(&left);
  const auto* right_array = std::get_if<const ArrayValue*>(&right);
  if (left_array != nullptr && right_array != nullptr) {
    return FromEquality(EqualArrays(**left_array, **right_array), op);
  }
  const bool negative = op == BinaryOperator::kNotEqual;
  if (left_array != nullptr) {
    return CompareArray(**left_array, negative,
                        [&](const Value& element) { return Compare(element, op, right); });
  }
  if (right_array != nullptr) {
    return CompareArray(**right_array, negative,
                        [&](const Value& element) { return Compare(element, Flipped(op), left); });
  }
  if (IsNumber(left) && IsNumber(right)) return CompareNumbers(left, op, right);
  if (std::holds_alternative<HexId>(left) || std::holds_alternative<HexId>(right)) {
    const auto a = HexText(left);
    const auto b = HexText(right);
    return a && b ? FromOrder(OrderHex(*a, *b), op) : Outcome::kIncomparable;
  }
  if (left.index() != right.index()) return Outcome::kIncomparable;
  if (const auto* text = std::get_if<std::string_view>(&left)) {
    const int order = text->compare(std::get<std::string_view>(right));
    return FromOrder(order < 0 ? -1 : order > 0 ? 1 : 0, op);
  }
  if (const auto* flag = std::get_if<bool>(&left)) {
    return FromEquality(*flag == std::get<bool>(right), op);
  }
  if (const auto* status = std::get_if<StatusCode>(&left)) {
    return FromEquality(*status == std::get<StatusCode>(right), op);
  }
  if (const auto* kind = std::get_if<SpanKind>(&left)) {
    return FromEquality(*kind == std::get<SpanKind>(right), op);
  }
  return Outcome::kIncomparable;
}

Outcome CompareRegex(const Value& left, BinaryOperator op, const traceql::Regex& regex) {
  const bool negative = op == BinaryOperator::kNotRegex;
  if (const auto* array = std::get_if<const ArrayValue*>(&left)) {
    return CompareArray(**array, negative,
                        [&](const Value& element) { return CompareRegex(element, op, regex); });
  }
  const auto text = HexText(left);
  if (!text) return Outcome::kIncomparable;
  return regex.Matches(*text) != negative ? Outcome::kTrue : Outcome::kFalse;
}

Value Calculate(const Value& left, BinaryOperator op, const Value& right) {
  if (!IsNumber(left) || !IsNumber(right)) return Opaque{};
  const auto* a = std::get_if<std::int64_t>(&left);
  const auto* b = std::get_if<std::int64_t>(&right);
  const bool integers = a != nullptr && b != nullptr;
  std::int64_t result = 0;
  switch (op) {
    case BinaryOperator::kAdd:
      if (integers && !__builtin_add_overflow(*a, *b, &result)) return result;
      return AsDouble(left) + AsDouble(right);
    case BinaryOperator::kSubtract:
      if (integers && !__builtin_sub_overflow(*a, *b, &result)) return result;
      return AsDouble(left) - AsDouble(right);
    case BinaryOperator::kMultiply:
      if (integers && !__builtin_mul_overflow(*a, *b, &result)) return result;
      return AsDouble(left) * AsDouble(right);
    case BinaryOperator::kDivide:
      if (AsDouble(right) == 0) return Opaque{};
      if (integers && *b != -1) return *a / *b;
      if (integers) return Negate(left);
      return AsDouble(left) / AsDouble(right);
    case BinaryOperator::kModulo:
      if (AsDouble(right) == 0) return Opaque{};
      if (integers) return *b == -1 ? std::int64_t{0} : *a % *b;
      return std::fmod(AsDouble(left), AsDouble(right));
    case BinaryOperator::kPower:
      return PowerOf(left, right);
    default:
      return Opaque{};
  }
}

Value Negate(const Value& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (*integer == std::numeric_limits<std::int64_t>::min()) return -static_cast<double>(*integer);
    return -*integer;
  }
  if (const auto* number = std::get_if<double>(&value)) return -*number;
  return Opaque{};
}

}  // namespace vivace::query

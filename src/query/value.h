#pragma once
// Values that expressions have while a query runs, and how they compare. The rules are in
// docs/traceql.md ("Comparison").

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "model/attribute.h"
#include "model/span.h"
#include "traceql/ast.h"

namespace vivace::query {

/// A trace or span id as lower-case hex digits, compared as a number.
struct HexId {
  std::string digits;
};
/// Present, but nothing that compares: a map, bytes, an empty value.
struct Opaque {};

/// One value. Durations are integers of nanoseconds. Views and pointers point into the trace
/// or the query.
using Value = std::variant<bool, std::int64_t, double, std::string_view, StatusCode, SpanKind,
                           HexId, const ArrayValue*, Opaque>;

Value ToValue(const AttributeValue& value);
/// Not for nil.
Value ToValue(const traceql::Literal& literal);

/// How `left op right` came out for two values; arrays by the rules for arrays.
enum class Outcome {
  kIncomparable,  ///< Types that never equal and have no order.
  kFalse,
  kTrue,
};
/// For `= != < <= > >=`.
Outcome Compare(const Value& left, traceql::BinaryOperator op, const Value& right);
/// For `=~` and `!~`.
Outcome CompareRegex(const Value& left, traceql::BinaryOperator op, const traceql::Regex& regex);

/// `left op right` for arithmetic; Opaque where there is no number: other types, a division by
/// zero. Integers that do not fit 64 bits go on as doubles.
Value Calculate(const Value& left, traceql::BinaryOperator op, const Value& right);
/// `-value`; Opaque if it is no number.
Value Negate(const Value& value);

/// -1, 0 or 1, exactly, also where the integer has no double; NaN must not come here.
int CompareIntWithDouble(std::int64_t left, double right);

}  // namespace vivace::query

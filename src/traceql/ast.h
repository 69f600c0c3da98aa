#pragma once
// The syntax tree of TraceQL. Today: one spanset filter with hints; spanset operators,
// pipelines and metrics join it as further alternatives beside SpansetFilter.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/span.h"
#include "traceql/regex.h"

namespace vivace::traceql {

/// Where something stands in the text; both count from 1, columns in characters.
struct Position {
  int line = 1;
  int column = 1;
};

/// Which attributes a name looks at. Unscoped looks at the span, then at its resource.
enum class AttributeScope {
  kUnscoped,
  kSpan,
  kResource,
  kEvent,
  kLink,
  kInstrumentation,
  kParent,
  kParentSpan,
  kParentResource,
};

/// What a span, its trace, events or links have without attributes.
enum class Intrinsic {
  kDuration,
  kName,
  kKind,
  kStatus,
  kStatusMessage,
  kSpanId,
  kParentId,
  kChildCount,
  kTraceDuration,
  kRootName,
  kRootServiceName,
  kTraceId,
  kEventName,
  kEventTimeSinceStart,
  kLinkTraceId,
  kLinkSpanId,
  kInstrumentationName,
  kInstrumentationVersion,
  kNestedSetLeft,
  kNestedSetRight,
  kNestedSetParent,
  kParent,
};

struct AttributeReference {
  AttributeScope scope = AttributeScope::kUnscoped;
  std::string name;
  bool operator==(const AttributeReference&) const = default;
};

struct Nil {
  bool operator==(const Nil&) const = default;
};

/// A constant. Doubles compare by bits.
struct Literal {
  std::variant<Nil, bool, std::int64_t, double, std::string, std::chrono::nanoseconds, StatusCode,
               SpanKind>
      value;
  bool operator==(const Literal& other) const;
};

enum class UnaryOperator { kNot, kNegate };

enum class BinaryOperator {
  kAnd,
  kOr,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kRegex,
  kNotRegex,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
};

struct Expression;
using ExpressionPtr = std::unique_ptr<Expression>;

struct UnaryExpression {
  UnaryOperator op = UnaryOperator::kNot;
  ExpressionPtr operand;
};

struct BinaryExpression {
  BinaryOperator op = BinaryOperator::kAnd;
  ExpressionPtr left;
  ExpressionPtr right;
  std::optional<Regex> regex;  ///< The compiled right side of =~ and !~.
};

/// A field expression, the inside of `{ }`. At most kTreeDepthMax (parser.h) levels deep, so
/// that recursion over it is safe.
struct Expression {
  Position position;
  std::variant<Literal, AttributeReference, Intrinsic, UnaryExpression, BinaryExpression> node;
};

/// Same trees, wherever they stood in the text.
bool operator==(const Expression& left, const Expression& right);

struct SpansetFilter {
  Position position;
  ExpressionPtr condition;  ///< `{}` is the literal true.
};

/// One `key=value` of `with(...)`.
struct Hint {
  std::string key;
  Literal value;
  bool operator==(const Hint&) const = default;
};

struct Query {
  SpansetFilter filter;
  std::vector<Hint> hints;
};
bool operator==(const Query& left, const Query& right);

/// The unscoped word where there is one, else the form with a colon: `duration`, `span:id`.
std::string_view IntrinsicName(Intrinsic intrinsic);
/// Finds an intrinsic by either of its names.
std::optional<Intrinsic> FindIntrinsic(std::string_view name);
/// `=`, `&&`, ...
std::string_view OperatorText(BinaryOperator op);

/// True for `= != < <= > >= =~ !~`.
bool IsComparison(BinaryOperator op);
/// True for `+ - * / % ^`.
bool IsArithmetic(BinaryOperator op);

}  // namespace vivace::traceql

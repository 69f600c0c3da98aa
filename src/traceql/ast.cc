#include "traceql/ast.h"

#include <array>
#include <bit>
#include <utility>

namespace vivace::traceql {
namespace {

struct IntrinsicNames {
  Intrinsic intrinsic;
  std::string_view name;    // What the printer writes.
  std::string_view second;  // Another way to write it, or "".
};

constexpr std::array<IntrinsicNames, 22> kIntrinsics = {{
    {Intrinsic::kDuration, "duration", "span:duration"},
    {Intrinsic::kName, "name", "span:name"},
    {Intrinsic::kKind, "kind", "span:kind"},
    {Intrinsic::kStatus, "status", "span:status"},
    {Intrinsic::kStatusMessage, "statusMessage", "span:statusMessage"},
    {Intrinsic::kSpanId, "span:id", ""},
    {Intrinsic::kParentId, "span:parentID", ""},
    {Intrinsic::kChildCount, "span:childCount", ""},
    {Intrinsic::kTraceDuration, "traceDuration", "trace:duration"},
    {Intrinsic::kRootName, "rootName", "trace:rootName"},
    {Intrinsic::kRootServiceName, "rootServiceName", "trace:rootService"},
    {Intrinsic::kTraceId, "trace:id", ""},
    {Intrinsic::kEventName, "event:name", ""},
    {Intrinsic::kEventTimeSinceStart, "event:timeSinceStart", ""},
    {Intrinsic::kLinkTraceId, "link:traceID", ""},
    {Intrinsic::kLinkSpanId, "link:spanID", ""},
    {Intrinsic::kInstrumentationName, "instrumentation:name", ""},
    {Intrinsic::kInstrumentationVersion, "instrumentation:version", ""},
    {Intrinsic::kNestedSetLeft, "nestedSetLeft", ""},
    {Intrinsic::kNestedSetRight, "nestedSetRight", ""},
    {Intrinsic::kNestedSetParent, "nestedSetParent", ""},
    {Intrinsic::kParent, "parent", ""},
}};

}  // namespace

bool Literal::operator==(const Literal& other) const {
  const double* mine = std::get_if<double>(&value);
  const double* theirs = std::get_if<double>(&other.value);
  if (mine != nullptr && theirs != nullptr) {
    return std::bit_cast<std::uint64_t>(*mine) == std::bit_cast<std::uint64_t>(*theirs);
  }
  return value == other.value;
}

bool operator==(const Expression& left, const Expression& right) {
  if (left.node.index() != right.node.index()) return false;
  if (const auto* literal = std::get_if<Literal>(&left.node)) {
    return *literal == std::get<Literal>(right.node);
  }
  if (const auto* attribute = std::get_if<AttributeReference>(&left.node)) {
    return *attribute == std::get<AttributeReference>(right.node);
  }
  if (const auto* intrinsic = std::get_if<Intrinsic>(&left.node)) {
    return *intrinsic == std::get<Intrinsic>(right.node);
  }
  if (const auto* unary = std::get_if<UnaryExpression>(&left.node)) {
    const auto& other = std::get<UnaryExpression>(right.node);
    return unary->op == other.op && *unary->operand == *other.operand;
  }
  const auto& mine = std::get<BinaryExpression>(left.node);
  const auto& theirs = std::get<BinaryExpression>(right.node);
  return mine.op == theirs.op && *mine.left == *theirs.left && *mine.right == *theirs.right;
}

bool operator==(const Query& left, const Query& right) {
  return *left.filter.condition == *right.filter.condition && left.hints == right.hints;
}

std::string_view IntrinsicName(Intrinsic intrinsic) {
  for (const IntrinsicNames& names : kIntrinsics) {
    if (names.intrinsic == intrinsic) return names.name;
  }
  return "";
}

std::optional<Intrinsic> FindIntrinsic(std::string_view name) {
  if (name.empty()) return std::nullopt;
  for (const IntrinsicNames& names : kIntrinsics) {
    if (names.name == name || names.second == name) return names.intrinsic;
  }
  return std::nullopt;
}

std::string_view OperatorText(BinaryOperator op) {
  switch (op) {
    case BinaryOperator::kAnd:
      return "&&";
    case BinaryOperator::kOr:
      return "||";
    case BinaryOperator::kEqual:
      return "=";
    case BinaryOperator::kNotEqual:
      return "!=";
    case BinaryOperator::kLess:
      return "<";
    case BinaryOperator::kLessEqual:
      return "<=";
    case BinaryOperator::kGreater:
      return ">";
    case BinaryOperator::kGreaterEqual:
      return ">=";
    case BinaryOperator::kRegex:
      return "=~";
    case BinaryOperator::kNotRegex:
      return "!~";
    case BinaryOperator::kAdd:
      return "+";
    case BinaryOperator::kSubtract:
      return "-";
    case BinaryOperator::kMultiply:
      return "*";
    case BinaryOperator::kDivide:
      return "/";
    case BinaryOperator::kModulo:
      return "%";
    case BinaryOperator::kPower:
      return "^";
  }
  return "";
}

bool IsComparison(BinaryOperator op) {
  return op >= BinaryOperator::kEqual && op <= BinaryOperator::kNotRegex;
}

bool IsArithmetic(BinaryOperator op) { return op >= BinaryOperator::kAdd; }

}  // namespace vivace::traceql

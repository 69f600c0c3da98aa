#include "traceql/type_check.h"

#include <fmt/format.h>

#include "traceql/parser.h"
#include "traceql/printer.h"

namespace vivace::traceql {
namespace {

// Bytes of an expression that a message repeats.
constexpr std::size_t kShownBytesMax = 200;

bool IsNumeric(Type type) {
  return type == Type::kInt || type == Type::kFloat || type == Type::kDuration;
}

Error CheckError(const Expression& at, std::string_view what) {
  std::string text = Print(at);
  if (text.size() > kShownBytesMax) text = text.substr(0, kShownBytesMax) + "...";
  return Error(ErrorCode::kInvalidArgument, fmt::format("{}: {} (line {}, col {})", what, text,
                                                        at.position.line, at.position.column));
}

bool OperandsMatch(Type left, Type right) {
  if (left == right) return true;
  if (left == Type::kUnknown || right == Type::kUnknown) return true;
  // What nil may be compared with is said by CheckNil.
  if (left == Type::kNil || right == Type::kNil) return true;
  return IsNumeric(left) && IsNumeric(right);
}

// Whether `op` is defined for a type; an unknown one is judged span by span.
bool OperatorTakes(BinaryOperator op, Type type) {
  if (type == Type::kUnknown) return true;
  switch (op) {
    case BinaryOperator::kAnd:
    case BinaryOperator::kOr:
      return type == Type::kBool;
    case BinaryOperator::kEqual:
    case BinaryOperator::kNotEqual:
      return true;
    case BinaryOperator::kLess:
    case BinaryOperator::kLessEqual:
    case BinaryOperator::kGreater:
    case BinaryOperator::kGreaterEqual:
      return IsNumeric(type) || type == Type::kString;
    case BinaryOperator::kRegex:
    case BinaryOperator::kNotRegex:
      return type == Type::kString;
    case BinaryOperator::kAdd:
    case BinaryOperator::kSubtract:
    case BinaryOperator::kMultiply:
    case BinaryOperator::kDivide:
    case BinaryOperator::kModulo:
    case BinaryOperator::kPower:
      return IsNumeric(type);
  }
  return false;
}

Type ResultType(BinaryOperator op, Type left, Type right) {
  if (!IsArithmetic(op)) return Type::kBool;
  if (left == Type::kUnknown) return right;
  if (right == Type::kUnknown) return left;
  if (left == Type::kDuration || right == Type::kDuration) return Type::kDuration;
  return left == Type::kInt && right == Type::kInt ? Type::kInt : Type::kFloat;
}

// `= nil` asks for absence, which only attributes know.
Status CheckNil(const Expression& expression, const BinaryExpression& binary, Type left,
                Type right) {
  if (left != Type::kNil && right != Type::kNil) return OkStatus();
  const bool equality =
      binary.op == BinaryOperator::kEqual || binary.op == BinaryOperator::kNotEqual;
  if (!equality) return CheckError(expression, "illegal operation for the given types");
  const Expression& other = left == Type::kNil ? *binary.right : *binary.left;
  const bool absent = binary.op == BinaryOperator::kEqual;
  if (absent && std::holds_alternative<Intrinsic>(other.node)) {
    return CheckError(expression,
                      "intrinsics are always present and cannot be compared with = nil");
  }
  return OkStatus();
}

Result<Type> Check(const Expression& expression);

Result<Type> CheckUnary(const Expression& expression, const UnaryExpression& unary) {
  ASSIGN_OR_RETURN(const Type operand, Check(*unary.operand));
  const bool fits = operand == Type::kUnknown ||
                    (unary.op == UnaryOperator::kNot ? operand == Type::kBool : IsNumeric(operand));
  if (!fits) return CheckError(expression, "illegal operation for the given type");
  return unary.op == UnaryOperator::kNot ? Type::kBool : operand;
}

Result<Type> CheckBinary(const Expression& expression, const BinaryExpression& binary) {
  ASSIGN_OR_RETURN(const Type left, Check(*binary.left));
  ASSIGN_OR_RETURN(const Type right, Check(*binary.right));
  if (!OperandsMatch(left, right)) {
    return CheckError(expression, "binary operations must operate on the same type");
  }
  RETURN_IF_ERROR(CheckNil(expression, binary, left, right));
  if (!OperatorTakes(binary.op, left) || !OperatorTakes(binary.op, right)) {
    return CheckError(expression, "illegal operation for the given types");
  }
  return ResultType(binary.op, left, right);
}

Result<Type> Check(const Expression& expression) {
  if (const auto* literal = std::get_if<Literal>(&expression.node)) return TypeOf(*literal);
  if (const auto* intrinsic = std::get_if<Intrinsic>(&expression.node)) {
    if (*intrinsic == Intrinsic::kParent) {
      return CheckError(expression, "the parent of a span is not yet supported");
    }
    return TypeOf(*intrinsic);
  }
  if (const auto* attribute = std::get_if<AttributeReference>(&expression.node)) {
    if (attribute->scope >= AttributeScope::kParent) {
      return CheckError(expression, "attributes of the parent are not yet supported");
    }
    return Type::kUnknown;
  }
  if (const auto* unary = std::get_if<UnaryExpression>(&expression.node)) {
    return CheckUnary(expression, *unary);
  }
  return CheckBinary(expression, std::get<BinaryExpression>(expression.node));
}

}  // namespace

Type TypeOf(Intrinsic intrinsic) {
  switch (intrinsic) {
    case Intrinsic::kDuration:
    case Intrinsic::kTraceDuration:
    case Intrinsic::kEventTimeSinceStart:
      return Type::kDuration;
    case Intrinsic::kKind:
      return Type::kKind;
    case Intrinsic::kStatus:
      return Type::kStatus;
    case Intrinsic::kChildCount:
    case Intrinsic::kNestedSetLeft:
    case Intrinsic::kNestedSetRight:
    case Intrinsic::kNestedSetParent:
      return Type::kInt;
    case Intrinsic::kName:
    case Intrinsic::kStatusMessage:
    case Intrinsic::kSpanId:
    case Intrinsic::kParentId:
    case Intrinsic::kRootName:
    case Intrinsic::kRootServiceName:
    case Intrinsic::kTraceId:
    case Intrinsic::kEventName:
    case Intrinsic::kLinkTraceId:
    case Intrinsic::kLinkSpanId:
    case Intrinsic::kInstrumentationName:
    case Intrinsic::kInstrumentationVersion:
      return Type::kString;
    case Intrinsic::kParent:
      return Type::kNil;
  }
  return Type::kNil;
}

Type TypeOf(const Literal& literal) {
  constexpr Type kTypes[] = {Type::kNil,    Type::kBool,     Type::kInt,    Type::kFloat,
                             Type::kString, Type::kDuration, Type::kStatus, Type::kKind};
  static_assert(std::size(kTypes) == std::variant_size_v<decltype(Literal::value)>);
  return kTypes[literal.value.index()];
}

Status CheckTypes(const Query& query) {
  const Expression& condition = *query.filter.condition;
  ASSIGN_OR_RETURN(const Type type, Check(condition));
  if (type != Type::kBool && type != Type::kUnknown) {
    return CheckError(condition, "span filter field expressions must resolve to a boolean");
  }
  return OkStatus();
}

Result<Query> ParseQuery(std::string_view text) {
  ASSIGN_OR_RETURN(Query query, ParseSyntax(text));
  RETURN_IF_ERROR(CheckTypes(query));
  return query;
}

}  // namespace vivace::traceql

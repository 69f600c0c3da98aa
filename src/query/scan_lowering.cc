#include "query/scan_lowering.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "block/scan.h"
#include "query/value.h"

// Events and links are bound as plain_evaluator.cc says: a filter holds if there is one event
// and one link for which it does. "There is" goes through `||`, and through `&&` where its sides
// speak of different things, so:
//
//   a || b          each side by itself
//   a && b && c     those that speak of events together below one kAnyEvent, those that speak of
//                   links below one kAnyLink, the rest each by itself
//   !a              by itself; speaks of neither to the outside
//
// A span without events has no event to try, but a condition may still hold (`event.x = nil`):
// that case stands beside the kAnyEvent.

namespace vivace::query {
namespace {

using block::ScanField;
using block::ScanLeaf;
using block::ScanNode;
using block::ScanOperand;
using block::ScanOperator;
using traceql::AttributeReference;
using traceql::AttributeScope;
using traceql::BinaryExpression;
using traceql::BinaryOperator;
using traceql::Expression;
using traceql::Intrinsic;
using traceql::Literal;
using traceql::UnaryExpression;
using traceql::UnaryOperator;

// Levels of ScanNode that one level of a filter needs at most (an And, an Or beside the
// kAnyEvent, the kAnyEvent, the And below it).
constexpr int kNodesPerLevel = 5;

enum Mention : unsigned { kNothing = 0, kEvent = 1, kLink = 2, kBoth = 3 };

ScanNode None() { return ScanNode::Not(ScanNode::All()); }
ScanNode MayMatch() { return ScanNode::Leaf(ScanLeaf{}); }

bool Is(const Expression& expression, BinaryOperator op) {
  const auto* binary = std::get_if<BinaryExpression>(&expression.node);
  return binary != nullptr && binary->op == op;
}

unsigned Mentions(const Expression& expression) {
  if (const auto* attribute = std::get_if<AttributeReference>(&expression.node)) {
    if (attribute->scope == AttributeScope::kEvent) return kEvent;
    return attribute->scope == AttributeScope::kLink ? kLink : kNothing;
  }
  if (const auto* intrinsic = std::get_if<Intrinsic>(&expression.node)) {
    switch (*intrinsic) {
      case Intrinsic::kEventName:
      case Intrinsic::kEventTimeSinceStart:
        return kEvent;
      case Intrinsic::kLinkTraceId:
      case Intrinsic::kLinkSpanId:
        return kLink;
      default:
        return kNothing;
    }
  }
  if (const auto* unary = std::get_if<UnaryExpression>(&expression.node)) {
    return unary->op == UnaryOperator::kNot ? kNothing : Mentions(*unary->operand);
  }
  if (const auto* binary = std::get_if<BinaryExpression>(&expression.node)) {
    return Mentions(*binary->left) | Mentions(*binary->right);
  }
  return kNothing;
}

// The operands of a chain of one operator, left to right.
void Flatten(const Expression& expression, BinaryOperator op,
             std::vector<const Expression*>& operands) {
  // Chains lean to the left: walk down that side, recurse into the right.
  std::vector<const Expression*> rights;
  const Expression* at = &expression;
  while (Is(*at, op)) {
    const auto& binary = std::get<BinaryExpression>(at->node);
    rights.push_back(binary.right.get());
    at = binary.left.get();
  }
  operands.push_back(at);
  for (auto it = rights.rbegin(); it != rights.rend(); ++it) {
    if (Is(**it, op)) {
      Flatten(**it, op, operands);
    } else {
      operands.push_back(*it);
    }
  }
}

// The value of an expression without attributes; Opaque where it has none.
std::optional<Value> Fold(const Expression& expression) {
  if (const auto* literal = std::get_if<Literal>(&expression.node)) return ToValue(*literal);
  if (const auto* unary = std::get_if<UnaryExpression>(&expression.node)) {
    if (unary->op != UnaryOperator::kNegate) return std::nullopt;
    const auto operand = Fold(*unary->operand);
    return operand ? std::optional<Value>(Negate(*operand)) : std::nullopt;
  }
  const auto* binary = std::get_if<BinaryExpression>(&expression.node);
  if (binary == nullptr || !traceql::IsArithmetic(binary->op)) return std::nullopt;
  const auto left = Fold(*binary->left);
  const auto right = left ? Fold(*binary->right) : std::nullopt;
  if (!right) return std::nullopt;
  return Calculate(*left, binary->op, *right);
}

bool IsNil(const Expression& expression) {
  const auto* literal = std::get_if<Literal>(&expression.node);
  return literal != nullptr && std::holds_alternative<traceql::Nil>(literal->value);
}

// The scan's name for what an expression refers to; kUndecidable for all else.
ScanLeaf FieldOf(const Expression& expression) {
  ScanLeaf leaf;
  if (const auto* attribute = std::get_if<AttributeReference>(&expression.node)) {
    leaf.key = attribute->name;
    switch (attribute->scope) {
      case AttributeScope::kUnscoped:
        leaf.field = ScanField::kSpanOrResourceAttribute;
        break;
      case AttributeScope::kSpan:
        leaf.field = ScanField::kSpanAttribute;
        break;
      case AttributeScope::kResource:
        leaf.field = ScanField::kResourceAttribute;
        break;
      case AttributeScope::kEvent:
        leaf.field = ScanField::kEventAttribute;
        break;
      case AttributeScope::kLink:
        leaf.field = ScanField::kLinkAttribute;
        break;
      case AttributeScope::kInstrumentation:
        leaf.field = ScanField::kScopeAttribute;
        break;
      case AttributeScope::kParent:
      case AttributeScope::kParentSpan:
      case AttributeScope::kParentResource:
        break;
    }
  } else if (const auto* intrinsic = std::get_if<Intrinsic>(&expression.node)) {
    switch (*intrinsic) {
      case Intrinsic::kDuration:
        leaf.field = ScanField::kDuration;
        break;
      case Intrinsic::kName:
        leaf.field = ScanField::kName;
        break;
      case Intrinsic::kKind:
        leaf.field = ScanField::kKind;
        break;
      case Intrinsic::kStatus:
        leaf.field = ScanField::kStatus;
        break;
      case Intrinsic::kStatusMessage:
        leaf.field = ScanField::kStatusMessage;
        break;
      case Intrinsic::kSpanId:
        leaf.field = ScanField::kSpanId;
        break;
      case Intrinsic::kParentId:
        leaf.field = ScanField::kParentId;
        break;
      case Intrinsic::kTraceId:
        leaf.field = ScanField::kTraceId;
        break;
      case Intrinsic::kEventName:
        leaf.field = ScanField::kEventName;
        break;
      case Intrinsic::kEventTimeSinceStart:
        leaf.field = ScanField::kEventTimeSinceStart;
        break;
      case Intrinsic::kLinkTraceId:
        leaf.field = ScanField::kLinkTraceId;
        break;
      case Intrinsic::kLinkSpanId:
        leaf.field = ScanField::kLinkSpanId;
        break;
      case Intrinsic::kInstrumentationName:
        leaf.field = ScanField::kScopeName;
        break;
      case Intrinsic::kInstrumentationVersion:
        leaf.field = ScanField::kScopeVersion;
        break;
      // The trace as a whole knows these.
      case Intrinsic::kChildCount:
      case Intrinsic::kTraceDuration:
      case Intrinsic::kRootName:
      case Intrinsic::kRootServiceName:
      case Intrinsic::kNestedSetLeft:
      case Intrinsic::kNestedSetRight:
      case Intrinsic::kNestedSetParent:
      case Intrinsic::kParent:
        break;
    }
  }
  return leaf;
}

bool IsHexIdField(ScanField field) {
  return field == ScanField::kTraceId || field == ScanField::kSpanId ||
         field == ScanField::kParentId || field == ScanField::kLinkTraceId ||
         field == ScanField::kLinkSpanId;
}

bool IsHexId(std::string_view text) {
  return !text.empty() && text.size() <= 16 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}
bool IsHexTraceId(std::string_view text) {
  return !text.empty() && text.size() <= 32 &&
         text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

ScanOperator OperatorOf(BinaryOperator op, bool flipped) {
  switch (op) {
    case BinaryOperator::kEqual:
      return ScanOperator::kEqual;
    case BinaryOperator::kNotEqual:
      return ScanOperator::kNotEqual;
    case BinaryOperator::kLess:
      return flipped ? ScanOperator::kGreater : ScanOperator::kLess;
    case BinaryOperator::kLessEqual:
      return flipped ? ScanOperator::kGreaterOrEqual : ScanOperator::kLessOrEqual;
    case BinaryOperator::kGreater:
      return flipped ? ScanOperator::kLess : ScanOperator::kGreater;
    case BinaryOperator::kGreaterEqual:
      return flipped ? ScanOperator::kLessOrEqual : ScanOperator::kGreaterOrEqual;
    case BinaryOperator::kNotRegex:
      return ScanOperator::kNotMatches;
    default:
      return ScanOperator::kMatches;
  }
}

bool IsTraceLevel(const Expression& expression, Intrinsic intrinsic) {
  const auto* found = std::get_if<Intrinsic>(&expression.node);
  return found != nullptr && *found == intrinsic;
}

// `nestedSetParent < 0` finds true roots, all of which have no parent id: Grafana's way to ask
// for roots, so it is worth a condition of its own.
bool AsksForRoots(const Expression& reference, ScanOperator op, const Value& operand) {
  if (!IsTraceLevel(reference, Intrinsic::kNestedSetParent)) return false;
  const auto* number = std::get_if<std::int64_t>(&operand);
  if (number == nullptr) return false;
  return (op == ScanOperator::kLess && *number <= 0) ||
         (op == ScanOperator::kEqual && *number == -1);
}

// `reference op constant`.
ScanNode LowerConstant(const Expression& reference, ScanOperator op, const Value& operand) {
  if (std::holds_alternative<Opaque>(operand)) return None();
  if (AsksForRoots(reference, op, operand)) {
    ScanLeaf root;
    root.field = ScanField::kParentId;
    root.op = ScanOperator::kEqual;
    root.operand = std::string("0");
    return ScanNode::And({ScanNode::Leaf(std::move(root)), MayMatch()});
  }
  ScanLeaf leaf = FieldOf(reference);
  if (leaf.field == ScanField::kUndecidable) return MayMatch();
  leaf.op = op;
  const bool equality = op == ScanOperator::kEqual || op == ScanOperator::kNotEqual;
  if (const auto* text = std::get_if<std::string_view>(&operand)) {
    if (IsHexIdField(leaf.field)) {
      const bool trace_id =
          leaf.field == ScanField::kTraceId || leaf.field == ScanField::kLinkTraceId;
      if (!equality || !(trace_id ? IsHexTraceId(*text) : IsHexId(*text))) return MayMatch();
    }
    leaf.operand = std::string(*text);
  } else if (const auto* flag = std::get_if<bool>(&operand)) {
    leaf.operand = *flag;
  } else if (const auto* integer = std::get_if<std::int64_t>(&operand)) {
    leaf.operand = *integer;
  } else if (const auto* number = std::get_if<double>(&operand)) {
    if (!std::isfinite(*number)) return MayMatch();
    leaf.operand = *number;
  } else {
    // No attribute is ever a status or a kind.
    const bool own = leaf.field == ScanField::kStatus || leaf.field == ScanField::kKind;
    if (!own) return None();
    const auto* status = std::get_if<StatusCode>(&operand);
    leaf.operand = status != nullptr ? static_cast<std::int64_t>(*status)
                                     : static_cast<std::int64_t>(std::get<SpanKind>(operand));
  }
  return ScanNode::Leaf(std::move(leaf));
}

ScanNode LowerNil(const Expression& operand, bool absent) {
  if (IsNil(operand)) return None();
  // Intrinsics are always present; those of events and links are asked below a kAny.
  if (std::holds_alternative<Intrinsic>(operand.node)) return absent ? None() : ScanNode::All();
  ScanLeaf leaf = FieldOf(operand);
  leaf.op = absent ? ScanOperator::kAbsent : ScanOperator::kExists;
  return ScanNode::Leaf(std::move(leaf));
}

ScanNode LowerComparison(const BinaryExpression& binary) {
  const bool left_nil = IsNil(*binary.left);
  if (left_nil || IsNil(*binary.right)) {
    return LowerNil(left_nil ? *binary.right : *binary.left, binary.op == BinaryOperator::kEqual);
  }
  if (binary.regex) {
    ScanLeaf leaf = FieldOf(*binary.left);
    if (IsHexIdField(leaf.field)) return MayMatch();
    leaf.op = OperatorOf(binary.op, false);
    leaf.text_matches = [regex = *binary.regex](std::string_view text) {
      return regex.Matches(text);
    };
    return leaf.field == ScanField::kUndecidable ? MayMatch() : ScanNode::Leaf(std::move(leaf));
  }
  const auto left = Fold(*binary.left);
  const auto right = Fold(*binary.right);
  if (left && right) {
    return Compare(*left, binary.op, *right) == Outcome::kTrue ? ScanNode::All() : None();
  }
  if (right) return LowerConstant(*binary.left, OperatorOf(binary.op, false), *right);
  if (left) return LowerConstant(*binary.right, OperatorOf(binary.op, true), *left);
  return MayMatch();
}

// A condition that is no `&&`, `||` or `!`: a constant, a bare attribute, a comparison.
ScanNode LowerLeaf(const Expression& expression) {
  if (const auto* literal = std::get_if<Literal>(&expression.node)) {
    const auto* flag = std::get_if<bool>(&literal->value);
    return flag != nullptr && *flag ? ScanNode::All() : None();
  }
  if (const auto* binary = std::get_if<BinaryExpression>(&expression.node)) {
    // A number is no condition.
    return traceql::IsArithmetic(binary->op) ? None() : LowerComparison(*binary);
  }
  if (std::holds_alternative<UnaryExpression>(expression.node)) return None();
  return LowerConstant(expression, ScanOperator::kEqual, true);
}

ScanNode LowerUnbound(const Expression& expression, int levels);

// Inside one kAnyEvent or kAnyLink.
ScanNode LowerBound(const Expression& expression, int levels) {
  if (levels <= 0) return MayMatch();
  if (Is(expression, BinaryOperator::kAnd) || Is(expression, BinaryOperator::kOr)) {
    const BinaryOperator op = std::get<BinaryExpression>(expression.node).op;
    std::vector<const Expression*> operands;
    Flatten(expression, op, operands);
    std::vector<ScanNode> nodes;
    for (const Expression* operand : operands) nodes.push_back(LowerBound(*operand, levels - 1));
    return op == BinaryOperator::kAnd ? ScanNode::And(std::move(nodes))
                                      : ScanNode::Or(std::move(nodes));
  }
  // A negation asks about all events again; a kAny below it says the same for each event here.
  const auto* unary = std::get_if<UnaryExpression>(&expression.node);
  if (unary != nullptr && unary->op == UnaryOperator::kNot) {
    return ScanNode::Not(LowerUnbound(*unary->operand, levels - 1));
  }
  return LowerLeaf(expression);
}

enum class Answer { kNo, kMaybe, kYes };

// What a condition on events comes to for a span that has none.
Answer HoldsWithoutEvents(const Expression& expression) {
  if (Is(expression, BinaryOperator::kAnd) || Is(expression, BinaryOperator::kOr)) {
    const BinaryOperator op = std::get<BinaryExpression>(expression.node).op;
    std::vector<const Expression*> operands;
    Flatten(expression, op, operands);
    Answer all = op == BinaryOperator::kAnd ? Answer::kYes : Answer::kNo;
    for (const Expression* operand : operands) {
      const Answer one = HoldsWithoutEvents(*operand);
      all = op == BinaryOperator::kAnd ? std::min(all, one) : std::max(all, one);
    }
    return all;
  }
  if (Mentions(expression) == kNothing) return Answer::kMaybe;
  const auto is_reference = [](const Expression& e) {
    return std::holds_alternative<AttributeReference>(e.node) ||
           std::holds_alternative<Intrinsic>(e.node);
  };
  if (is_reference(expression)) return Answer::kNo;
  const auto* binary = std::get_if<BinaryExpression>(&expression.node);
  if (binary == nullptr) return Answer::kMaybe;
  const Expression& left = *binary->left;
  const Expression& right = *binary->right;
  const bool plain =
      (is_reference(left) && (binary->regex || std::holds_alternative<Literal>(right.node))) ||
      (is_reference(right) && std::holds_alternative<Literal>(left.node));
  if (!plain) return Answer::kMaybe;
  const bool asks_for_absence =
      binary->op == BinaryOperator::kEqual && (IsNil(left) || IsNil(right));
  return asks_for_absence ? Answer::kYes : Answer::kNo;
}

// Conditions that speak of one event (or link) together.
ScanNode LowerGroup(const std::vector<const Expression*>& group, bool events, int levels) {
  std::vector<ScanNode> inner;
  Answer without = Answer::kYes;
  for (const Expression* condition : group) {
    inner.push_back(LowerBound(*condition, levels - 1));
    without = std::min(without, HoldsWithoutEvents(*condition));
  }
  const auto any = [&](ScanNode child) {
    return events ? ScanNode::AnyEvent(std::move(child)) : ScanNode::AnyLink(std::move(child));
  };
  ScanNode with = any(ScanNode::And(std::move(inner)));
  if (without == Answer::kNo) return with;
  ScanNode has_none = ScanNode::Not(any(ScanNode::All()));
  if (without == Answer::kMaybe) has_none = ScanNode::And({std::move(has_none), MayMatch()});
  return ScanNode::Or({std::move(with), std::move(has_none)});
}

ScanNode LowerAnd(const Expression& expression, int levels) {
  std::vector<const Expression*> operands;
  Flatten(expression, BinaryOperator::kAnd, operands);
  std::vector<const Expression*> events;
  std::vector<const Expression*> links;
  std::vector<ScanNode> nodes;
  bool both = false;
  for (const Expression* operand : operands) {
    switch (Mentions(*operand)) {
      case kNothing:
        nodes.push_back(LowerUnbound(*operand, levels - 1));
        break;
      case kEvent:
        events.push_back(operand);
        break;
      case kLink:
        links.push_back(operand);
        break;
      default:
        both = true;
    }
  }
  const auto add = [&](const std::vector<const Expression*>& group, bool is_events) {
    if (group.size() == 1 && !both) {
      nodes.push_back(LowerUnbound(*group[0], levels - 1));
    } else if (!group.empty()) {
      nodes.push_back(LowerGroup(group, is_events, levels - 1));
    }
  };
  add(events, true);
  add(links, false);
  if (both) nodes.push_back(MayMatch());
  return ScanNode::And(std::move(nodes));
}

// Where no event and no link is bound.
ScanNode LowerUnbound(const Expression& expression, int levels) {
  if (levels <= 0) return MayMatch();
  const auto* unary = std::get_if<UnaryExpression>(&expression.node);
  if (unary != nullptr && unary->op == UnaryOperator::kNot) {
    return ScanNode::Not(LowerUnbound(*unary->operand, levels - 1));
  }
  if (Is(expression, BinaryOperator::kAnd)) return LowerAnd(expression, levels);
  if (Is(expression, BinaryOperator::kOr)) {
    std::vector<const Expression*> operands;
    Flatten(expression, BinaryOperator::kOr, operands);
    std::vector<ScanNode> nodes;
    for (const Expression* operand : operands) nodes.push_back(LowerUnbound(*operand, levels - 1));
    return ScanNode::Or(std::move(nodes));
  }
  switch (Mentions(expression)) {
    case kNothing:
      return LowerLeaf(expression);
    case kEvent:
      return LowerGroup({&expression}, true, levels);
    case kLink:
      return LowerGroup({&expression}, false, levels);
    default:
      return MayMatch();
  }
}

}  // namespace

block::ScanRequest LowerFilter(const Expression& condition) {
  return block::ScanRequest{LowerUnbound(condition, block::kScanDepthMax / kNodesPerLevel)};
}

}  // namespace vivace::query

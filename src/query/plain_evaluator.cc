#include "query/plain_evaluator.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "base/check.h"

// How events and links are bound:
//
//   A filter holds for a span if there is one event and one link for which it holds; a span
//   without events (links) is tried once with no event. So conditions that are joined by &&
//   speak of the same event. A negation `!(...)` asks the whole question anew: it holds if
//   there is no event and link for which its inside holds. Its outcome does not depend on
//   what is bound outside, so it is found once a span.

namespace vivace::query {
namespace {

using traceql::AttributeReference;
using traceql::AttributeScope;
using traceql::BinaryExpression;
using traceql::BinaryOperator;
using traceql::Expression;
using traceql::Intrinsic;
using traceql::Literal;
using traceql::UnaryExpression;
using traceql::UnaryOperator;

// Where keys that are repeated on one span are compared with each other, further values of the
// right one are not looked at: a hostile span must not cost the square of its size.
constexpr std::size_t kRepeatedPairsMax = 64;

std::int64_t ToInt(std::uint64_t value) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(value, kMax));
}

std::string Hex(std::string_view bytes) {
  constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

void AppendValues(const std::vector<Attribute>& attributes, std::string_view name,
                  std::vector<const AttributeValue*>& out) {
  for (const Attribute& attribute : attributes) {
    if (attribute.key == name) out.push_back(&attribute.value);
  }
}

bool IsNil(const Expression& expression) {
  const auto* literal = std::get_if<Literal>(&expression.node);
  return literal != nullptr && std::holds_alternative<traceql::Nil>(literal->value);
}

}  // namespace

std::vector<const AttributeValue*> FindValues(const AttributeReference& attribute,
                                              const SpanContext& context) {
  std::vector<const AttributeValue*> values;
  const SpanRef& ref = context.ref();
  switch (attribute.scope) {
    case AttributeScope::kSpan:
      AppendValues(ref.span->attributes, attribute.name, values);
      break;
    case AttributeScope::kResource:
      AppendValues(ref.resource->resource.attributes, attribute.name, values);
      break;
    case AttributeScope::kUnscoped:
      AppendValues(ref.span->attributes, attribute.name, values);
      if (values.empty()) {
        AppendValues(ref.resource->resource.attributes, attribute.name, values);
      }
      break;
    case AttributeScope::kInstrumentation:
      AppendValues(ref.scope->scope.attributes, attribute.name, values);
      break;
    case AttributeScope::kEvent:
      if (context.event >= 0) {
        AppendValues(ref.span->events[static_cast<std::size_t>(context.event)].attributes,
                     attribute.name, values);
      }
      break;
    case AttributeScope::kLink:
      if (context.link >= 0) {
        AppendValues(ref.span->links[static_cast<std::size_t>(context.link)].attributes,
                     attribute.name, values);
      }
      break;
    case AttributeScope::kParent:
    case AttributeScope::kParentSpan:
    case AttributeScope::kParentResource:
      CHECK(false);  // Refused by the type check.
  }
  return values;
}

std::optional<Value> FindValue(Intrinsic intrinsic, const SpanContext& context) {
  const Span& span = context.span();
  const TraceTree& tree = *context.tree;
  const TraceTree::Node& node = tree.nodes()[context.index];
  const SpanRef* root = tree.Root();
  const SpanEvent* event =
      context.event >= 0 ? &span.events[static_cast<std::size_t>(context.event)] : nullptr;
  const SpanLink* link =
      context.link >= 0 ? &span.links[static_cast<std::size_t>(context.link)] : nullptr;
  switch (intrinsic) {
    case Intrinsic::kDuration:
      return ToInt(span.DurationNanos());
    case Intrinsic::kName:
      return std::string_view(span.name);
    case Intrinsic::kKind:
      return span.kind;
    case Intrinsic::kStatus:
      return span.status_code;
    case Intrinsic::kStatusMessage:
      return std::string_view(span.status_message);
    case Intrinsic::kSpanId:
      return HexId{span.span_id.ToHex()};
    case Intrinsic::kParentId:
      if (span.IsRoot()) return HexId{SpanId{}.ToHex()};
      return HexId{Hex(span.parent_span_id)};
    case Intrinsic::kChildCount:
      return std::int64_t{node.child_count};
    case Intrinsic::kTraceDuration:
      return ToInt(tree.DurationNanos());
    case Intrinsic::kRootName:
      return root != nullptr ? std::string_view(root->span->name) : std::string_view();
    case Intrinsic::kRootServiceName:
      return root != nullptr ? ServiceName(root->resource->resource) : std::string_view();
    case Intrinsic::kTraceId:
      return HexId{span.trace_id.ToHex()};
    case Intrinsic::kEventName:
      if (event == nullptr) return std::nullopt;
      return std::string_view(event->name);
    case Intrinsic::kEventTimeSinceStart:
      if (event == nullptr) return std::nullopt;
      // Before the span's start it is negative; times are far from the ends of 64 bits.
      return static_cast<std::int64_t>(event->time_unix_ns - span.start_unix_ns);
    case Intrinsic::kLinkTraceId:
      if (link == nullptr) return std::nullopt;
      return HexId{Hex(link->trace_id)};
    case Intrinsic::kLinkSpanId:
      if (link == nullptr) return std::nullopt;
      return HexId{Hex(link->span_id)};
    case Intrinsic::kInstrumentationName:
      return std::string_view(context.ref().scope->scope.name);
    case Intrinsic::kInstrumentationVersion:
      return std::string_view(context.ref().scope->scope.version);
    case Intrinsic::kNestedSetLeft:
      return std::int64_t{node.nested_left};
    case Intrinsic::kNestedSetRight:
      return std::int64_t{node.nested_right};
    case Intrinsic::kNestedSetParent:
      return std::int64_t{node.nested_parent};
    case Intrinsic::kParent:
      break;  // Refused by the type check.
  }
  CHECK(false);
  return std::nullopt;
}

PlainEvaluator::PlainEvaluator(const Expression& condition) : condition_(condition) {
  Prepare(condition, events_, links_);
}

// Finds out what speaks of events and links; a negation speaks of them to itself alone.
void PlainEvaluator::Prepare(const Expression& expression, bool& events, bool& links) {
  if (const auto* attribute = std::get_if<AttributeReference>(&expression.node)) {
    events |= attribute->scope == AttributeScope::kEvent;
    links |= attribute->scope == AttributeScope::kLink;
  } else if (const auto* intrinsic = std::get_if<Intrinsic>(&expression.node)) {
    events |= *intrinsic == Intrinsic::kEventName || *intrinsic == Intrinsic::kEventTimeSinceStart;
    links |= *intrinsic == Intrinsic::kLinkTraceId || *intrinsic == Intrinsic::kLinkSpanId;
  } else if (const auto* unary = std::get_if<UnaryExpression>(&expression.node)) {
    if (unary->op == UnaryOperator::kNot) {
      Negation negation;
      Prepare(*unary->operand, negation.events, negation.links);
      negations_.emplace(unary, negation);
    } else {
      Prepare(*unary->operand, events, links);
    }
  } else if (const auto* binary = std::get_if<BinaryExpression>(&expression.node)) {
    Prepare(*binary->left, events, links);
    Prepare(*binary->right, events, links);
  }
}

Result<std::vector<SpanMatch>> PlainEvaluator::Evaluate(const TraceTree& tree, Budget& budget) {
  budget_ = &budget;
  stopped_ = OkStatus();
  std::vector<SpanMatch> matches;
  for (std::size_t i = 0; i < tree.spans().size(); ++i) {
    for (auto& [expression, negation] : negations_) negation.known = Known::kNo;
    SpanContext context{.tree = &tree, .index = i};
    const bool holds = HoldsForAny(condition_, events_, links_, context);
    RETURN_IF_ERROR(stopped_);
    if (holds) matches.push_back({.span = i, .event = context.event, .link = context.link});
  }
  return matches;
}

// Tries each event with each link; leaves those for which it holds in `context`.
bool PlainEvaluator::HoldsForAny(const Expression& expression, bool events, bool links,
                                 SpanContext& context) {
  const auto count_of = [](bool wanted, std::size_t count) {
    return wanted ? static_cast<std::int32_t>(count) : 0;
  };
  const std::int32_t event_count = count_of(events, context.span().events.size());
  const std::int32_t link_count = count_of(links, context.span().links.size());
  for (std::int32_t event = 0; event < std::max(event_count, 1); ++event) {
    for (std::int32_t link = 0; link < std::max(link_count, 1); ++link) {
      context.event = event_count > 0 ? event : SpanMatch::kNone;
      context.link = link_count > 0 ? link : SpanMatch::kNone;
      if (stopped_.ok()) stopped_ = budget_->CheckSometimes();
      if (!stopped_.ok()) return false;
      if (Holds(expression, context)) return true;
    }
  }
  return false;
}

bool PlainEvaluator::HoldsNegation(const UnaryExpression& negation, const SpanContext& context) {
  Negation& state = negations_.at(&negation);
  if (state.known == Known::kNo) {
    SpanContext fresh = context;
    const bool holds = HoldsForAny(*negation.operand, state.events, state.links, fresh);
    state.known = holds ? Known::kTrue : Known::kFalse;
  }
  return state.known == Known::kFalse;
}

// Whether a condition is true; a bare attribute stands for `attribute = true`.
bool PlainEvaluator::Holds(const Expression& expression, const SpanContext& context) {
  if (const auto* unary = std::get_if<UnaryExpression>(&expression.node)) {
    return unary->op == UnaryOperator::kNot && HoldsNegation(*unary, context);
  }
  if (const auto* binary = std::get_if<BinaryExpression>(&expression.node)) {
    return HoldsBinary(*binary, context);
  }
  for (const Value& value : Values(expression, context)) {
    if (Compare(value, BinaryOperator::kEqual, true) == Outcome::kTrue) return true;
  }
  return false;
}

bool PlainEvaluator::HoldsBinary(const BinaryExpression& binary, const SpanContext& context) {
  const BinaryOperator op = binary.op;
  if (op == BinaryOperator::kAnd) {
    return Holds(*binary.left, context) && Holds(*binary.right, context);
  }
  if (op == BinaryOperator::kOr) {
    return Holds(*binary.left, context) || Holds(*binary.right, context);
  }
  if (traceql::IsArithmetic(op)) return false;  // A number is no condition.
  const bool left_nil = IsNil(*binary.left);
  if (left_nil || IsNil(*binary.right)) {
    if (left_nil && IsNil(*binary.right)) return false;
    return HoldsNil(left_nil ? *binary.right : *binary.left, op == BinaryOperator::kEqual, context);
  }
  // Of several values (repeated keys), a positive operator asks for one, a negative one that
  // none contradicts and at least one is of a fitting type.
  const bool negative = op == BinaryOperator::kNotEqual || op == BinaryOperator::kNotRegex;
  bool any = false;
  std::vector<Value> rights =
      binary.regex ? std::vector<Value>(1, Opaque{}) : Values(*binary.right, context);
  const std::vector<Value> lefts = Values(*binary.left, context);
  if (lefts.size() > 1 && rights.size() > kRepeatedPairsMax) rights.resize(kRepeatedPairsMax);
  for (const Value& left : lefts) {
    for (const Value& right : rights) {
      const Outcome outcome =
          binary.regex ? CompareRegex(left, op, *binary.regex) : Compare(left, op, right);
      if (negative && outcome == Outcome::kFalse) return false;
      any |= outcome == Outcome::kTrue;
    }
  }
  return any;
}

bool PlainEvaluator::HoldsNil(const Expression& operand, bool absent, const SpanContext& context) {
  return Values(operand, context).empty() == absent;
}

// The values of an expression; none where it is absent or an operation has no result.
std::vector<Value> PlainEvaluator::Values(const Expression& expression,
                                          const SpanContext& context) {
  std::vector<Value> values;
  if (const auto* literal = std::get_if<Literal>(&expression.node)) {
    values.push_back(ToValue(*literal));
  } else if (const auto* attribute = std::get_if<AttributeReference>(&expression.node)) {
    for (const AttributeValue* value : FindValues(*attribute, context)) {
      values.push_back(ToValue(*value));
    }
  } else if (const auto* intrinsic = std::get_if<Intrinsic>(&expression.node)) {
    if (auto value = FindValue(*intrinsic, context)) values.push_back(*std::move(value));
  } else if (const auto* unary = std::get_if<UnaryExpression>(&expression.node)) {
    if (unary->op == UnaryOperator::kNot) {
      values.push_back(HoldsNegation(*unary, context));
    } else if (const auto operand = Values(*unary->operand, context); !operand.empty()) {
      values.push_back(Negate(operand.front()));
    }
  } else {
    const auto& binary = std::get<BinaryExpression>(expression.node);
    if (!traceql::IsArithmetic(binary.op)) {
      values.push_back(HoldsBinary(binary, context));
      return values;
    }
    // Of a repeated key, arithmetic takes the first value.
    const auto left = Values(*binary.left, context);
    const auto right = Values(*binary.right, context);
    if (!left.empty() && !right.empty()) {
      values.push_back(Calculate(left.front(), binary.op, right.front()));
    }
  }
  // What arithmetic has no result for is no value; a map or bytes stay, for they are present.
  const bool operation = std::holds_alternative<UnaryExpression>(expression.node) ||
                         std::holds_alternative<BinaryExpression>(expression.node);
  if (operation) {
    std::erase_if(values, [](const Value& v) { return std::holds_alternative<Opaque>(v); });
  }
  return values;
}

}  // namespace vivace::query

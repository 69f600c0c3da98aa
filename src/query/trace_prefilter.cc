#include "query/trace_prefilter.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <variant>

#include "block/scan.h"
#include "query/scan_lowering.h"
#include "query/value.h"
#include "traceql/ast.h"

// Conditions on the root speak of one span: the earliest that has no parent. So a condition that
// speaks of nothing else is put to every span without a parent, as a condition on its own name
// and service; the root of a match is among those that fulfil it. Conditions that hold for a trace
// without a root, too, are left to the evaluator.

namespace vivace::query {
namespace {

using traceql::BinaryExpression;
using traceql::BinaryOperator;
using traceql::Expression;
using traceql::ExpressionPtr;
using traceql::Intrinsic;
using traceql::Literal;
using traceql::UnaryExpression;
using traceql::UnaryOperator;

const Intrinsic* AsIntrinsic(const Expression& expression) {
  return std::get_if<Intrinsic>(&expression.node);
}

template <typename Node>
ExpressionPtr Make(Node node) {
  auto expression = std::make_unique<Expression>();
  expression->node = std::move(node);
  return expression;
}

// `rootServiceName = "x"` as a condition on a root itself. A root without a service counts as
// "", so only what "" does not fulfil can be asked of the attribute.
ExpressionPtr RewriteService(const BinaryExpression& comparison) {
  const auto* literal = std::get_if<Literal>(&comparison.right->node);
  const auto* text = literal != nullptr ? std::get_if<std::string>(&literal->value) : nullptr;
  if (text == nullptr) return nullptr;
  const bool plain = comparison.op == BinaryOperator::kEqual && !text->empty();
  const bool pattern = comparison.op == BinaryOperator::kRegex && !comparison.regex->Matches("");
  if (!plain && !pattern) return nullptr;
  BinaryExpression rewritten;
  rewritten.op = comparison.op;
  rewritten.left =
      Make(traceql::AttributeReference{traceql::AttributeScope::kResource, "service.name"});
  rewritten.right = Make(*literal);
  rewritten.regex = comparison.regex;
  return Make(std::move(rewritten));
}

// `condition` about roots, null if it speaks of something else. `negated`: below a `!`.
ExpressionPtr Rewrite(const Expression& condition, bool negated) {
  if (const auto* unary = std::get_if<UnaryExpression>(&condition.node)) {
    if (unary->op != UnaryOperator::kNot) return nullptr;
    ExpressionPtr operand = Rewrite(*unary->operand, true);
    return operand ? Make(UnaryExpression{UnaryOperator::kNot, std::move(operand)}) : nullptr;
  }
  const auto* binary = std::get_if<BinaryExpression>(&condition.node);
  if (binary == nullptr) return nullptr;
  BinaryExpression rewritten;
  rewritten.op = binary->op;
  if (binary->op == BinaryOperator::kAnd || binary->op == BinaryOperator::kOr) {
    rewritten.left = Rewrite(*binary->left, negated);
    rewritten.right = rewritten.left ? Rewrite(*binary->right, negated) : nullptr;
    return rewritten.right ? Make(std::move(rewritten)) : nullptr;
  }
  const Intrinsic* left = AsIntrinsic(*binary->left);
  const auto* literal = std::get_if<Literal>(&binary->right->node);
  if (!traceql::IsComparison(binary->op) || left == nullptr || literal == nullptr) return nullptr;
  if (*left == Intrinsic::kRootServiceName && !negated) return RewriteService(*binary);
  if (*left != Intrinsic::kRootName || !std::holds_alternative<std::string>(literal->value)) {
    return nullptr;
  }
  rewritten.left = Make(Intrinsic::kName);
  rewritten.right = Make(*literal);
  rewritten.regex = binary->regex;
  return Make(std::move(rewritten));
}

// Whether a condition that Rewrite takes holds for a trace without a root, whose root has empty
// names.
bool HoldsForNoRoot(const Expression& condition) {
  if (const auto* unary = std::get_if<UnaryExpression>(&condition.node)) {
    return !HoldsForNoRoot(*unary->operand);
  }
  const auto& binary = std::get<BinaryExpression>(condition.node);
  if (binary.op == BinaryOperator::kAnd) {
    return HoldsForNoRoot(*binary.left) && HoldsForNoRoot(*binary.right);
  }
  if (binary.op == BinaryOperator::kOr) {
    return HoldsForNoRoot(*binary.left) || HoldsForNoRoot(*binary.right);
  }
  const Value empty = std::string_view();
  const Outcome outcome =
      binary.regex ? CompareRegex(empty, binary.op, *binary.regex)
                   : Compare(empty, binary.op, ToValue(std::get<Literal>(binary.right->node)));
  return outcome == Outcome::kTrue;
}

std::uint64_t DurationOf(const block::TraceEntry& trace) {
  return trace.end_unix_ns > trace.start_unix_ns ? trace.end_unix_ns - trace.start_unix_ns : 0;
}

}  // namespace

TracePrefilter::TracePrefilter(const SearchRequest& request) {
  if (request.duration_ns_min || request.duration_ns_max) {
    durations_.push_back({.min = request.duration_ns_min.value_or(0),
                          .max = request.duration_ns_max.value_or(~std::uint64_t{0})});
  }
  if (request.query == nullptr) return;
  // The sides of && at the top; each must hold.
  const Expression* at = request.query->filter.condition.get();
  while (true) {
    const auto* binary = std::get_if<BinaryExpression>(&at->node);
    if (binary == nullptr || binary->op != BinaryOperator::kAnd) break;
    AddCondition(*binary->right);
    at = binary->left.get();
  }
  AddCondition(*at);
}

void TracePrefilter::AddCondition(const Expression& condition) {
  if (const auto* binary = std::get_if<BinaryExpression>(&condition.node)) AddDuration(*binary);
  const ExpressionPtr about_root = Rewrite(condition, false);
  // Which traces have no root is not told by one span.
  if (!about_root || HoldsForNoRoot(condition)) return;
  block::ScanLeaf no_parent;
  no_parent.field = block::ScanField::kParentId;
  no_parent.op = block::ScanOperator::kEqual;
  no_parent.operand = std::string("0");
  roots_.push_back({block::ScanNode::And(
      {block::ScanNode::Leaf(std::move(no_parent)), LowerFilter(*about_root).root})});
}

// `traceDuration > 1s`, and so on; what is not of this form is left to the evaluator.
void TracePrefilter::AddDuration(const BinaryExpression& comparison) {
  const Intrinsic* left = AsIntrinsic(*comparison.left);
  const auto* literal = std::get_if<Literal>(&comparison.right->node);
  if (left == nullptr || *left != Intrinsic::kTraceDuration || literal == nullptr) return;
  const auto* duration = std::get_if<std::chrono::nanoseconds>(&literal->value);
  if (duration == nullptr || duration->count() < 0) return;
  const auto nanos = static_cast<std::uint64_t>(duration->count());
  switch (comparison.op) {
    case BinaryOperator::kEqual:
    case BinaryOperator::kGreater:
    case BinaryOperator::kGreaterEqual:
      durations_.push_back({.min = nanos});
      break;
    case BinaryOperator::kLess:
    case BinaryOperator::kLessEqual:
      durations_.push_back({.max = nanos});
      break;
    default:
      break;
  }
}

Result<std::vector<bool>> TracePrefilter::MayMatch(const block::RowGroup& rows) const {
  const auto traces = rows.traces();
  std::vector<bool> may_match(traces.size(), true);
  for (const DurationBounds& bounds : durations_) {
    for (std::size_t i = 0; i < traces.size(); ++i) {
      const std::uint64_t duration = DurationOf(traces[i]);
      if (duration < bounds.min || duration > bounds.max) may_match[i] = false;
    }
  }
  for (const block::ScanRequest& root : roots_) {
    ASSIGN_OR_RETURN(const block::ScanResult found, block::Scan(rows, root, nullptr));
    std::vector<bool> has_root(traces.size(), false);
    found.rows.ForEach([&](std::size_t row) {
      has_root[rows.TraceOfRow(static_cast<std::uint32_t>(row))] = true;
    });
    for (std::size_t i = 0; i < traces.size(); ++i) {
      if (!has_root[i]) may_match[i] = false;
    }
  }
  return may_match;
}

Result<SplitTraces> SplitTraces::Find(const storage::Snapshot& snapshot,
                                      const std::optional<TimeWindow>& window, Budget& budget) {
  const std::uint64_t mark = budget.bytes();
  std::vector<std::uint64_t> all;
  for (const auto& source : snapshot.sources()) {
    if (!MayOverlap(source->meta(), window)) continue;
    for (std::size_t i = 0; i < source->row_group_count(); ++i) {
      RETURN_IF_ERROR(budget.Check());
      const auto rows = source->LoadRowGroup(i);
      if (!rows.ok()) continue;  // The scan meets it, too, and says so.
      RETURN_IF_ERROR(budget.TakeBytes((*rows)->trace_count() * sizeof(std::uint64_t)));
      for (const block::TraceEntry& trace : (*rows)->traces()) {
        all.push_back(std::hash<TraceId>()(trace.id));
      }
    }
  }
  std::sort(all.begin(), all.end());
  SplitTraces split;
  for (std::size_t i = 1; i < all.size(); ++i) {
    const bool again = all[i] == all[i - 1];
    if (again && (split.hashes_.empty() || split.hashes_.back() != all[i])) {
      split.hashes_.push_back(all[i]);
    }
  }
  budget.ReturnTo(mark);
  RETURN_IF_ERROR(budget.TakeBytes(split.hashes_.size() * sizeof(std::uint64_t)));
  return split;
}

bool SplitTraces::MayContain(const TraceId& id) const {
  return std::binary_search(hashes_.begin(), hashes_.end(), std::hash<TraceId>()(id));
}

}  // namespace vivace::query

#pragma once
// Evaluates a query over one whole trace in memory, plainly: the meaning of TraceQL that every
// quicker way is compared with. The rules are in docs/traceql.md.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "model/trace_tree.h"
#include "query/budget.h"
#include "query/value.h"
#include "traceql/ast.h"

namespace vivace::query {

/// A span that satisfies a filter, with the event and link for which it does so.
struct SpanMatch {
  static constexpr std::int32_t kNone = -1;
  std::size_t span = 0;        ///< Index into TraceTree::spans().
  std::int32_t event = kNone;  ///< The first event, kNone if the filter asks for none.
  std::int32_t link = kNone;
};

/// One span of a trace while an expression is evaluated for it.
struct SpanContext {
  const TraceTree* tree = nullptr;
  std::size_t index = 0;
  std::int32_t event = SpanMatch::kNone;
  std::int32_t link = SpanMatch::kNone;

  const SpanRef& ref() const { return tree->spans()[index]; }
  const Span& span() const { return *ref().span; }
};

/// The values of an attribute for a span, empty if it is absent. Repeated keys give several.
std::vector<const AttributeValue*> FindValues(const traceql::AttributeReference& attribute,
                                              const SpanContext& context);
/// The value of an intrinsic for a span; nullopt where there is none (an event intrinsic of a
/// span without events).
std::optional<Value> FindValue(traceql::Intrinsic intrinsic, const SpanContext& context);

/// Evaluates one filter. `condition` has passed the type check and outlives the evaluator. Not
/// thread-safe.
class PlainEvaluator {
 public:
  explicit PlainEvaluator(const traceql::Expression& condition);

  /// The spans of `tree` that satisfy the filter, in the tree's order. Ends early with the
  /// budget's error.
  Result<std::vector<SpanMatch>> Evaluate(const TraceTree& tree, Budget& budget);

 private:
  enum class Known : std::int8_t { kNo, kFalse, kTrue };
  struct Negation {
    bool events = false;  ///< Its operand speaks of events.
    bool links = false;
    Known known = Known::kNo;  ///< Its operand's outcome for the current span.
  };

  void Prepare(const traceql::Expression& expression, bool& events, bool& links);
  bool HoldsForAny(const traceql::Expression& expression, bool events, bool links,
                   SpanContext& context);
  bool HoldsNegation(const traceql::UnaryExpression& negation, const SpanContext& context);
  bool Holds(const traceql::Expression& expression, const SpanContext& context);
  bool HoldsBinary(const traceql::BinaryExpression& binary, const SpanContext& context);
  bool HoldsNil(const traceql::Expression& operand, bool absent, const SpanContext& context);
  std::vector<Value> Values(const traceql::Expression& expression, const SpanContext& context);

  const traceql::Expression& condition_;
  bool events_ = false;
  bool links_ = false;
  std::unordered_map<const traceql::UnaryExpression*, Negation> negations_;
  Budget* budget_ = nullptr;
  Status stopped_;  ///< The budget's error, once it is used up.
};

}  // namespace vivace::query

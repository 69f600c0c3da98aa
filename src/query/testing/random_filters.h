#pragma once
// Random filters that ask for what random traces hold.

#include <string>

#include "base/random.h"
#include "model/span.h"

namespace vivace::query::testing {

/// Makes texts of filters: every scope, intrinsic, operator and type, logic, negation,
/// arithmetic; values mostly drawn from `data`, so that many match something. All pass the type
/// check. Not thread-safe; `data` outlives it.
class RandomFilters {
 public:
  RandomFilters(Random& random, const TraceData& data);

  /// A whole query, `{ ... }`.
  std::string Make();

 private:
  const ResourceSpans& AnyResource();
  const ScopeSpans& AnyScope();
  const Span& AnySpan();
  std::string Condition(int depth);
  std::string AttributeCondition();
  std::string IntrinsicCondition();
  std::string EventOrLinkCondition();
  std::string Compared(const std::string& left, const AttributeValue& value);
  std::string OddCondition();

  Random& random_;
  const TraceData& data_;
};

}  // namespace vivace::query::testing

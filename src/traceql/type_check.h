#pragma once
// Types of expressions, checked before a query runs. Rules: docs/traceql.md, "Types".

#include <string_view>

#include "base/result.h"
#include "traceql/ast.h"

namespace vivace::traceql {

enum class Type {
  kNil,
  kBool,
  kInt,
  kFloat,
  kDuration,
  kString,
  kStatus,
  kKind,
  kUnknown,  ///< An attribute: known only when a span is looked at.
};

Type TypeOf(Intrinsic intrinsic);
Type TypeOf(const Literal& literal);

/// kInvalidArgument with Tempo's words when operands do not fit, a filter is not a condition,
/// or something parses that is not offered.
Status CheckTypes(const Query& query);

/// ParseSyntax, then CheckTypes: the way in for every query.
Result<Query> ParseQuery(std::string_view text);

}  // namespace vivace::traceql

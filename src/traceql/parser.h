#pragma once
// Tokens to syntax tree. The grammar is in docs/traceql.md.

#include <cstddef>
#include <string_view>

#include "base/result.h"
#include "traceql/ast.h"

namespace vivace::traceql {

// Bytes of a query; Tempo's default for max_query_expression_size_bytes.
constexpr std::size_t kQueryBytesMax = 128 * 1024;
// Parentheses, `!` and `-` inside each other. The parser recurses once for each.
constexpr int kNestingMax = 500;
// Levels of the tree, chains such as `a || b || c` included: the longest list of ids that fits
// kQueryBytesMax has about 3,000 terms. Everything that walks a tree recurses so deep at most.
constexpr int kTreeDepthMax = 4000;
// Patterns of one query; with regex.cc's limit, they bound its memory.
constexpr int kRegexesMax = 32;

/// Parses a whole query. kInvalidArgument "parse error at line L, col C: ..."; what belongs to
/// TraceQL but is not offered says "not yet supported" with its position.
Result<Query> ParseSyntax(std::string_view text);

/// Parses one attribute or intrinsic alone, as in the path of the tag values API.
Result<std::variant<AttributeReference, Intrinsic>> ParseReference(std::string_view text);

/// Removes comparisons that have no right side yet, as an editor sends them while a user is
/// typing: `{ .a = "b" && .c = }` becomes `{ .a = "b" }`. Text that it cannot read stays.
std::string RemoveIncompleteComparisons(std::string_view text);

}  // namespace vivace::traceql

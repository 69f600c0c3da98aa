#pragma once
// Syntax trees back to text. Parsing the text gives the same tree.

#include <string>

#include "traceql/ast.h"

namespace vivace::traceql {

std::string Print(const Query& query);
/// Operands that are operations themselves stand in parentheses.
std::string Print(const Expression& expression);
std::string Print(const Literal& literal);
/// `span.http.route`, `.x`, `resource."a b"`.
std::string Print(const AttributeReference& attribute);

}  // namespace vivace::traceql

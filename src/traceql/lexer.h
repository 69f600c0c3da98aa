#pragma once
// Text of TraceQL to tokens. Rules: docs/traceql.md, "Words".

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "traceql/ast.h"

namespace vivace::traceql {

enum class TokenType {
  kEnd,
  kSymbol,     ///< A bracket, comma or operator; `text` is it.
  kWord,       ///< A name that is none of the below: functions, `by`, hints.
  kLiteral,    ///< `literal` holds the value.
  kAttribute,  ///< `attribute` holds scope and name.
  kIntrinsic,  ///< `intrinsic` holds it.
};

struct Token {
  TokenType type = TokenType::kEnd;
  Position position;
  std::string text;  ///< As it stands in the query, for messages.
  Literal literal;
  AttributeReference attribute;
  Intrinsic intrinsic = Intrinsic::kDuration;
};

/// Splits `text`; the last token is kEnd. kInvalidArgument "parse error at line L, col C: ...".
Result<std::vector<Token>> Tokenize(std::string_view text);

/// The error of lexer and parser: "parse error at line L, col C: <what>".
Error ParseError(Position position, std::string_view what);

}  // namespace vivace::traceql

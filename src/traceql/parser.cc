#include "traceql/parser.h"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "traceql/lexer.h"

namespace vivace::traceql {
namespace {

// Binding strength, loosest first; the numbers of docs/traceql.md.
constexpr int kLevelLogical = 2;
constexpr int kLevelNegate = 4;
constexpr int kLevelNot = 5;
constexpr int kLevelPower = 7;

struct OperatorLevel {
  std::string_view text;
  BinaryOperator op;
  int level;
};
constexpr std::array<OperatorLevel, 16> kOperators = {{
    {"&&", BinaryOperator::kAnd, kLevelLogical},
    {"||", BinaryOperator::kOr, kLevelLogical},
    {"=", BinaryOperator::kEqual, 3},
    {"!=", BinaryOperator::kNotEqual, 3},
    {"<", BinaryOperator::kLess, 3},
    {"<=", BinaryOperator::kLessEqual, 3},
    {">", BinaryOperator::kGreater, 3},
    {">=", BinaryOperator::kGreaterEqual, 3},
    {"=~", BinaryOperator::kRegex, 3},
    {"!~", BinaryOperator::kNotRegex, 3},
    {"+", BinaryOperator::kAdd, 4},
    {"-", BinaryOperator::kSubtract, 4},
    {"*", BinaryOperator::kMultiply, 6},
    {"/", BinaryOperator::kDivide, 6},
    {"%", BinaryOperator::kModulo, 6},
    {"^", BinaryOperator::kPower, kLevelPower},
}};

// Operators between spansets and what begins a pipeline stage: parts of the language that this
// version answers with "not yet supported".
constexpr std::array<std::string_view, 18> kSpansetOperators = {
    "&&", "||",  ">",  ">>", "<",   "<<", "~",   "!>", "!>>",
    "!<", "!<<", "!~", "&>", "&>>", "&<", "&<<", "&~", "|"};
constexpr std::array<std::string_view, 5> kAggregates = {"count", "max", "min", "avg", "sum"};

// An expression with its height, so that depth is bounded while the tree is built.
struct Parsed {
  ExpressionPtr expression;
  int depth = 1;
};

template <typename Node>
ExpressionPtr MakeExpression(Position position, Node node) {
  auto expression = std::make_unique<Expression>();
  expression->position = position;
  expression->node = std::move(node);
  return expression;
}

// `-5` is a constant, not an operation.
bool NegateLiteral(Expression& expression) {
  auto* literal = std::get_if<Literal>(&expression.node);
  if (literal == nullptr) return false;
  if (auto* number = std::get_if<std::int64_t>(&literal->value)) {
    if (*number == std::numeric_limits<std::int64_t>::min()) return false;
    *number = -*number;
    return true;
  }
  if (auto* number = std::get_if<double>(&literal->value)) {
    *number = -*number;
    return true;
  }
  if (auto* duration = std::get_if<std::chrono::nanoseconds>(&literal->value)) {
    if (*duration == std::chrono::nanoseconds::min()) return false;
    *duration = -*duration;
    return true;
  }
  return false;
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<Query> ParseQuery() {
    Query query;
    // Parentheses around a whole filter mean nothing more.
    int parentheses = 0;
    while (IsSymbol("(")) {
      if (++parentheses > kNestingMax) return TooDeep();
      Take();
    }
    if (!IsSymbol("{")) return NoFilter();
    ASSIGN_OR_RETURN(query.filter, ParseFilter());
    for (; parentheses > 0; --parentheses) {
      RETURN_IF_ERROR(RefuseRest(")"));
      Take();
    }
    if (IsWord("with")) {
      ASSIGN_OR_RETURN(query.hints, ParseHints());
    }
    RETURN_IF_ERROR(RefuseRest(""));
    return query;
  }

  Result<std::variant<AttributeReference, Intrinsic>> ParseOneReference() {
    const Token token = Take();
    if (Current().type == TokenType::kEnd) {
      if (token.type == TokenType::kAttribute) {
        return std::variant<AttributeReference, Intrinsic>(token.attribute);
      }
      if (token.type == TokenType::kIntrinsic) {
        return std::variant<AttributeReference, Intrinsic>(token.intrinsic);
      }
    }
    return ParseError(token.position, "syntax error: expecting one attribute or intrinsic");
  }

 private:
  const Token& Current() const { return tokens_[at_]; }
  Token Take() {
    Token token = tokens_[at_];
    if (at_ + 1 < tokens_.size()) ++at_;
    return token;
  }
  bool IsSymbol(std::string_view text) const {
    return Current().type == TokenType::kSymbol && Current().text == text;
  }
  bool IsWord(std::string_view text) const {
    return Current().type == TokenType::kWord && Current().text == text;
  }

  Error Unexpected(std::string_view expecting) const {
    constexpr std::size_t kShownBytesMax = 40;
    if (Current().type == TokenType::kEnd) {
      return ParseError(
          Current().position,
          fmt::format("syntax error: unexpected end of query, expecting {}", expecting));
    }
    return ParseError(Current().position,
                      fmt::format("syntax error: unexpected {}, expecting {}",
                                  Current().text.substr(0, kShownBytesMax), expecting));
  }
  Error NotYetSupported(std::string_view what) const {
    return ParseError(Current().position, fmt::format("{} not yet supported", what));
  }
  Error TooDeep() const {
    return ParseError(Current().position,
                      fmt::format("query is nested too deeply: at most {} levels of parentheses, ! "
                                  "and - and {} terms in a row",
                                  kNestingMax, kTreeDepthMax));
  }

  // The query does not begin with a filter.
  Error NoFilter() const {
    const auto is_current = [&](std::string_view word) { return IsWord(word); };
    if (std::any_of(kAggregates.begin(), kAggregates.end(), is_current)) {
      return NotYetSupported("scalar filters");
    }
    return Unexpected("{");
  }

  // What may follow a filter in the whole language, refused with a clear word.
  Status RefuseRest(std::string_view expected_symbol) const {
    if (!expected_symbol.empty() && IsSymbol(expected_symbol)) return OkStatus();
    if (expected_symbol.empty() && Current().type == TokenType::kEnd) return OkStatus();
    if (IsSymbol("|")) return NotYetSupported("pipelines of several stages and metrics are");
    for (const std::string_view op : kSpansetOperators) {
      if (IsSymbol(op)) return NotYetSupported("operators between spansets are");
    }
    return Unexpected(expected_symbol.empty() ? "the end of the query" : expected_symbol);
  }

  Result<SpansetFilter> ParseFilter() {
    SpansetFilter filter;
    filter.position = Current().position;
    Take();
    if (IsSymbol("}")) {
      filter.condition = MakeExpression(filter.position, Literal{true});
    } else {
      ASSIGN_OR_RETURN(Parsed parsed, ParseExpression(kLevelLogical, 0));
      filter.condition = std::move(parsed.expression);
    }
    if (!IsSymbol("}")) return Unexpected("an operator or }");
    Take();
    return filter;
  }

  // Precedence climbing: takes operators of `level_min` and tighter.
  Result<Parsed> ParseExpression(int level_min, int nesting) {
    if (nesting > kNestingMax) return TooDeep();
    ASSIGN_OR_RETURN(Parsed left, ParseOperand(nesting));
    while (const OperatorLevel* found = CurrentOperator()) {
      if (found->level < level_min) break;
      const Position position = Take().position;
      const int right_level = found->level == kLevelPower ? kLevelPower : found->level + 1;
      ASSIGN_OR_RETURN(Parsed right, ParseExpression(right_level, nesting + 1));
      BinaryExpression binary;
      binary.op = found->op;
      RETURN_IF_ERROR(CompileRegex(binary, *right.expression));
      const int depth = std::max(left.depth, right.depth) + 1;
      if (depth > kTreeDepthMax) return TooDeep();
      binary.left = std::move(left.expression);
      binary.right = std::move(right.expression);
      left = Parsed{MakeExpression(position, std::move(binary)), depth};
    }
    return left;
  }

  const OperatorLevel* CurrentOperator() const {
    if (Current().type != TokenType::kSymbol) return nullptr;
    for (const OperatorLevel& candidate : kOperators) {
      if (candidate.text == Current().text) return &candidate;
    }
    return nullptr;
  }

  Result<Parsed> ParseOperand(int nesting) {
    const Token token = Current();
    switch (token.type) {
      case TokenType::kLiteral:
        Take();
        return Parsed{MakeExpression(token.position, token.literal)};
      case TokenType::kAttribute:
        Take();
        return Parsed{MakeExpression(token.position, token.attribute)};
      case TokenType::kIntrinsic:
        Take();
        return Parsed{MakeExpression(token.position, token.intrinsic)};
      case TokenType::kSymbol:
        break;
      case TokenType::kWord:
      case TokenType::kEnd:
        return Unexpected("an attribute, an intrinsic or a value");
    }
    if (token.text == "(") {
      Take();
      ASSIGN_OR_RETURN(Parsed inner, ParseExpression(kLevelLogical, nesting + 1));
      if (!IsSymbol(")")) return Unexpected("an operator or )");
      Take();
      return inner;
    }
    if (token.text == "!") return ParseUnary(UnaryOperator::kNot, kLevelNot + 1, nesting);
    if (token.text == "-") return ParseUnary(UnaryOperator::kNegate, kLevelNegate + 1, nesting);
    return Unexpected("an attribute, an intrinsic or a value");
  }

  Result<Parsed> ParseUnary(UnaryOperator op, int operand_level, int nesting) {
    const Position position = Take().position;
    ASSIGN_OR_RETURN(Parsed operand, ParseExpression(operand_level, nesting + 1));
    if (op == UnaryOperator::kNegate && NegateLiteral(*operand.expression)) {
      operand.expression->position = position;
      return operand;
    }
    const int depth = operand.depth + 1;
    if (depth > kTreeDepthMax) return TooDeep();
    return Parsed{MakeExpression(position, UnaryExpression{op, std::move(operand.expression)}),
                  depth};
  }

  Status CompileRegex(BinaryExpression& binary, const Expression& right) {
    if (binary.op != BinaryOperator::kRegex && binary.op != BinaryOperator::kNotRegex) {
      return OkStatus();
    }
    const auto* literal = std::get_if<Literal>(&right.node);
    if (literal == nullptr) {
      return ParseError(right.position, "syntax error: a regular expression must be a string");
    }
    // A constant of another type is refused by the type check.
    const auto* pattern = std::get_if<std::string>(&literal->value);
    if (pattern == nullptr) return OkStatus();
    if (++regexes_ > kRegexesMax) {
      return ParseError(
          right.position,
          fmt::format("a query may hold at most {} regular expressions; join some with |",
                      kRegexesMax));
    }
    auto regex = Regex::Compile(*pattern);
    if (!regex.ok()) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("{} (line {}, col {})", regex.error().message(), right.position.line,
                               right.position.column));
    }
    binary.regex = std::move(regex).value();
    return OkStatus();
  }

  Result<std::vector<Hint>> ParseHints() {
    std::vector<Hint> hints;
    Take();
    if (!IsSymbol("(")) return Unexpected("(");
    Take();
    while (true) {
      if (Current().type != TokenType::kWord) return Unexpected("the name of a hint");
      Hint hint{.key = Take().text, .value = {}};
      if (!IsSymbol("=")) return Unexpected("=");
      Take();
      const bool negative = IsSymbol("-");
      if (negative) Take();
      if (Current().type != TokenType::kLiteral) return Unexpected("a value");
      Expression value{.position = Current().position, .node = Current().literal};
      if (negative && !NegateLiteral(value)) return Unexpected("a number");
      Take();
      hint.value = std::get<Literal>(std::move(value.node));
      hints.push_back(std::move(hint));
      if (IsSymbol(")")) {
        Take();
        return hints;
      }
      if (!IsSymbol(",")) return Unexpected(", or )");
      Take();
    }
  }

  const std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int regexes_ = 0;
};

Status CheckSize(std::string_view text) {
  if (text.size() <= kQueryBytesMax) return OkStatus();
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("query expression has {} bytes, the maximum is {}", text.size(), kQueryBytesMax));
}

}  // namespace

Result<Query> ParseSyntax(std::string_view text) {
  RETURN_IF_ERROR(CheckSize(text));
  ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  return Parser(std::move(tokens)).ParseQuery();
}

Result<std::variant<AttributeReference, Intrinsic>> ParseReference(std::string_view text) {
  RETURN_IF_ERROR(CheckSize(text));
  ASSIGN_OR_RETURN(std::vector<Token> tokens, Tokenize(text));
  return Parser(std::move(tokens)).ParseOneReference();
}

std::string RemoveIncompleteComparisons(std::string_view text) {
  if (text.size() > kQueryBytesMax) return std::string(text);
  Result<std::vector<Token>> tokens = Tokenize(text);
  if (!tokens.ok()) return std::string(text);
  const auto is_operand = [](const Token& token) {
    return token.type == TokenType::kAttribute || token.type == TokenType::kIntrinsic;
  };
  const auto is = [](const Token& token, std::string_view symbol) {
    return token.type == TokenType::kSymbol && token.text == symbol;
  };
  const auto is_comparison = [&](const Token& token) {
    return std::any_of(kOperators.begin(), kOperators.end(), [&](const OperatorLevel& known) {
      return known.level == 3 && is(token, known.text);
    });
  };
  std::string out;
  const std::vector<Token>& all = *tokens;
  for (std::size_t i = 0; i < all.size(); ++i) {
    // operand comparison, and then nothing that could be a value: it counts as true.
    if (i + 2 < all.size() && is_operand(all[i]) && is_comparison(all[i + 1]) &&
        (is(all[i + 2], "}") || is(all[i + 2], ")") || is(all[i + 2], "&&") ||
         is(all[i + 2], "||") || all[i + 2].type == TokenType::kEnd)) {
      out += "true ";
      ++i;
      continue;
    }
    out += all[i].text;
    out += ' ';
  }
  return out;
}

}  // namespace vivace::traceql

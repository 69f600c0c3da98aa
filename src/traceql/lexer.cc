#include "traceql/lexer.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "traceql/duration.h"

namespace vivace::traceql {
namespace {

// Characters of a token that a message shows.
constexpr std::size_t kShownBytesMax = 40;

struct ScopeName {
  std::string_view name;
  AttributeScope scope;
};
constexpr std::array<ScopeName, 6> kScopes = {
    {{"span", AttributeScope::kSpan},
     {"resource", AttributeScope::kResource},
     {"event", AttributeScope::kEvent},
     {"link", AttributeScope::kLink},
     {"instrumentation", AttributeScope::kInstrumentation},
     {"parent", AttributeScope::kParent}}};

// Longest first where one is the beginning of another.
constexpr std::array<std::string_view, 39> kSymbols = {
    "!>>", "!<<", "&>>", "&<<", "&&", "||", "!=", "!~", "=~", "==", ">=", "<=", ">>",
    "<<",  "!>",  "!<",  "&>",  "&<", "&~", "{",  "}",  "(",  ")",  ",",  "=",  "<",
    ">",   "~",   "!",   "|",   "+",  "-",  "*",  "/",  "%",  "^",  "&",  "[",  "]"};

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsWordStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsWord(char c) { return IsWordStart(c) || IsDigit(c); }
bool EndsAttribute(char c) {
  return IsSpace(c) || std::string_view("{}()=~!<>&|^,").find(c) != std::string_view::npos;
}
bool IsContinuationByte(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

void AppendUtf8(std::string& out, std::uint32_t rune) {
  if (rune < 0x80) {
    out.push_back(static_cast<char>(rune));
  } else if (rune < 0x800) {
    out.push_back(static_cast<char>(0xc0 | (rune >> 6)));
    out.push_back(static_cast<char>(0x80 | (rune & 0x3f)));
  } else if (rune < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | (rune >> 12)));
    out.push_back(static_cast<char>(0x80 | ((rune >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (rune & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | (rune >> 18)));
    out.push_back(static_cast<char>(0x80 | ((rune >> 12) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | ((rune >> 6) & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (rune & 0x3f)));
  }
}

std::optional<Literal> FindConstant(std::string_view word) {
  using std::pair;
  static const std::array<pair<std::string_view, Literal>, 14> kConstants = {{
      {"true", Literal{true}},
      {"false", Literal{false}},
      {"nil", Literal{Nil{}}},
      {"minInt", Literal{std::numeric_limits<std::int64_t>::min()}},
      {"maxInt", Literal{std::numeric_limits<std::int64_t>::max()}},
      {"ok", Literal{StatusCode::kOk}},
      {"error", Literal{StatusCode::kError}},
      {"unset", Literal{StatusCode::kUnset}},
      {"unspecified", Literal{SpanKind::kUnspecified}},
      {"internal", Literal{SpanKind::kInternal}},
      {"server", Literal{SpanKind::kServer}},
      {"client", Literal{SpanKind::kClient}},
      {"producer", Literal{SpanKind::kProducer}},
      {"consumer", Literal{SpanKind::kConsumer}},
  }};
  for (const auto& [name, literal] : kConstants) {
    if (name == word) return literal;
  }
  return std::nullopt;
}

class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  Result<std::vector<Token>> Run() {
    std::vector<Token> tokens;
    while (true) {
      RETURN_IF_ERROR(SkipBlanks());
      token_start_ = at_;
      Token token;
      token.position = position_;
      if (!AtEnd()) RETURN_IF_ERROR(Next(token));
      token.text = std::string(text_.substr(token_start_, at_ - token_start_));
      tokens.push_back(std::move(token));
      if (tokens.back().type == TokenType::kEnd) return tokens;
    }
  }

 private:
  bool AtEnd() const { return at_ >= text_.size(); }
  char Peek(std::size_t ahead = 0) const {
    return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0';
  }
  bool LooksAt(std::string_view what) const {
    return text_.substr(at_).substr(0, what.size()) == what;
  }
  void Advance(std::size_t bytes = 1) {
    for (; bytes > 0 && !AtEnd(); --bytes, ++at_) {
      if (text_[at_] == '\n') {
        ++position_.line;
        position_.column = 1;
      } else if (!IsContinuationByte(text_[at_])) {
        ++position_.column;
      }
    }
  }

  Status SkipBlanks() {
    while (!AtEnd()) {
      if (IsSpace(Peek())) {
        Advance();
      } else if (LooksAt("//")) {
        while (!AtEnd() && Peek() != '\n') Advance();
      } else if (LooksAt("/*")) {
        const Position start = position_;
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) {
          return ParseError(start, "syntax error: comment not terminated, expecting */");
        }
        Advance(end + 2 - at_);
      } else {
        break;
      }
    }
    return OkStatus();
  }

  Status Next(Token& token) {
    const char c = Peek();
    if (c == '"' || c == '`') return QuotedString(token);
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number(token);
    if (c == '.') {
      Advance();
      return AttributeName(token, AttributeScope::kUnscoped);
    }
    if (IsWordStart(c)) return Word(token);
    for (const std::string_view symbol : kSymbols) {
      if (!LooksAt(symbol)) continue;
      Advance(symbol.size());
      token.type = TokenType::kSymbol;
      return OkStatus();
    }
    std::size_t bytes = 1;
    while (IsContinuationByte(Peek(bytes))) ++bytes;
    return ParseError(token.position,
                      fmt::format("syntax error: unexpected character \"{}\"",
                                  text_.substr(at_, std::min<std::size_t>(bytes, 4))));
  }

  Status QuotedString(Token& token) {
    token.type = TokenType::kLiteral;
    const char quote = Peek();
    Advance();
    std::string value;
    while (true) {
      if (AtEnd() || (quote == '"' && Peek() == '\n')) {
        return ParseError(token.position, "syntax error: string not terminated");
      }
      const char c = Peek();
      if (c == quote) {
        Advance();
        token.literal.value = std::move(value);
        return OkStatus();
      }
      if (quote == '"' && c == '\\') {
        RETURN_IF_ERROR(Escape(value));
        continue;
      }
      if (quote != '`' || c != '\r') value.push_back(c);
      Advance();
    }
  }

  // One escape of Go's interpreted strings.
  Status Escape(std::string& value) {
    const Position start = position_;
    Advance();
    const char c = Peek();
    constexpr std::string_view kNames = "abfnrtv\\\"";
    constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\\"";
    if (const std::size_t i = kNames.find(c); !AtEnd() && i != std::string_view::npos) {
      value.push_back(kValues[i]);
      Advance();
      return OkStatus();
    }
    int digits = 0;
    int base = 16;
    if (c == 'x') digits = 2;
    if (c == 'u') digits = 4;
    if (c == 'U') digits = 8;
    if (c >= '0' && c <= '7') {
      digits = 3;
      base = 8;
    } else if (digits > 0) {
      Advance();
    }
    const std::string_view number = text_.substr(at_, static_cast<std::size_t>(digits));
    std::uint32_t code = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), code, base);
    const bool bad_rune = code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff);
    if (digits == 0 || number.size() != static_cast<std::size_t>(digits) || error != std::errc() ||
        end != number.data() + number.size() || (digits <= 3 && code > 0xff) ||
        (digits > 3 && bad_rune)) {
      return ParseError(start, "syntax error: unknown escape in string; use \\\\ for a backslash");
    }
    Advance(number.size());
    if (digits <= 3) {
      value.push_back(static_cast<char>(code));
    } else {
      AppendUtf8(value, code);
    }
    return OkStatus();
  }

  // An integer, float or duration; the sign is the parser's.
  Status Number(Token& token) {
    std::size_t end = at_;
    while (end < text_.size()) {
      const char c = text_[end];
      const bool exponent_sign = (c == '+' || c == '-') && end > at_ &&
                                 (text_[end - 1] == 'e' || text_[end - 1] == 'E') &&
                                 end + 1 < text_.size() && IsDigit(text_[end + 1]);
      const bool micro = text_.substr(end, 2) == "\xc2\xb5" || text_.substr(end, 2) == "\xce\xbc";
      if (!IsWord(c) && c != '.' && !exponent_sign && !micro) break;
      end += micro ? 2 : 1;
    }
    const std::string_view number = text_.substr(at_, end - at_);
    token.type = TokenType::kLiteral;
    const bool integer = number.find_first_not_of("0123456789") == std::string_view::npos;
    const bool decimal = number.find_first_not_of("0123456789.eE+-") == std::string_view::npos;
    const char* const last = number.data() + number.size();
    bool parsed = false;
    if (integer) {
      std::int64_t value = 0;
      parsed = std::from_chars(number.data(), last, value).ec == std::errc();
      token.literal.value = value;
    } else if (decimal) {
      double value = 0;
      const auto [stop, error] = std::from_chars(number.data(), last, value);
      parsed = error == std::errc() && stop == last && std::isfinite(value);
      token.literal.value = value;
    } else if (const auto duration = ParseDuration(number)) {
      parsed = true;
      token.literal.value = *duration;
    }
    if (!parsed) {
      return ParseError(
          token.position,
          fmt::format("syntax error: \"{}\" is no integer, float or duration that fits 64 bits",
                      number.substr(0, kShownBytesMax)));
    }
    Advance(number.size());
    return OkStatus();
  }

  std::string_view TakeWord() {
    const std::size_t start = at_;
    while (IsWord(Peek())) Advance();
    return text_.substr(start, at_ - start);
  }

  Status Word(Token& token) {
    const std::string_view word = TakeWord();
    if (Peek() == ':') return ColonIntrinsic(token, word);
    if (Peek() == '.') {
      for (const ScopeName& scope : kScopes) {
        if (scope.name != word) continue;
        Advance();
        return ScopedAttribute(token, scope.scope);
      }
      return ParseError(token.position,
                        fmt::format("syntax error: unknown scope \"{}\", expecting span, resource, "
                                    "event, link, instrumentation or a leading dot",
                                    word.substr(0, kShownBytesMax)));
    }
    if (auto constant = FindConstant(word)) {
      token.type = TokenType::kLiteral;
      token.literal = *std::move(constant);
      return OkStatus();
    }
    if (const auto intrinsic = FindIntrinsic(word)) {
      token.type = TokenType::kIntrinsic;
      token.intrinsic = *intrinsic;
      return OkStatus();
    }
    token.type = TokenType::kWord;
    return OkStatus();
  }

  Status ScopedAttribute(Token& token, AttributeScope scope) {
    if (scope == AttributeScope::kParent) {
      if (LooksAt("span.")) {
        Advance(5);
        scope = AttributeScope::kParentSpan;
      } else if (LooksAt("resource.")) {
        Advance(9);
        scope = AttributeScope::kParentResource;
      }
    }
    return AttributeName(token, scope);
  }

  Status ColonIntrinsic(Token& token, std::string_view scope) {
    const std::size_t start = at_ - scope.size();
    Advance();
    TakeWord();
    const std::string_view name = text_.substr(start, at_ - start);
    const auto intrinsic = FindIntrinsic(name);
    if (!intrinsic) {
      return ParseError(token.position, fmt::format("syntax error: \"{}\" is no intrinsic",
                                                    name.substr(0, kShownBytesMax)));
    }
    token.type = TokenType::kIntrinsic;
    token.intrinsic = *intrinsic;
    return OkStatus();
  }

  // The name behind a scope and its dot; parts of it may be in double quotes.
  Status AttributeName(Token& token, AttributeScope scope) {
    token.type = TokenType::kAttribute;
    token.attribute.scope = scope;
    std::string& name = token.attribute.name;
    while (!AtEnd() && !EndsAttribute(Peek())) {
      if (Peek() != '"') {
        name.push_back(Peek());
        Advance();
        continue;
      }
      const Position start = position_;
      Advance();
      while (Peek() != '"' || AtEnd()) {
        if (AtEnd()) return ParseError(start, "syntax error: quoted attribute name not terminated");
        if (Peek() == '\\') {
          Advance();
          if (Peek() != '"' && Peek() != '\\') {
            return ParseError(
                position_, "syntax error: an attribute name knows the escapes \\\" and \\\\ only");
          }
        }
        name.push_back(Peek());
        Advance();
      }
      Advance();
    }
    if (name.empty()) {
      return ParseError(token.position, "syntax error: expecting an attribute name after the dot");
    }
    return OkStatus();
  }

  const std::string_view text_;
  std::size_t at_ = 0;
  std::size_t token_start_ = 0;
  Position position_;
};

}  // namespace

Error ParseError(Position position, std::string_view what) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("parse error at line {}, col {}: {}",
                                                        position.line, position.column, what));
}

Result<std::vector<Token>> Tokenize(std::string_view text) { return Lexer(text).Run(); }

}  // namespace vivace::traceql

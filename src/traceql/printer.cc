#include "traceql/printer.h"

#include <iterator>
#include <limits>
#include <string_view>

#include <fmt/format.h>

#include "traceql/duration.h"

namespace vivace::traceql {
namespace {

std::string_view ScopePrefix(AttributeScope scope) {
  switch (scope) {
    case AttributeScope::kUnscoped:
      return ".";
    case AttributeScope::kSpan:
      return "span.";
    case AttributeScope::kResource:
      return "resource.";
    case AttributeScope::kEvent:
      return "event.";
    case AttributeScope::kLink:
      return "link.";
    case AttributeScope::kInstrumentation:
      return "instrumentation.";
    case AttributeScope::kParent:
      return "parent.";
    case AttributeScope::kParentSpan:
      return "parent.span.";
    case AttributeScope::kParentResource:
      return "parent.resource.";
  }
  return ".";
}

bool IsPlainNameCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_.-/:@$").find(c) != std::string_view::npos;
}

// Names that the lexer would end early, or read as something else, need quotes.
bool NeedsQuotes(const AttributeReference& attribute) {
  const std::string& name = attribute.name;
  for (const char c : name) {
    if (!IsPlainNameCharacter(c)) return true;
  }
  if (attribute.scope == AttributeScope::kUnscoped) return name[0] >= '0' && name[0] <= '9';
  if (attribute.scope == AttributeScope::kParent) {
    return name.starts_with("span.") || name.starts_with("resource.");
  }
  return false;
}

std::string PrintString(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
  return out;
}

std::string PrintFloat(double value) {
  std::string text = fmt::format("{}", value);
  if (text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

std::string_view StatusText(StatusCode status) {
  switch (status) {
    case StatusCode::kUnset:
      return "unset";
    case StatusCode::kOk:
      return "ok";
    case StatusCode::kError:
      return "error";
  }
  return "unset";
}

std::string_view KindText(SpanKind kind) {
  switch (kind) {
    case SpanKind::kUnspecified:
      return "unspecified";
    case SpanKind::kInternal:
      return "internal";
    case SpanKind::kServer:
      return "server";
    case SpanKind::kClient:
      return "client";
    case SpanKind::kProducer:
      return "producer";
    case SpanKind::kConsumer:
      return "consumer";
  }
  return "unspecified";
}

struct LiteralPrinter {
  std::string operator()(Nil) const { return "nil"; }
  std::string operator()(bool value) const { return value ? "true" : "false"; }
  std::string operator()(std::int64_t value) const {
    // Its magnitude alone would not fit.
    if (value == std::numeric_limits<std::int64_t>::min()) return "minInt";
    return fmt::format("{}", value);
  }
  std::string operator()(double value) const { return PrintFloat(value); }
  std::string operator()(const std::string& value) const { return PrintString(value); }
  std::string operator()(std::chrono::nanoseconds value) const { return FormatDuration(value); }
  std::string operator()(StatusCode value) const { return std::string(StatusText(value)); }
  std::string operator()(SpanKind value) const { return std::string(KindText(value)); }
};

void Append(std::string& out, const Expression& expression);

void AppendOperand(std::string& out, const Expression& operand) {
  bool plain = std::holds_alternative<AttributeReference>(operand.node) ||
               std::holds_alternative<Intrinsic>(operand.node);
  if (const auto* literal = std::get_if<Literal>(&operand.node)) {
    // A negative number begins with an operator.
    plain = !Print(*literal).starts_with('-');
  }
  if (!plain) out.push_back('(');
  Append(out, operand);
  if (!plain) out.push_back(')');
}

void Append(std::string& out, const Expression& expression) {
  if (const auto* literal = std::get_if<Literal>(&expression.node)) {
    out += Print(*literal);
  } else if (const auto* attribute = std::get_if<AttributeReference>(&expression.node)) {
    out += Print(*attribute);
  } else if (const auto* intrinsic = std::get_if<Intrinsic>(&expression.node)) {
    out += IntrinsicName(*intrinsic);
  } else if (const auto* unary = std::get_if<UnaryExpression>(&expression.node)) {
    out.push_back(unary->op == UnaryOperator::kNot ? '!' : '-');
    AppendOperand(out, *unary->operand);
  } else {
    const auto& binary = std::get<BinaryExpression>(expression.node);
    AppendOperand(out, *binary.left);
    out.push_back(' ');
    out += OperatorText(binary.op);
    out.push_back(' ');
    AppendOperand(out, *binary.right);
  }
}

}  // namespace

std::string Print(const Literal& literal) { return std::visit(LiteralPrinter(), literal.value); }

std::string Print(const AttributeReference& attribute) {
  std::string out(ScopePrefix(attribute.scope));
  if (!NeedsQuotes(attribute)) return out + attribute.name;
  out.push_back('"');
  for (const char c : attribute.name) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

std::string Print(const Expression& expression) {
  std::string out;
  Append(out, expression);
  return out;
}

std::string Print(const Query& query) {
  std::string out = "{ " + Print(*query.filter.condition) + " }";
  if (query.hints.empty()) return out;
  out += " with(";
  for (std::size_t i = 0; i < query.hints.size(); ++i) {
    if (i > 0) out += ", ";
    out += query.hints[i].key + "=" + Print(query.hints[i].value);
  }
  return out + ")";
}

}  // namespace vivace::traceql

#include "query/testing/random_filters.h"

#include <chrono>
#include <cmath>
#include <initializer_list>
#include <string_view>
#include <utility>
#include <vector>

#include "traceql/ast.h"
#include "traceql/printer.h"

namespace vivace::query::testing {
namespace {

using traceql::AttributeReference;
using traceql::AttributeScope;
using traceql::Literal;

std::string_view Pick(Random& random, std::initializer_list<std::string_view> from) {
  return *(from.begin() + random.Below(from.size()));
}

std::string_view Order(Random& random) {
  return Pick(random, {"=", "!=", "<", "<=", ">", ">=", "=", "!="});
}
std::string_view Equality(Random& random) { return Pick(random, {"=", "!="}); }

// Prints `value` as a constant; "" if no constant has its type.
std::string Constant(const AttributeValue& value) {
  if (const auto* text = value.AsString()) return traceql::Print(Literal{*text});
  if (const auto* flag = value.AsBool()) return traceql::Print(Literal{*flag});
  if (const auto* integer = value.AsInt()) return traceql::Print(Literal{*integer});
  const auto* number = value.AsDouble();
  if (number != nullptr && std::isfinite(*number)) return traceql::Print(Literal{*number});
  return "";
}

std::string Quoted(std::string_view text) { return traceql::Print(Literal{std::string(text)}); }

std::string Hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

// A pattern that matches `text` or a part of it.
std::string Pattern(Random& random, std::string_view text) {
  std::string letters;
  for (const char c : text.substr(0, 20)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    letters.push_back(plain ? c : '.');
  }
  switch (random.Below(4)) {
    case 0:
      return letters;
    case 1:
      return letters.substr(0, letters.size() / 2) + ".*";
    case 2:
      return ".*" + letters.substr(letters.size() / 2);
    default:
      return "(" + letters + "|value 1.*)";
  }
}

std::string DurationText(std::uint64_t nanos) {
  const auto count = static_cast<std::int64_t>(nanos & 0x7fff'ffff'ffff'ffff);
  return traceql::Print(Literal{std::chrono::nanoseconds(count)});
}

}  // namespace

RandomFilters::RandomFilters(Random& random, const TraceData& data)
    : random_(random), data_(data) {}

std::string RandomFilters::Make() {
  return "{ " + Condition(static_cast<int>(random_.Below(4))) + " }";
}

const ResourceSpans& RandomFilters::AnyResource() {
  return data_.resource_spans[random_.Below(data_.resource_spans.size())];
}
const ScopeSpans& RandomFilters::AnyScope() {
  const auto& scopes = AnyResource().scope_spans;
  return scopes[random_.Below(scopes.size())];
}
const Span& RandomFilters::AnySpan() {
  const auto& spans = AnyScope().spans;
  return spans[random_.Below(spans.size())];
}

std::string RandomFilters::Condition(int depth) {
  if (depth > 0) {
    switch (random_.Below(5)) {
      case 0:
      case 1:
        return "(" + Condition(depth - 1) + ") && (" + Condition(depth - 1) + ")";
      case 2:
        return "(" + Condition(depth - 1) + ") || (" + Condition(depth - 1) + ")";
      case 3:
        return "!(" + Condition(depth - 1) + ")";
      default:
        return Condition(0) + (random_.Chance(1, 2) ? " && " : " || ") + Condition(0) +
               (random_.Chance(1, 2) ? " && " : " || ") + Condition(0);
    }
  }
  switch (random_.Below(10)) {
    case 0:
    case 1:
    case 2:
      return AttributeCondition();
    case 3:
    case 4:
    case 5:
      return IntrinsicCondition();
    case 6:
    case 7:
      return EventOrLinkCondition();
    default:
      return OddCondition();
  }
}

// `left` compared with a constant near `value`, or with nil.
std::string RandomFilters::Compared(const std::string& left, const AttributeValue& value) {
  if (random_.Chance(1, 5)) return left + " " + std::string(Equality(random_)) + " nil";
  const AttributeValue* one = &value;
  if (const auto* array = value.AsArray(); array != nullptr && !array->values.empty()) {
    one = &array->values[random_.Below(array->values.size())];
  }
  std::string constant = Constant(*one);
  if (constant.empty()) constant = random_.Chance(1, 2) ? "\"value 3\"" : "2";
  if (const auto* text = one->AsString(); text != nullptr && random_.Chance(1, 3)) {
    return left + " " + std::string(Pick(random_, {"=~", "!~"})) + " " +
           Quoted(Pattern(random_, *text));
  }
  // Another type, now and then; a number as the other kind of number.
  if (random_.Chance(1, 8))
    constant = Pick(random_, {"1", "1.0", "\"1\"", "true", "1ms", "-2", "0.5"});
  const bool is_bool = constant == "true" || constant == "false";
  const std::string op(is_bool ? Equality(random_) : Order(random_));
  if (random_.Chance(1, 4)) return constant + " " + op + " " + left;
  return left + " " + op + " " + constant;
}

std::string RandomFilters::AttributeCondition() {
  const ResourceSpans& resource = AnyResource();
  const ScopeSpans& scope = resource.scope_spans[random_.Below(resource.scope_spans.size())];
  const Span& span = scope.spans[random_.Below(scope.spans.size())];
  const std::pair<AttributeScope, const std::vector<Attribute>*> places[] = {
      {AttributeScope::kSpan, &span.attributes},
      {AttributeScope::kUnscoped, &span.attributes},
      {AttributeScope::kUnscoped, &resource.resource.attributes},
      {AttributeScope::kResource, &resource.resource.attributes},
      {AttributeScope::kInstrumentation, &scope.scope.attributes}};
  const auto& [where, attributes] = places[random_.Below(std::size(places))];
  Attribute attribute{"key 1", AttributeValue{std::int64_t{1}}};
  if (!attributes->empty()) attribute = (*attributes)[random_.Below(attributes->size())];
  if (attribute.key.empty()) attribute.key = "key 2";
  const std::string left = traceql::Print(AttributeReference{where, attribute.key});
  if (attribute.value.AsBool() != nullptr && random_.Chance(1, 3)) return left;
  return Compared(left, attribute.value);
}

std::string RandomFilters::EventOrLinkCondition() {
  const Span* span = &AnySpan();
  for (int tries = 0; tries < 5 && span->events.empty() && span->links.empty(); ++tries) {
    span = &AnySpan();
  }
  if (!span->links.empty() && random_.Chance(1, 2)) {
    const SpanLink& link = span->links[random_.Below(span->links.size())];
    if (random_.Chance(1, 4)) {
      return "link:traceID " + std::string(Equality(random_)) + " " + Quoted(Hex(link.trace_id));
    }
    if (random_.Chance(1, 4)) {
      return "link:spanID " + std::string(Equality(random_)) + " " + Quoted(Hex(link.span_id));
    }
    if (link.attributes.empty()) return "link.\"key 1\" = nil";
    const Attribute& attribute = link.attributes[random_.Below(link.attributes.size())];
    const std::string key = attribute.key.empty() ? "key 2" : attribute.key;
    return Compared(traceql::Print(AttributeReference{AttributeScope::kLink, key}),
                    attribute.value);
  }
  if (span->events.empty()) return "event:name != nil";
  const SpanEvent& event = span->events[random_.Below(span->events.size())];
  if (random_.Chance(1, 4)) return "event:name = " + Quoted(event.name);
  if (random_.Chance(1, 5)) {
    return "event:timeSinceStart " + std::string(Order(random_)) + " " +
           DurationText(event.time_unix_ns - span->start_unix_ns);
  }
  if (event.attributes.empty()) return "event.\"key 1\" = nil";
  const Attribute& attribute = event.attributes[random_.Below(event.attributes.size())];
  const std::string key = attribute.key.empty() ? "key 2" : attribute.key;
  return Compared(traceql::Print(AttributeReference{AttributeScope::kEvent, key}), attribute.value);
}

std::string RandomFilters::IntrinsicCondition() {
  const ScopeSpans& scope = AnyScope();
  const Span& span = scope.spans[random_.Below(scope.spans.size())];
  const auto text = [&](std::string_view name, std::string_view value) {
    if (random_.Chance(1, 3)) {
      return std::string(name) + " " + std::string(Pick(random_, {"=~", "!~"})) + " " +
             Quoted(Pattern(random_, value));
    }
    return std::string(name) + " " + std::string(Order(random_)) + " " + Quoted(value);
  };
  const auto number = [&](std::string_view name, std::int64_t value) {
    return std::string(name) + " " + std::string(Order(random_)) + " " +
           traceql::Print(Literal{value});
  };
  const auto equal = [&](std::string_view name, std::string_view value) {
    return std::string(name) + " " + std::string(Equality(random_)) + " " + std::string(value);
  };
  switch (random_.Below(18)) {
    case 0:
      return text("name", span.name);
    case 1:
      return text("statusMessage", span.status_message);
    case 2:
      return equal("status", Pick(random_, {"ok", "error", "unset"}));
    case 3:
      return equal("kind", Pick(random_, {"unspecified", "internal", "server", "client", "producer",
                                          "consumer"}));
    case 4:
      return "duration " + std::string(Order(random_)) + " " + DurationText(span.DurationNanos());
    case 5:
      return "traceDuration " + std::string(Order(random_)) + " " + DurationText(1'500'000);
    case 6:
      return text("rootName", span.name);
    case 7:
      if (random_.Chance(1, 3)) return "!(" + text("rootName", span.name) + ")";
      return text("rootServiceName", "service 1");
    case 8:
      return equal("trace:id", Quoted(span.trace_id.ToShortHex()));
    case 9:
      return equal("span:id", Quoted(span.span_id.ToHex()));
    case 10:
      return equal("span:parentID",
                   Quoted(span.IsRoot() ? std::string("0") : Hex(span.parent_span_id)));
    case 11:
      return number("span:childCount", static_cast<std::int64_t>(random_.Below(3)));
    case 12:
      return number("nestedSetLeft", static_cast<std::int64_t>(random_.Below(8)));
    case 13:
      return number("nestedSetParent", static_cast<std::int64_t>(random_.Below(4)) - 1);
    case 14:
      return "nestedSetParent < 0";
    case 15:
      return text("instrumentation:name", scope.scope.name);
    case 16:
      return text("instrumentation:version", scope.scope.version);
    default:
      return number("nestedSetRight", static_cast<std::int64_t>(random_.Below(8)));
  }
}

// What the scan cannot decide by itself.
std::string RandomFilters::OddCondition() {
  switch (random_.Below(16)) {
    case 12:
      return "(event.\"key 1\" = 1) = true";
    case 13:
      return "event.\"key 1\" = span.\"key 1\"";
    case 14:
      return "!(event:name = name)";
    case 15:
      return "!(link.\"key 2\" != resource.\"key 2\")";
    case 0:
      return "span.\"key 1\" = span.\"key 2\"";
    case 1:
      return "span.\"key 1\" + 1 > span.\"key 2\"";
    case 2:
      return "-span.\"key 3\" * 2 < 5";
    case 3:
      return "duration > 2 * 100us";
    case 4:
      return "span.\"key 1\" / 0 = 1";
    case 5:
      return "(span.\"key 1\" = 1) = (span.\"key 2\" = 2)";
    case 6:
      return "(event.\"key 1\" = 1) = false";
    case 7:
      return "event.\"key 1\" != link.\"key 1\"";
    case 8:
      return "(event.\"key 1\" + 1) = nil";
    case 9:
      return "resource.service.name = .\"service.name\"";
    case 10:
      return std::string(Pick(random_, {"true", "false", "1 = 1", "nil = nil", "2 ^ 3 = 8"}));
    default:
      return "!span.\"key 4\"";
  }
}

}  // namespace vivace::query::testing

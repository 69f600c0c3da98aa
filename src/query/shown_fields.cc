#include "query/shown_fields.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "traceql/duration.h"
#include "traceql/printer.h"

namespace vivace::query {
namespace {

using traceql::AttributeReference;
using traceql::Intrinsic;

// Fields of one answer; a query may name thousands of attributes.
constexpr std::size_t kShownFieldsMax = 200;

// Those that have fields of their own in an answer.
bool HasOwnField(Intrinsic intrinsic) {
  switch (intrinsic) {
    case Intrinsic::kName:
    case Intrinsic::kDuration:
    case Intrinsic::kTraceDuration:
    case Intrinsic::kRootName:
    case Intrinsic::kRootServiceName:
    case Intrinsic::kTraceId:
    case Intrinsic::kSpanId:
      return true;
    default:
      return false;
  }
}

AttributeValue Text(std::string text) { return AttributeValue{std::move(text)}; }

std::optional<AttributeValue> ShownValue(Intrinsic intrinsic, const SpanContext& context) {
  const std::optional<Value> value = FindValue(intrinsic, context);
  if (!value) return std::nullopt;
  if (const auto* status = std::get_if<StatusCode>(&*value)) {
    return Text(traceql::Print(traceql::Literal{*status}));
  }
  if (const auto* kind = std::get_if<SpanKind>(&*value)) {
    return Text(traceql::Print(traceql::Literal{*kind}));
  }
  if (const auto* id = std::get_if<HexId>(&*value)) return Text(id->digits);
  if (const auto* integer = std::get_if<std::int64_t>(&*value)) {
    if (intrinsic == Intrinsic::kEventTimeSinceStart) {
      return Text(traceql::FormatDuration(std::chrono::nanoseconds(*integer)));
    }
    return AttributeValue{*integer};
  }
  const auto& text = std::get<std::string_view>(*value);
  // The absence of a status message is its emptiness.
  if (intrinsic == Intrinsic::kStatusMessage && text.empty()) return std::nullopt;
  return Text(std::string(text));
}

}  // namespace

ShownFields::ShownFields(const traceql::Expression& condition) { Collect(condition); }

void ShownFields::Collect(const traceql::Expression& expression) {
  if (const auto* attribute = std::get_if<AttributeReference>(&expression.node)) {
    Add(*attribute);
  } else if (const auto* intrinsic = std::get_if<Intrinsic>(&expression.node)) {
    shows_name_ |= *intrinsic == Intrinsic::kName;
    if (!HasOwnField(*intrinsic)) Add(*intrinsic);
  } else if (const auto* unary = std::get_if<traceql::UnaryExpression>(&expression.node)) {
    Collect(*unary->operand);
  } else if (const auto* binary = std::get_if<traceql::BinaryExpression>(&expression.node)) {
    Collect(*binary->left);
    Collect(*binary->right);
  }
}

void ShownFields::Add(Field field) {
  if (fields_.size() == kShownFieldsMax) return;
  if (std::find(fields_.begin(), fields_.end(), field) == fields_.end()) {
    fields_.push_back(std::move(field));
  }
}

std::vector<Attribute> ShownFields::Values(const SpanContext& context) const {
  std::vector<Attribute> shown;
  const auto add = [&](std::string_view key, AttributeValue value) {
    const bool taken =
        std::any_of(shown.begin(), shown.end(), [&](const Attribute& a) { return a.key == key; });
    if (!taken) shown.push_back({std::string(key), std::move(value)});
  };
  for (const Field& field : fields_) {
    if (const auto* attribute = std::get_if<AttributeReference>(&field)) {
      const auto values = FindValues(*attribute, context);
      if (!values.empty()) add(attribute->name, *values.front());
    } else {
      const Intrinsic intrinsic = std::get<Intrinsic>(field);
      if (auto value = ShownValue(intrinsic, context)) {
        add(traceql::IntrinsicName(intrinsic), *std::move(value));
      }
    }
  }
  return shown;
}

}  // namespace vivace::query

#include "api/search_json.h"

#include <cmath>
#include <map>
#include <string_view>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/json_writer.h"

namespace vivace::api {
namespace {

constexpr std::string_view kUnknownRoot = "<root span not yet received>";

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      const auto byte = i + j < bytes.size() ? static_cast<unsigned char>(bytes[i + j]) : 0U;
      group = group << 8 | byte;
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out.push_back(i + j > bytes.size() ? '=' : kAlphabet[group >> (18 - 6 * j) & 63]);
    }
  }
  return out;
}

// Recursion is bounded by the nesting that receivers take.
void WritePlainJson(JsonWriter& json, const AttributeValue& value) {
  if (const auto* text = value.AsString()) {
    json.String(*text);
  } else if (const auto* flag = value.AsBool()) {
    json.Bool(*flag);
  } else if (const auto* integer = value.AsInt()) {
    json.Number(*integer);
  } else if (const auto* number = value.AsDouble()) {
    json.Number(*number);
  } else if (const auto* bytes = value.AsBytes()) {
    json.String(Base64(bytes->bytes));
  } else if (const auto* array = value.AsArray()) {
    json.BeginArray();
    for (const AttributeValue& element : array->values) WritePlainJson(json, element);
    json.EndArray();
  } else if (const auto* map = value.AsMap()) {
    json.BeginObject();
    for (const Attribute& entry : map->entries) {
      json.Key(entry.key);
      WritePlainJson(json, entry.value);
    }
    json.EndObject();
  } else {
    json.Null();
  }
}

enum class ShownType { kString, kInt, kDouble, kBool };

ShownType TypeOf(const AttributeValue& value) {
  if (value.AsInt() != nullptr) return ShownType::kInt;
  if (value.AsBool() != nullptr) return ShownType::kBool;
  const auto* number = value.AsDouble();
  return number != nullptr && std::isfinite(*number) ? ShownType::kDouble : ShownType::kString;
}

// The type of each shown key over the whole answer.
using KeyTypes = std::map<std::string_view, ShownType>;

KeyTypes TypesOf(const query::SearchResponse& response) {
  KeyTypes types;
  for (const query::FoundTrace& trace : response.traces) {
    for (const query::FoundSpan& span : trace.spans) {
      for (const Attribute& attribute : span.attributes) {
        const ShownType type = TypeOf(attribute.value);
        const auto [known, is_new] = types.emplace(attribute.key, type);
        if (!is_new && known->second != type) known->second = ShownType::kString;
      }
    }
  }
  return types;
}

void WriteAttribute(JsonWriter& json, const Attribute& attribute, ShownType type) {
  json.BeginObject();
  json.Key("key").String(attribute.key);
  json.Key("value").BeginObject();
  switch (type) {
    case ShownType::kInt:
      json.Key("intValue").NumberText(*attribute.value.AsInt());
      break;
    case ShownType::kDouble:
      json.Key("doubleValue").Number(*attribute.value.AsDouble());
      break;
    case ShownType::kBool:
      json.Key("boolValue").Bool(*attribute.value.AsBool());
      break;
    case ShownType::kString:
      json.Key("stringValue").String(ValueText(attribute.value));
      break;
  }
  json.EndObject();
  json.EndObject();
}

void WriteSpan(JsonWriter& json, const query::FoundSpan& span, const KeyTypes& types) {
  json.BeginObject();
  json.Key("spanID").String(span.id.ToHex());
  if (span.name) json.Key("name").String(*span.name);
  json.Key("startTimeUnixNano").NumberText(span.start_unix_ns);
  json.Key("durationNanos").NumberText(span.duration_ns);
  if (!span.attributes.empty()) {
    json.Key("attributes").BeginArray();
    for (const Attribute& attribute : span.attributes) {
      WriteAttribute(json, attribute, types.at(attribute.key));
    }
    json.EndArray();
  }
  json.EndObject();
}

void WriteSpanSet(JsonWriter& json, const query::FoundTrace& trace, const KeyTypes& types) {
  json.BeginObject();
  json.Key("spans").BeginArray();
  for (const query::FoundSpan& span : trace.spans) WriteSpan(json, span, types);
  json.EndArray();
  json.Key("matched").Number(trace.matched);
  json.EndObject();
}

void WriteTrace(JsonWriter& json, const query::FoundTrace& trace, const KeyTypes& types) {
  json.BeginObject();
  json.Key("traceID").String(trace.id.ToShortHex());
  json.Key("rootServiceName")
      .String(trace.has_root ? std::string_view(trace.root_service) : kUnknownRoot);
  if (trace.has_root) json.Key("rootTraceName").String(trace.root_name);
  json.Key("startTimeUnixNano").NumberText(trace.start_unix_ns);
  json.Key("durationMs").Number(trace.duration_ns / 1'000'000);
  if (trace.matched > 0) {
    json.Key("spanSet");
    WriteSpanSet(json, trace, types);
    json.Key("spanSets").BeginArray();
    WriteSpanSet(json, trace, types);
    json.EndArray();
  }
  json.Key("serviceStats").BeginObject();
  for (const auto& [service, stats] : trace.services) {
    json.Key(service).BeginObject();
    json.Key("spanCount").Number(stats.spans);
    if (stats.errors > 0) json.Key("errorCount").Number(stats.errors);
    json.EndObject();
  }
  json.EndObject();
  json.EndObject();
}

}  // namespace

std::string ValueText(const AttributeValue& value) {
  if (const auto* text = value.AsString()) return *text;
  if (const auto* number = value.AsDouble(); number != nullptr && std::isinf(*number)) {
    return *number > 0 ? "+Inf" : "-Inf";
  }
  if (const auto* number = value.AsDouble(); number != nullptr && std::isnan(*number)) return "NaN";
  if (const auto* bytes = value.AsBytes()) return Base64(bytes->bytes);
  if (value.IsEmpty()) return "";
  JsonWriter json;
  WritePlainJson(json, value);
  return json.Take();
}

std::string WriteSearchJson(const query::SearchResponse& response) {
  const KeyTypes types = TypesOf(response);
  JsonWriter json;
  json.BeginObject();
  json.Key("traces").BeginArray();
  for (const query::FoundTrace& trace : response.traces) WriteTrace(json, trace, types);
  json.EndArray();
  json.Key("metrics").BeginObject();
  json.Key("inspectedTraces").Number(response.traces_inspected);
  json.Key("inspectedBytes").NumberText(response.bytes_inspected);
  json.Key("inspectedSpans").NumberText(response.spans_inspected);
  json.Key("totalBlocks").Number(response.sources);
  json.Key("completedJobs").Number(response.sources_inspected);
  json.Key("totalJobs").Number(response.sources_inspected);
  json.Key("totalBlockBytes").NumberText(response.bytes_inspected);
  json.EndObject();
  json.EndObject();
  return json.Take();
}

}  // namespace vivace::api

#include "otlp/json_encode.h"

#include <cstdint>
#include <vector>

#include <fmt/core.h>

namespace vivace::otlp {
namespace {

enum class Form { kTempo, kOtlp };

std::string Base64(std::string_view bytes) {
  static constexpr char kDigits[] =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto byte = [&](std::size_t at) -> std::uint32_t {
      return at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0;
    };
    const std::uint32_t group = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
    text.push_back(kDigits[group >> 18]);
    text.push_back(kDigits[group >> 12 & 63]);
    text.push_back(i + 1 < bytes.size() ? kDigits[group >> 6 & 63] : '=');
    text.push_back(i + 2 < bytes.size() ? kDigits[group & 63] : '=');
  }
  return text;
}

std::string Hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

std::string_view KindName(SpanKind kind) {
  switch (kind) {
    case SpanKind::kUnspecified:
      return "SPAN_KIND_UNSPECIFIED";
    case SpanKind::kInternal:
      return "SPAN_KIND_INTERNAL";
    case SpanKind::kServer:
      return "SPAN_KIND_SERVER";
    case SpanKind::kClient:
      return "SPAN_KIND_CLIENT";
    case SpanKind::kProducer:
      return "SPAN_KIND_PRODUCER";
    case SpanKind::kConsumer:
      return "SPAN_KIND_CONSUMER";
  }
  return {};
}

std::string_view StatusName(StatusCode code) {
  switch (code) {
    case StatusCode::kUnset:
      return "STATUS_CODE_UNSET";
    case StatusCode::kOk:
      return "STATUS_CODE_OK";
    case StatusCode::kError:
      return "STATUS_CODE_ERROR";
  }
  return {};
}

void PutAttribute(JsonWriter& json, const Attribute& attribute) {
  json.BeginObject();
  if (!attribute.key.empty()) json.Key("key").String(attribute.key);
  json.Key("value");
  WriteAttributeValue(json, attribute.value);
  json.EndObject();
}

/// Writes either form; they differ in ids and enums alone.
class Encoder {
 public:
  explicit Encoder(Form form) : form_(form) {}

  std::string Encode(const TraceData& data, std::string_view list_key) {
    json_.BeginObject();
    if (!data.resource_spans.empty()) {
      json_.Key(list_key).BeginArray();
      for (const ResourceSpans& group : data.resource_spans) PutResourceSpans(group);
      json_.EndArray();
    }
    json_.EndObject();
    return json_.Take();
  }

 private:
  // Defaults are left out, as proto3 JSON has it.
  void PutText(std::string_view key, std::string_view text) {
    if (!text.empty()) json_.Key(key).String(text);
  }
  void PutCount(std::string_view key, std::uint32_t count) {
    if (count != 0) json_.Key(key).Number(count);
  }
  void PutTime(std::string_view key, std::uint64_t unix_ns) {
    if (unix_ns != 0) json_.Key(key).NumberText(unix_ns);
  }
  void PutId(std::string_view key, std::string_view bytes) {
    if (!bytes.empty()) json_.Key(key).String(form_ == Form::kTempo ? Base64(bytes) : Hex(bytes));
  }
  /// `name` is empty for numbers that have none.
  void PutEnum(std::string_view key, std::int32_t number, std::string_view name) {
    if (number == 0) return;
    json_.Key(key);
    if (form_ == Form::kTempo && !name.empty()) {
      json_.String(name);
    } else {
      json_.Number(number);
    }
  }

  void PutAttributes(const std::vector<Attribute>& attributes) {
    if (attributes.empty()) return;
    json_.Key("attributes").BeginArray();
    for (const Attribute& attribute : attributes) PutAttribute(json_, attribute);
    json_.EndArray();
  }

  void PutResourceSpans(const ResourceSpans& group) {
    json_.BeginObject();
    json_.Key("resource").BeginObject();
    PutAttributes(group.resource.attributes);
    PutCount("droppedAttributesCount", group.resource.dropped_attributes_count);
    json_.EndObject();
    if (!group.scope_spans.empty()) {
      json_.Key("scopeSpans").BeginArray();
      for (const ScopeSpans& scope : group.scope_spans) PutScopeSpans(scope);
      json_.EndArray();
    }
    PutText("schemaUrl", group.schema_url);
    json_.EndObject();
  }

  void PutScopeSpans(const ScopeSpans& group) {
    json_.BeginObject();
    json_.Key("scope").BeginObject();
    PutText("name", group.scope.name);
    PutText("version", group.scope.version);
    PutAttributes(group.scope.attributes);
    PutCount("droppedAttributesCount", group.scope.dropped_attributes_count);
    json_.EndObject();
    if (!group.spans.empty()) {
      json_.Key("spans").BeginArray();
      for (const Span& span : group.spans) PutSpan(span);
      json_.EndArray();
    }
    PutText("schemaUrl", group.schema_url);
    json_.EndObject();
  }

  void PutSpan(const Span& span) {
    json_.BeginObject();
    PutId("traceId", span.trace_id.AsText());
    PutId("spanId", span.span_id.AsText());
    PutText("traceState", span.trace_state);
    PutId("parentSpanId", span.parent_span_id);
    PutCount("flags", span.flags);
    PutText("name", span.name);
    PutEnum("kind", static_cast<std::int32_t>(span.kind), KindName(span.kind));
    PutTime("startTimeUnixNano", span.start_unix_ns);
    PutTime("endTimeUnixNano", span.end_unix_ns);
    PutAttributes(span.attributes);
    PutCount("droppedAttributesCount", span.dropped_attributes_count);
    if (!span.events.empty()) {
      json_.Key("events").BeginArray();
      for (const SpanEvent& event : span.events) PutEvent(event);
      json_.EndArray();
    }
    PutCount("droppedEventsCount", span.dropped_events_count);
    if (!span.links.empty()) {
      json_.Key("links").BeginArray();
      for (const SpanLink& link : span.links) PutLink(link);
      json_.EndArray();
    }
    PutCount("droppedLinksCount", span.dropped_links_count);
    json_.Key("status").BeginObject();
    PutText("message", span.status_message);
    PutEnum("code", static_cast<std::int32_t>(span.status_code), StatusName(span.status_code));
    json_.EndObject();
    json_.EndObject();
  }

  void PutEvent(const SpanEvent& event) {
    json_.BeginObject();
    PutTime("timeUnixNano", event.time_unix_ns);
    PutText("name", event.name);
    PutAttributes(event.attributes);
    PutCount("droppedAttributesCount", event.dropped_attributes_count);
    json_.EndObject();
  }

  void PutLink(const SpanLink& link) {
    json_.BeginObject();
    PutId("traceId", link.trace_id);
    PutId("spanId", link.span_id);
    PutText("traceState", link.trace_state);
    PutAttributes(link.attributes);
    PutCount("droppedAttributesCount", link.dropped_attributes_count);
    PutCount("flags", link.flags);
    json_.EndObject();
  }

  const Form form_;
  JsonWriter json_;
};

}  // namespace

std::string EncodeTempoJson(const TraceData& data, std::string_view list_key) {
  return Encoder(Form::kTempo).Encode(data, list_key);
}

std::string EncodeOtlpJson(const TraceData& data) {
  return Encoder(Form::kOtlp).Encode(data, "resourceSpans");
}

void WriteAttributeValue(JsonWriter& json, const AttributeValue& value) {
  json.BeginObject();
  if (const std::string* text = value.AsString()) {
    json.Key("stringValue").String(*text);
  } else if (const bool* flag = value.AsBool()) {
    json.Key("boolValue").Bool(*flag);
  } else if (const std::int64_t* integer = value.AsInt()) {
    json.Key("intValue").NumberText(*integer);
  } else if (const double* number = value.AsDouble()) {
    json.Key("doubleValue").Number(*number);
  } else if (const BytesValue* bytes = value.AsBytes()) {
    json.Key("bytesValue").String(Base64(bytes->bytes));
  } else if (const ArrayValue* array = value.AsArray()) {
    json.Key("arrayValue").BeginObject();
    if (!array->values.empty()) {
      json.Key("values").BeginArray();
      for (const AttributeValue& element : array->values) WriteAttributeValue(json, element);
      json.EndArray();
    }
    json.EndObject();
  } else if (const MapValue* map = value.AsMap()) {
    json.Key("kvlistValue").BeginObject();
    if (!map->entries.empty()) {
      json.Key("values").BeginArray();
      for (const Attribute& entry : map->entries) PutAttribute(json, entry);
      json.EndArray();
    }
    json.EndObject();
  }
  json.EndObject();
}

}  // namespace vivace::otlp

#pragma once
// The model into JSON: Tempo's form for its query API, and OTLP's own.

#include <string>
#include <string_view>

#include "base/json_writer.h"
#include "model/span.h"

namespace vivace::otlp {

/// Writes `{"resourceSpans":[...]}` as Tempo's trace by id does: proto3 JSON with defaults
/// omitted, ids in base64, enums by name, 64-bit integers as texts; `resource`, `scope` and
/// `status` are always there. `list_key` is "batches" for version 1 of the API. Without groups
/// the result is `{}`.
std::string EncodeTempoJson(const TraceData& data, std::string_view list_key = "resourceSpans");

/// Writes OTLP JSON, as DecodeJson reads it: ids in hex, enums as numbers.
std::string EncodeOtlpJson(const TraceData& data);

/// Writes one value as `{"stringValue":"x"}` and so on; an empty value is `{}`. The same in both
/// forms and in search answers.
void WriteAttributeValue(JsonWriter& json, const AttributeValue& value);

}  // namespace vivace::otlp

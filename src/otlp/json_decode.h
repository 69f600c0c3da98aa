#pragma once
// OTLP JSON (OTLP specification 1.x, JSON Protobuf Encoding) into the model.

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/span.h"
#include "otlp/refusals.h"

namespace vivace::otlp {

struct JsonDecoded {
  TraceData data;
  Refusals refusals;  ///< Spans that are not in `data`.
};

/// Reads one JSON object with `resourceSpans`.
///
/// Ids are hex of any case; 64-bit integers are texts or numbers, as long as they are whole and
/// fit; enums are numbers or their protobuf names; bytes are base64 of both alphabets, padded or
/// not; `null` means the default; unknown fields of any shape are ignored; names are
/// lowerCamelCase alone; of a name given twice the last counts.
/// A span whose trace id or span id is not hex or not of the right length is refused alone, as
/// Walk does; so is one whose parent or link ids are not hex, which cannot be kept.
/// kInvalidArgument: not JSON, not UTF-8, or a value of the wrong shape, with its path and place.
Result<JsonDecoded> DecodeJson(std::string text);

/// Reads what files hold: one object as DecodeJson takes it, or several, one a line (as the
/// Collector's file exporter writes them). Empty lines are passed over. Errors name the line.
Result<JsonDecoded> DecodeJsonLines(std::string text);

}  // namespace vivace::otlp

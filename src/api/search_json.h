#pragma once
// Search answers as JSON: exactly the fields that Grafana's strict reader knows.

#include <string>

#include "model/attribute.h"
#include "query/search.h"

namespace vivace::api {

/// Writes the answer of /api/search. Shown values are text, integer, double or bool, one type for
/// each key in the whole answer; where spans differ all become text. Arrays, maps and bytes are
/// JSON text; NaN and infinities text.
std::string WriteSearchJson(const query::SearchResponse& response);

/// A value as text: JSON for arrays and maps, base64 for bytes, else its plain form.
std::string ValueText(const AttributeValue& value);

}  // namespace vivace::api

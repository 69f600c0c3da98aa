#pragma once
// The model into OTLP protobuf bytes.

#include <string>

#include "model/span.h"

namespace vivace::otlp {

/// Encodes as a TracesData message (the bytes of ExportTraceServiceRequest and tempopb.Trace).
/// Fields in the order of their numbers, defaults omitted, but `resource`, `scope`, `status` and
/// an attribute's `value` are always written, empty if need be: Grafana fails without them.
/// Decode(Encode(data)) gives `data` back.
std::string Encode(const TraceData& data);

}  // namespace vivace::otlp

#pragma once
// OTLP protobuf bytes into the model.

#include "base/bytes.h"
#include "base/result.h"
#include "model/span.h"

namespace vivace::otlp {

/// Decodes a TracesData message (or an ExportTraceServiceRequest, which has the same bytes) with
/// every field of OTLP; fields that this version does not know are passed over. Bounded by
/// otlp/limits.h. Takes everything that Walk made.
/// kInvalidArgument: not such a message, or a span without a whole trace id and span id.
Result<TraceData> Decode(ByteView traces_data);

/// The same for the spans of `trace_id` alone; groups without one are left out. Other spans are
/// not decoded, only skipped.
Result<TraceData> DecodeTrace(ByteView traces_data, const TraceId& trace_id);

}  // namespace vivace::otlp

#pragma once
// Files of spans, sent by people.

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "net/http.h"
#include "receivers/span_sink.h"

namespace vivace::receivers {

// Trace ids that are named in the answer to an import; the page shows a list of links.
inline constexpr std::size_t kImportTraceIdsMax = 100;

struct ImportOutcome {
  std::uint64_t accepted_spans = 0;
  std::uint64_t rejected_spans = 0;
  std::string error_message;       ///< Why spans were rejected; "" if none was.
  std::vector<TraceId> trace_ids;  ///< The first kImportTraceIdsMax of the accepted spans.
};

/// Reads the request's body, a file of OTLP JSON, of JSON lines or of OTLP protobuf, and stores
/// its spans. Calls `done` once, from any thread, when they are durable and visible, or with
/// kInvalidArgument for a file that cannot be read, or with the sink's error.
void Import(net::HttpRequest request, SpanSink& spans,
            std::function<void(Result<ImportOutcome>)> done);

}  // namespace vivace::receivers

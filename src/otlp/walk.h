#pragma once
// The only pass over a request's bytes before they are stored: checks, counts, and hands
// canonical OTLP bytes on. Builds no objects.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"
#include "otlp/limits.h"
#include "otlp/refusals.h"

namespace vivace::otlp {

struct WalkLimits {
  int value_depth_max = kValueDepthMax;
  std::uint64_t elements_max = kElementsMax;
};

/// What a batch holds of one trace.
struct WalkedTrace {
  TraceId id;
  std::uint32_t spans = 0;
  std::uint64_t start_unix_ns_min = 0;
  std::uint64_t start_unix_ns_max = 0;
  std::uint64_t end_unix_ns_max = 0;
  bool operator==(const WalkedTrace&) const = default;
};

/// Spans that are ready to be stored.
struct Batch {
  /// A TracesData message that Decode takes; every span in it has a whole trace id and span id.
  /// Fields that this version does not know are still in it.
  std::shared_ptr<const std::string> bytes;
  std::uint32_t span_count = 0;
  std::vector<WalkedTrace> traces;  ///< Distinct ids, in the order of their first spans.
  /// Over all spans; zero when there are none.
  std::uint64_t start_unix_ns_min = 0;
  std::uint64_t start_unix_ns_max = 0;
  std::uint64_t end_unix_ns_max = 0;
};

struct WalkResult {
  Batch batch;
  Refusals refusals;  ///< Spans that are not in `batch`.
};

/// Walks `body`, an ExportTraceServiceRequest or TracesData. All that a decoder would look at is
/// checked: tags, lengths, wire types of known fields, nesting; unknown fields are passed over.
/// A span whose trace id has not 16 bytes, or whose span id has not 8 or is all zero, is refused
/// alone. An all-zero trace id is accepted, and so is text that is not UTF-8.
///
/// `batch.bytes` is `body` itself when nothing is refused. Errors are kInvalidArgument: the bytes
/// are not OTLP (with the byte offset and what was expected), or a limit is passed.
Result<WalkResult> Walk(std::shared_ptr<const std::string> body, const WalkLimits& limits = {});

}  // namespace vivace::otlp

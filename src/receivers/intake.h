#pragma once
// From a request's body to a batch, whatever the encoding.

#include <memory>
#include <string>

#include "base/byte_accountant.h"
#include "base/result.h"
#include "otlp/walk.h"
#include "receivers/export_answer.h"

namespace vivace::receivers {

// Memory that reading JSON takes, in sizes of the text: its index, the spans as objects, and
// their protobuf. Recorded bodies as JSON (4.7 MB) took three; one more is to spare.
inline constexpr std::uint64_t kJsonMemoryFactor = 4;

/// Reads `body` in `encoding` and walks it. JSON becomes protobuf on the way; `held`, which
/// accounts for the body, grows by the memory for that first.
/// kInvalidArgument: not OTLP, with the place. kUnavailable: no memory for it now.
Result<otlp::WalkResult> ReadBody(std::string body, Encoding encoding, ByteReservation& held);

/// The same for a file of JSON, of JSON lines or of protobuf; its content tells which, and
/// `content_type` helps.
Result<otlp::WalkResult> ReadFile(std::string body, std::string_view content_type,
                                  ByteReservation& held);

}  // namespace vivace::receivers

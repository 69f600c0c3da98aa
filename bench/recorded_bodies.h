#pragma once
// Recorded OTLP requests that can be sent again and again as new traces: ids and times have a
// fixed width on the wire, so they are stamped in place.

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace vivace::bench {

/// One recorded ExportTraceServiceRequest and where its ids and times lie.
struct RecordedBody {
  std::string bytes;
  std::uint32_t spans = 0;
  std::uint64_t start_unix_ns_min = ~0ULL;
  std::uint64_t end_unix_ns_max = 0;
  std::vector<std::uint32_t> trace_ids;  ///< Offsets of 16-byte ids, also those in links.
  std::vector<std::uint32_t> span_ids;   ///< Offsets of 8-byte ids, also parents and links.
  std::vector<std::uint32_t> times;      ///< Offsets of fixed64 times.
};

/// What one round of all bodies is stamped with. The same stamp for all bodies of a round keeps
/// traces whole that lie in several of them.
struct Stamp {
  std::array<std::uint8_t, 16> mask{};  ///< Xored into trace ids; its first half into span ids.
  std::int64_t time_shift_ns = 0;
};

/// Finds ids and times. kInvalidArgument: not an export request.
Result<RecordedBody> ParseBody(std::string bytes);

/// Reads all *.bin of `folder`, sorted by name.
Result<std::vector<RecordedBody>> LoadBodies(const std::string& folder);

/// Writes the body with new ids and times to `out`, whose capacity is used again.
void WriteStamped(const RecordedBody& body, const Stamp& stamp, std::string& out);

}  // namespace vivace::bench

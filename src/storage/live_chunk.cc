#include "storage/live_chunk.h"

#include <algorithm>
#include <utility>

namespace vivace::storage {
namespace {

// The chunk itself, the string and vector headers and their heap overhead.
constexpr std::uint64_t kChunkOverheadBytes = sizeof(LiveChunk) + 128;

}  // namespace

LiveChunk LiveChunk::From(otlp::Batch batch) {
  LiveChunk chunk;
  chunk.bytes = std::move(batch.bytes);
  chunk.traces = std::move(batch.traces);
  std::sort(chunk.traces.begin(), chunk.traces.end(),
            [](const auto& a, const auto& b) { return a.id < b.id; });
  chunk.spans = batch.span_count;
  bool first = true;
  for (const otlp::WalkedTrace& trace : chunk.traces) {
    chunk.start_unix_ns_min = first ? trace.start_unix_ns_min
                                    : std::min(chunk.start_unix_ns_min, trace.start_unix_ns_min);
    chunk.trace_start_unix_ns_max =
        std::max(chunk.trace_start_unix_ns_max, trace.start_unix_ns_min);
    chunk.end_unix_ns_max = std::max(chunk.end_unix_ns_max, trace.end_unix_ns_max);
    first = false;
  }
  return chunk;
}

std::uint64_t LiveChunk::MemoryBytes(const otlp::Batch& batch) {
  return batch.bytes->capacity() + batch.traces.capacity() * sizeof(otlp::WalkedTrace) +
         kChunkOverheadBytes;
}

const otlp::WalkedTrace* LiveChunk::Find(const TraceId& id) const {
  const auto at = std::lower_bound(
      traces.begin(), traces.end(), id,
      [](const otlp::WalkedTrace& trace, const TraceId& wanted) { return trace.id < wanted; });
  return at != traces.end() && at->id == id ? &*at : nullptr;
}

}  // namespace vivace::storage

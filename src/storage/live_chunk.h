#pragma once
// One committed export request, as it lies in memory until it is cut.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/byte_accountant.h"
#include "otlp/walk.h"

namespace vivace::storage {

/// Memory accounted to live data: in the process's accountant and in the store's own, whose
/// bound is smaller. Given back on destruction.
struct LiveBytes {
  ByteReservation process;
  ByteReservation store;
};

/// The spans of one request. Immutable once it is in a run.
struct LiveChunk {
  std::shared_ptr<const std::string> bytes;  ///< OTLP TracesData.
  std::vector<otlp::WalkedTrace> traces;     ///< Distinct, sorted by id.
  std::uint32_t spans = 0;
  std::uint64_t start_unix_ns_min = 0;        ///< Over spans, which is over traces, too.
  std::uint64_t trace_start_unix_ns_max = 0;  ///< Over the earliest start of each trace.
  std::uint64_t end_unix_ns_max = 0;
  LiveBytes held;

  /// Takes over what a walk found.
  static LiveChunk From(otlp::Batch batch);
  /// Memory that holding `batch` as a chunk takes.
  static std::uint64_t MemoryBytes(const otlp::Batch& batch);
  /// The entry of `id`; null if no span of it is here.
  const otlp::WalkedTrace* Find(const TraceId& id) const;
};

}  // namespace vivace::storage

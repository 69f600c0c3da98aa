#pragma once
// What has arrived so far, for the page that waits for a newcomer's first span.

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/mutex.h"
#include "model/ids.h"

namespace vivace::receivers {

/// Counts what the receivers see since the start of the process. Thread-safe.
class FirstData {
 public:
  struct Refusal {
    std::string reason;     ///< A sentence for people.
    std::string transport;  ///< "http_protobuf" and so on, or "http" when that is unknown.
    std::int64_t unix_ns = 0;
  };
  struct Picture {
    std::uint64_t requests = 0;
    std::uint64_t bytes = 0;  ///< Decompressed.
    std::uint64_t accepted_spans = 0;
    std::uint64_t refused_spans = 0;
    std::optional<Refusal> last_refusal;
    std::optional<TraceId> last_trace_id;
  };

  void CountRequest(std::uint64_t bytes);
  void CountAccepted(std::uint64_t spans, const TraceId& last_trace_id) EXCLUDES(mutex_);
  /// `spans` is 0 when it was a whole request that could not be read.
  void CountRefused(std::uint64_t spans, Refusal refusal) EXCLUDES(mutex_);

  Picture Look() const EXCLUDES(mutex_);

 private:
  std::atomic<std::uint64_t> requests_{0};
  std::atomic<std::uint64_t> bytes_{0};
  std::atomic<std::uint64_t> accepted_spans_{0};
  std::atomic<std::uint64_t> refused_spans_{0};
  mutable Mutex mutex_;
  std::optional<Refusal> last_refusal_ GUARDED_BY(mutex_);
  std::optional<TraceId> last_trace_id_ GUARDED_BY(mutex_);
};

}  // namespace vivace::receivers

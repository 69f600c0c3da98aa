#pragma once
// What the operating system knows about this process, as metrics.

#include "base/clock.h"
#include "base/metrics.h"

namespace vivace::app {

/// Adds process_resident_memory_bytes, process_anonymous_memory_bytes,
/// process_cpu_seconds_total, process_open_fds, process_start_time_seconds (names as the
/// Prometheus client libraries have them) and vivace_build_info.
void AddProcessMetrics(MetricsRegistry& metrics, Clock& clock);

}  // namespace vivace::app

#pragma once
// What the local log counts; shared by its two source files.

#include "base/metrics.h"
#include "wal/local_log.h"

namespace vivace::wal {

struct LocalLog::Instruments {
  explicit Instruments(MetricsRegistry& metrics)
      : records(metrics.AddCounter("vivace_wal_records_total", "Records made durable.")),
        payload_bytes(metrics.AddCounter("vivace_wal_payload_bytes_total",
                                         "Payload bytes made durable, before compression.")),
        bytes(metrics.AddCounter("vivace_wal_bytes_total", "Bytes written to segments.")),
        commits(metrics.AddCounter("vivace_wal_commits_total", "Group commits.")),
        refused(metrics.AddCounter("vivace_wal_refused_total", "Appends that were refused.")),
        segment_failures(metrics.AddCounter("vivace_wal_segment_failures_total",
                                            "New segments that could not be made.")),
        sync_seconds(metrics.AddHistogram("vivace_wal_sync_duration_seconds",
                                          "Time of one fdatasync of a segment.", LatencyBuckets())),
        stopped(metrics.AddGauge("vivace_wal_stopped",
                                 "1 if a failed write or sync has stopped the log.")),
        queued_bytes(metrics.AddGauge("vivace_wal_queued_bytes",
                                      "Payload bytes that wait for their commit.")),
        segments(metrics.AddGauge("vivace_wal_segments", "Segments in the folder.")),
        replayed(
            metrics.AddCounter("vivace_wal_replayed_records_total", "Records read back at start.")),
        damaged_runs(metrics.AddCounter("vivace_wal_replay_damaged_runs_total",
                                        "Runs of damaged bytes that a replay passed over.")),
        damaged_bytes(metrics.AddCounter("vivace_wal_replay_damaged_bytes_total",
                                         "Damaged bytes that a replay passed over.")),
        lost_segments(metrics.AddCounter(
            "vivace_wal_replay_lost_segments_total",
            "Segments that a replay missed, or whose header it could not read.")) {
    stopped.Set(0);
  }

  Counter& records;
  Counter& payload_bytes;
  Counter& bytes;
  Counter& commits;
  Counter& refused;
  Counter& segment_failures;
  Histogram& sync_seconds;
  Gauge& stopped;
  Gauge& queued_bytes;
  Gauge& segments;
  Counter& replayed;
  Counter& damaged_runs;
  Counter& damaged_bytes;
  Counter& lost_segments;
};

}  // namespace vivace::wal

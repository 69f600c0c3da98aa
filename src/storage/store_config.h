#pragma once
// Settings of the store, with their units and reasons.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"

namespace vivace::storage {

struct StoreConfig {
  /// Where everything is kept; made if absent. Layout: docs/storage.md.
  std::string folder = "vivace-data";

  /// Live data is cut into blocks when it holds this many OTLP bytes. 64 MiB are about
  /// 140,000 spans of the recorded bodies: two row groups, and a second of full-rate ingest.
  std::uint64_t cut_bytes = 64ULL << 20;
  /// Live data is cut when its oldest span has been here this long, so that the log to
  /// replay stays short.
  Nanoseconds cut_age = std::chrono::minutes(5);

  /// Bytes of live data (OTLP, row groups, index) over which Append answers kUnavailable.
  /// Room for one cut being filled, one being written, and the row groups of both.
  std::uint64_t live_bytes_max = 256ULL << 20;
  /// Tenants that may have data here at once; each costs a few kilobytes.
  std::size_t tenants_max = 1024;

  /// Spans of a row group in a block.
  std::uint32_t block_row_group_spans = 64 * 1024;
  /// Spans after which a piece of live data is closed and made columnar in one go.
  std::uint32_t live_row_group_spans = 16 * 1024;

  /// Decoded row groups of blocks that are kept for the next query, in bytes.
  std::size_t row_group_cache_bytes = std::size_t{128} << 20;

  /// Size after which the log starts a new segment by itself.
  std::uint64_t log_segment_bytes = 64ULL << 20;
  /// Added before each sync of the log, to see what a slow disk does; for tests.
  Nanoseconds log_sync_delay{0};

  /// A cut that failed is tried again after this long, doubled each time up to the maximum.
  Nanoseconds retry_delay = std::chrono::seconds(1);
  Nanoseconds retry_delay_max = std::chrono::seconds(60);

  /// How often ages and retries are looked at by a thread of the store's own. Zero: there is
  /// none and the owner calls Store::Tick(), as simulations do.
  Nanoseconds tick_interval = std::chrono::seconds(1);
  /// The log commits only in Store::CommitPending(), on the caller's thread; for simulations.
  bool commit_by_hand = false;
};

}  // namespace vivace::storage

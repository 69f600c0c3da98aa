#pragma once
// What a peer of a listener may use up.

#include <chrono>
#include <cstdint>

namespace vivace::net {

/// What a peer may use up. Reasons: docs/operations.md, limits.
struct Limits {
  std::uint32_t header_bytes_max = 32 * 1024;
  std::uint64_t body_bytes_max = 64ULL << 20;      ///< After decompression, and before.
  std::uint32_t streams_per_connection_max = 128;  ///< Also calls whose handlers still run.
  std::uint32_t connections_max = 4096;
  std::uint32_t resets_per_minute_max = 400;         ///< Rapid reset: over it GOAWAY and close.
  std::chrono::milliseconds idle_timeout{120'000};   ///< Open connection without a request.
  std::chrono::milliseconds header_timeout{10'000};  ///< From first byte to whole header.
  std::chrono::milliseconds body_timeout{60'000};    ///< From header to whole body.
  std::chrono::milliseconds write_timeout{30'000};   ///< A peer that takes no bytes.
  /// HTTP/2 receive window of a connection and of each stream: what a peer may have under way.
  std::uint32_t http2_window_bytes = 4U << 20;
};

}  // namespace vivace::net

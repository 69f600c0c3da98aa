#pragma once
// What `vivace serve` can be told, with defaults and units.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "base/log.h"
#include "base/result.h"
#include "net/limits.h"

namespace vivace::app {

struct ServeConfig {
  std::string data_dir = "vivace-data";
  /// Loopback by default: nobody but this machine may send spans or read them.
  std::string http_address = "127.0.0.1:3200";
  std::string otlp_http_address = "127.0.0.1:4318";
  std::string otlp_grpc_address = "127.0.0.1:4317";

  /// Bytes that requests, live data and queries may hold together; over it clients are asked
  /// to come back later.
  std::uint64_t memory_bytes_max = 448ULL << 20;
  /// Of these, bytes of live data.
  std::uint64_t live_bytes_max = 256ULL << 20;

  std::uint64_t block_cut_bytes = 64ULL << 20;
  std::chrono::milliseconds block_cut_age{5 * 60'000};

  std::size_t io_threads = 2;
  std::size_t query_threads = 2;
  std::chrono::milliseconds query_timeout{30'000};
  /// Time that requests under way have when the server is told to stop.
  std::chrono::milliseconds stop_grace{10'000};

  net::Limits limits;

  std::string tls_certificate_path;  ///< Both set: all three listeners speak TLS only.
  std::string tls_key_path;

  LogLevel log_level = LogLevel::kInfo;
};

/// Checks what no single option can know. kInvalidArgument names the option and the remedy.
Status Validate(const ServeConfig& config);

}  // namespace vivace::app

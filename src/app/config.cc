#include "app/config.h"

#include <utility>

#include <fmt/core.h>

#include "net/server.h"

namespace vivace::app {

Status Validate(const ServeConfig& config) {
  for (const auto& [option, address] :
       {std::pair("--http-address", &config.http_address),
        std::pair("--otlp-http-address", &config.otlp_http_address),
        std::pair("--otlp-grpc-address", &config.otlp_grpc_address)}) {
    if (Status valid = net::CheckListenAddress(*address); !valid.ok()) {
      return std::move(valid).Wrap(option);
    }
  }
  if (config.tls_certificate_path.empty() != config.tls_key_path.empty()) {
    return Error(ErrorCode::kInvalidArgument,
                 "--tls-certificate and --tls-key belong together; one of them is missing");
  }
  if (config.live_bytes_max >= config.memory_bytes_max) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("--live-bytes-max ({}) must be below --memory-bytes-max ({}), so that "
                             "requests and queries have room beside the live data",
                             config.live_bytes_max, config.memory_bytes_max));
  }
  if (config.block_cut_bytes * 2 > config.live_bytes_max) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("--block-cut-bytes ({}) must be at most half of --live-bytes-max ({}), "
                    "so that new spans have room while a block is written",
                    config.block_cut_bytes, config.live_bytes_max));
  }
  return {};
}

}  // namespace vivace::app

#pragma once
// The ways by which spans arrive.

#include <cstddef>
#include <string_view>

namespace vivace::receivers {

enum class Transport { kHttpProtobuf, kHttpJson, kGrpc };
inline constexpr std::size_t kTransportCount = 3;

/// "http_protobuf" and so on, for metrics.
constexpr std::string_view TransportName(Transport transport) {
  switch (transport) {
    case Transport::kHttpProtobuf:
      return "http_protobuf";
    case Transport::kHttpJson:
      return "http_json";
    case Transport::kGrpc:
      return "grpc";
  }
  return "unknown";
}

}  // namespace vivace::receivers

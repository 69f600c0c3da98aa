#pragma once
// Reads OTLP answers with a decoder of its own, for tests.

#include <cstdint>
#include <optional>
#include <string>

#include <protozero/pbf_reader.hpp>

namespace vivace::receivers {

struct ReadPartialSuccess {
  std::int64_t rejected_spans = 0;
  std::string message;
};

/// The `partial_success` of an ExportTraceServiceResponse, if it is set.
inline std::optional<ReadPartialSuccess> ReadExportResponse(const std::string& bytes) {
  std::optional<ReadPartialSuccess> partial;
  protozero::pbf_reader response(bytes.data(), bytes.size());
  while (response.next(1)) {
    partial.emplace();
    protozero::pbf_reader inner = response.get_message();
    while (inner.next()) {
      if (inner.tag() == 1)
        partial->rejected_spans = inner.get_int64();
      else if (inner.tag() == 2)
        partial->message = inner.get_string();
      else
        inner.skip();
    }
  }
  return partial;
}

struct ReadStatus {
  int code = 0;
  std::string message;
};

/// A google.rpc.Status.
inline ReadStatus ReadRpcStatus(const std::string& bytes) {
  ReadStatus status;
  protozero::pbf_reader in(bytes.data(), bytes.size());
  while (in.next()) {
    if (in.tag() == 1)
      status.code = in.get_int32();
    else if (in.tag() == 2)
      status.message = in.get_string();
    else
      in.skip();
  }
  return status;
}

}  // namespace vivace::receivers

#pragma once
// Sends one OTLP export request, over HTTP or gRPC, with libcurl.

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "tracing/exporter_settings.h"

namespace vivace::tracing {

/// How a server answered one export, in the terms of the OTLP specification.
struct ExportOutcome {
  enum class Kind {
    kAccepted,   ///< All of it, or all but `rejected_spans`.
    kRetryable,  ///< Not now; the same request may be sent again.
    kRefused,    ///< Sending it again would not help.
  };
  Kind kind = Kind::kAccepted;
  std::uint64_t rejected_spans = 0;
  std::optional<std::chrono::milliseconds> retry_after;
  std::string message;
};

/// Sends requests one after another. Not thread-safe: one client per thread.
class OtlpClient {
 public:
  virtual ~OtlpClient() = default;
  /// Sends an ExportTraceServiceRequest in protobuf. Never fails as a call: what went wrong is
  /// in the outcome.
  virtual ExportOutcome Send(const std::string& request) = 0;
};

/// A client that keeps its connection open between calls (not for gRPC without TLS).
std::unique_ptr<OtlpClient> MakeOtlpClient(OtlpProtocol protocol, std::string endpoint,
                                           std::chrono::milliseconds timeout);

}  // namespace vivace::tracing

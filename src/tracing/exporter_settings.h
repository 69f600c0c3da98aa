#pragma once
// Where spans go, read from the environment variables that guides for Tempo name.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vivace::tracing {

enum class OtlpProtocol { kHttp, kGrpc };

struct ExporterSettings {
  OtlpProtocol protocol = OtlpProtocol::kHttp;
  /// HTTP: the whole URL with /v1/traces. gRPC: scheme, host and port.
  std::string endpoint = "http://127.0.0.1:4318/v1/traces";
  double sample_rate = 1.0;
};

/// Looks up an environment variable; nullopt if it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;
Environment ProcessEnvironment();

/// Reads TEMPO_URL (port 4317, the scheme grpc:// or OTEL_EXPORTER_OTLP_PROTOCOL=grpc choose
/// gRPC), else TEMPO_INTERNAL_HTTP_INGEST, else TEMPO_INTERNAL_GRPC_INGEST, else the local
/// default; and TRACES_SAMPLE_RATE. kInvalidArgument names the variable, what was expected and
/// what was found.
Result<ExporterSettings> ReadExporterSettings(const Environment& environment);

}  // namespace vivace::tracing

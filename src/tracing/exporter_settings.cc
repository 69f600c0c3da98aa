#include "tracing/exporter_settings.h"

#include <charconv>
#include <cstdlib>

#include <fmt/core.h>

namespace vivace::tracing {
namespace {

constexpr std::string_view kTracesPath = "/v1/traces";
constexpr std::string_view kLocalDefault = "http://127.0.0.1:4318";
constexpr std::string_view kGrpcPort = ":4317";

struct Endpoint {
  std::string variable;
  std::string value;
  std::optional<OtlpProtocol> protocol;
};

Endpoint ChooseEndpoint(const Environment& environment) {
  if (auto value = environment("TEMPO_URL"); value && !value->empty()) {
    return {"TEMPO_URL", *value, std::nullopt};
  }
  if (auto value = environment("TEMPO_INTERNAL_HTTP_INGEST"); value && !value->empty()) {
    return {"TEMPO_INTERNAL_HTTP_INGEST", *value, OtlpProtocol::kHttp};
  }
  if (auto value = environment("TEMPO_INTERNAL_GRPC_INGEST"); value && !value->empty()) {
    return {"TEMPO_INTERNAL_GRPC_INGEST", *value, OtlpProtocol::kGrpc};
  }
  return {"the local default", std::string(kLocalDefault), OtlpProtocol::kHttp};
}

Result<double> ReadSampleRate(const Environment& environment) {
  const std::string text = environment("TRACES_SAMPLE_RATE").value_or("1");
  double rate = -1.0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), rate);
  if (error == std::errc() && end == text.data() + text.size() && rate >= 0.0 && rate <= 1.0) {
    return rate;
  }
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("TRACES_SAMPLE_RATE must be a number from 0 to 1, found '{}'", text));
}

}  // namespace

Environment ProcessEnvironment() {
  return [](std::string_view name) -> std::optional<std::string> {
    const char* value = std::getenv(std::string(name).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

Result<ExporterSettings> ReadExporterSettings(const Environment& environment) {
  ExporterSettings settings;
  ASSIGN_OR_RETURN(settings.sample_rate, ReadSampleRate(environment));

  const Endpoint chosen = ChooseEndpoint(environment);
  std::string url = chosen.value;
  std::optional<OtlpProtocol> protocol = chosen.protocol;
  if (!protocol) {
    const std::string wanted = environment("OTEL_EXPORTER_OTLP_PROTOCOL").value_or("");
    if (wanted == "grpc") {
      protocol = OtlpProtocol::kGrpc;
    } else if (wanted == "http/protobuf" || wanted == "http") {
      protocol = OtlpProtocol::kHttp;
    } else if (!wanted.empty()) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("OTEL_EXPORTER_OTLP_PROTOCOL must be grpc or http/protobuf, "
                               "found '{}'",
                               wanted));
    }
  }
  if (url.starts_with("grpc://")) {
    if (!protocol) protocol = OtlpProtocol::kGrpc;
    url = "http://" + url.substr(7);
  }
  if (url.find("://") == std::string::npos) url = "http://" + url;
  const std::size_t host_at = url.find("://") + 3;
  const std::size_t path_at = std::min(url.find('/', host_at), url.size());
  const bool scheme_known = url.starts_with("http://") || url.starts_with("https://");
  if (!scheme_known || path_at == host_at || url[host_at] == ':') {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("{} must be a URL such as {} or host:port, found '{}'",
                             chosen.variable, kLocalDefault, chosen.value));
  }
  const std::string origin = url.substr(0, path_at);
  std::string path = url.substr(path_at);
  while (path.ends_with('/')) path.pop_back();
  if (!protocol) {
    protocol = origin.ends_with(kGrpcPort) ? OtlpProtocol::kGrpc : OtlpProtocol::kHttp;
  }
  settings.protocol = *protocol;
  if (*protocol == OtlpProtocol::kGrpc) {
    settings.endpoint = origin;
  } else {
    if (!path.ends_with(kTracesPath)) path += kTracesPath;
    settings.endpoint = origin + path;
  }
  return settings;
}

}  // namespace vivace::tracing

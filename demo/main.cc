// vivace-demo: an instrumented web application to send traces from.
#include <csignal>
#include <cstdio>

#include <curl/curl.h>
#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "base/file_system.h"
#include "base/json_writer.h"
#include "base/log.h"
#include "demo/application.h"
#include "net/server.h"
#include "tracing/batch_exporter.h"
#include "tracing/exporter_settings.h"
#include "tracing/otlp_client.h"

namespace {

using namespace vivace;  // NOLINT: a main file

// /slow holds a worker for two seconds and /generate-load one for as long as its requests take,
// so there are many more workers than cores.
constexpr std::size_t kWorkers = 32;
constexpr std::chrono::milliseconds kExportTimeout{10'000};
constexpr std::chrono::milliseconds kStopGrace{5'000};
constexpr std::uint64_t kRequestBytesMax = 64ULL << 20;

Status Serve(const std::string& address, const std::string& listening_file,
             const std::string& service_name, sigset_t& stop_signals) {
  ASSIGN_OR_RETURN(const tracing::ExporterSettings settings,
                   tracing::ReadExporterSettings(tracing::ProcessEnvironment()));
  tracing::BatchExporter exporter(
      {}, tracing::MakeOtlpClient(settings.protocol, settings.endpoint, kExportTimeout),
      RealClock(), SystemRandom());
  Metrics().AddCallback("demo_exported_spans_total", "Spans that the server took.",
                        [&exporter] { return static_cast<double>(exporter.counts().exported); });
  Metrics().AddCallback("demo_dropped_spans_total", "Spans that were lost.",
                        [&exporter] { return static_cast<double>(exporter.counts().dropped); });
  ThreadPool workers({.name = "demo-worker", .threads = kWorkers});
  demo::Application application({.service_name = service_name, .sample_rate = settings.sample_rate},
                                RealClock(), SystemRandom(), workers, Metrics(), exporter);
  net::Router router;
  application.Register(router);
  ByteAccountant bytes(kRequestBytesMax);
  net::Server server({}, RealClock(), bytes, Metrics());
  net::ListenerConfig listener;
  listener.name = "demo";
  listener.address = address;
  ASSIGN_OR_RETURN(const std::string real_address,
                   server.Listen(std::move(listener), std::move(router)));
  application.SetOwnAddress(real_address);
  RETURN_IF_ERROR(server.Start());
  if (!listening_file.empty()) {
    JsonWriter json;
    json.BeginObject();
    json.Key("http").String(real_address);
    json.EndObject();
    RETURN_IF_ERROR(WriteFileAtomically(RealFileSystem(), listening_file, AsBytes(json.Take())));
  }
  LogInfo("demo application listens", {{"http", real_address}, {"spans_go_to", settings.endpoint}});

  int signal = 0;
  sigwait(&stop_signals, &signal);
  LogInfo("demo application stops", {{"signal", signal}});
  server.Stop(kStopGrace);
  workers.Stop();
  if (!exporter.Flush(kExportTimeout)) LogWarn("not all spans could be sent before the end");
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "vivace-demo: a web application whose requests are traced.\n"
      "Spans go to TEMPO_URL, else TEMPO_INTERNAL_HTTP_INGEST, else "
      "TEMPO_INTERNAL_GRPC_INGEST, else http://127.0.0.1:4318.");
  std::string address = "127.0.0.1:8000";
  std::string listening_file;
  std::string service_name = "vivace-demo";
  app.add_option("--address", address, "Address to listen on; port 0 takes a free one")
      ->capture_default_str();
  app.add_option("--listening-file", listening_file, "File to write the real address to, as JSON");
  app.add_option("--service-name", service_name, "service.name of its spans")
      ->envname("OTEL_SERVICE_NAME")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  // Signals are taken by sigwait alone; threads inherit the mask.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  curl_global_init(CURL_GLOBAL_DEFAULT);
  const Status status = Serve(address, listening_file, service_name, stop_signals);
  curl_global_cleanup();
  if (status.ok()) return 0;
  fmt::print(stderr, "vivace-demo: {}\n", status.error().message());
  return 1;
}

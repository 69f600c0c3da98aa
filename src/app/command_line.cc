#include "app/command_line.h"

#include <map>
#include <sstream>
#include <string_view>

#include <fmt/core.h>
#include <CLI/CLI.hpp>

#include "app/version.h"

namespace vivace::app {
namespace {

void AddServeOptions(CLI::App& serve, ServeConfig& config) {
  const auto bytes = CLI::AsSizeValue(/*kb_is_1000=*/false);
  const std::map<std::string, std::chrono::milliseconds::rep> units = {
      {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}};
  const auto add_time = [&](const std::string& name, std::chrono::milliseconds& target,
                            const std::string& text) {
    serve
        .add_option_function<std::chrono::milliseconds::rep>(
            name,
            [&target](const std::chrono::milliseconds::rep& ms) {
              target = std::chrono::milliseconds(ms);
            },
            text)
        ->transform(CLI::AsNumberWithUnit(units, CLI::AsNumberWithUnit::DEFAULT, "TIME"))
        ->check(CLI::PositiveNumber)
        ->default_str(fmt::format("{}ms", target.count()));
  };

  serve.add_option("--data-dir", config.data_dir, "Folder for everything that is stored")
      ->capture_default_str();
  serve.add_option("--http-address", config.http_address, "Query API, gRPC and web UI")
      ->capture_default_str();
  serve.add_option("--otlp-http-address", config.otlp_http_address, "OTLP over HTTP")
      ->capture_default_str();
  serve.add_option("--otlp-grpc-address", config.otlp_grpc_address, "OTLP over gRPC")
      ->capture_default_str();

  serve
      .add_option("--memory-bytes-max", config.memory_bytes_max,
                  "Bytes that requests, live data and queries may hold together")
      ->transform(bytes)
      ->group("Limits")
      ->capture_default_str();
  serve.add_option("--live-bytes-max", config.live_bytes_max, "Of these, bytes of live data")
      ->transform(bytes)
      ->group("Limits")
      ->capture_default_str();
  serve
      .add_option("--body-bytes-max", config.limits.body_bytes_max,
                  "Largest request body, before and after decompression")
      ->transform(bytes)
      ->group("Limits")
      ->capture_default_str();
  serve
      .add_option("--connections-max", config.limits.connections_max,
                  "Open connections of each listener")
      ->check(CLI::PositiveNumber)
      ->group("Limits")
      ->capture_default_str();
  add_time("--header-timeout", config.limits.header_timeout,
           "From a request's first byte to its whole header");
  add_time("--body-timeout", config.limits.body_timeout,
           "From a request's header to its whole body");
  add_time("--idle-timeout", config.limits.idle_timeout, "Open connection without a request");
  add_time("--query-timeout", config.query_timeout, "Longest that a query may run");
  add_time("--stop-grace", config.stop_grace, "For requests under way when told to stop");

  serve
      .add_option("--block-cut-bytes", config.block_cut_bytes,
                  "Live data is written as a block at this size")
      ->transform(bytes)
      ->group("Storage")
      ->capture_default_str();
  add_time("--block-cut-age", config.block_cut_age, "Live data is written as a block at this age");

  serve.add_option("--io-threads", config.io_threads, "Threads for network input and output")
      ->check(CLI::Range(1, 64))
      ->group("Threads")
      ->capture_default_str();
  serve.add_option("--query-threads", config.query_threads, "Threads for queries")
      ->check(CLI::Range(1, 256))
      ->group("Threads")
      ->capture_default_str();

  serve
      .add_option("--tls-certificate", config.tls_certificate_path,
                  "PEM file; all listeners then speak TLS only")
      ->check(CLI::ExistingFile)
      ->group("TLS");
  serve.add_option("--tls-key", config.tls_key_path, "PEM file of the certificate's key")
      ->check(CLI::ExistingFile)
      ->group("TLS");

  const std::map<std::string, LogLevel> levels = {{"debug", LogLevel::kDebug},
                                                  {"info", LogLevel::kInfo},
                                                  {"warn", LogLevel::kWarn},
                                                  {"error", LogLevel::kError}};
  serve.add_option("--log-level", config.log_level, "Least level of log lines")
      ->transform(CLI::CheckedTransformer(levels, CLI::ignore_case))
      ->default_str("info");
}

}  // namespace

std::string VersionText() { return fmt::format("vivace {}", kVersion); }

std::variant<ServeCommand, ExitCommand> ParseCommandLine(int argc, const char* const* argv) {
  CLI::App cli(
      "vivace: a distributed-tracing backend. Send it spans over OTLP; read traces in its\n"
      "web UI, in Grafana, or over Tempo's HTTP API.",
      "vivace");
  cli.set_version_flag("--version", VersionText());
  cli.require_subcommand(1);
  ServeCommand serve;
  CLI::App* serve_app =
      cli.add_subcommand("serve", "Receive, store and serve traces until told to stop");
  AddServeOptions(*serve_app, serve.config);
  // CLI11 would only say that a command is missing.
  if (const std::string_view command = argc > 1 ? argv[1] : "-";
      !command.starts_with('-') &&
      cli.get_subcommands([&](CLI::App* known) { return known->get_name() == command; }).empty()) {
    return ExitCommand{
        .code = 2,
        .text = fmt::format("unknown command '{}'; vivace --help lists the commands\n", command)};
  }
  try {
    cli.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = cli.exit(error, out, err);
    return ExitCommand{.code = code == 0 ? 0 : 2, .text = out.str() + err.str()};
  }
  if (const Status valid = Validate(serve.config); !valid.ok()) {
    return ExitCommand{.code = 2, .text = valid.error().message() + "\n"};
  }
  return serve;
}

}  // namespace vivace::app

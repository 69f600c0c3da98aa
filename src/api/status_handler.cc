// Health, build and status pages, and metrics. Answered at once: nothing here waits for a query.
#include <chrono>
#include <ctime>
#include <iterator>
#include <string>

#include <fmt/format.h>

#include "api/handlers.h"
#include "base/json_writer.h"
#include "base/metrics.h"

namespace vivace::api {
namespace {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;

constexpr std::string_view kVersion = VIVACE_VERSION;
// Clients switch features by Tempo's version; this is the one whose API is offered. Our own
// stands behind the plus sign, as semantic versioning allows.
constexpr std::string_view kTempoVersion = "3.0.3";

HttpResponse Ready(const ApiContext& context) {
  const storage::StoreStatus status = context.store.status();
  if (status.accepting) return HttpResponse::Text(200, "ready\n");
  std::string text = "not ready: the log takes no spans\n";
  for (const auto& problem : status.problems) {
    text += fmt::format("{}: {}\n", problem.what, problem.reason);
  }
  return HttpResponse::Text(503, std::move(text));
}

std::string TimeText(std::uint64_t unix_ns) {
  if (unix_ns == 0) return "-";
  const auto seconds = static_cast<std::time_t>(unix_ns / 1'000'000'000);
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &utc);
  return std::string(text, size);
}

HttpResponse StatusPage(const ApiContext& context) {
  const storage::StoreStatus s = context.store.status();
  std::string text;
  const auto line = [&](std::string_view what, const auto& value) {
    fmt::format_to(std::back_inserter(text), "{:<28}{}\n", what, value);
  };
  line("vivace", kVersion);
  line("query API of Tempo", kTempoVersion);
  line("accepting spans", s.accepting ? "yes" : "no");
  text += "\nstored\n";
  line("  oldest trace", TimeText(s.oldest_unix_ns));
  line("  newest trace", TimeText(s.newest_unix_ns));
  line("  tenants", s.tenants);
  line("  blocks", s.blocks);
  line("  spans in blocks", s.block_spans);
  line("  bytes in blocks", s.block_bytes);
  line("  live spans", s.live_spans);
  line("  live bytes", s.live_bytes);
  line("  live bytes, at most", s.live_bytes_max);
  text += "\nwork\n";
  line("  blocks cut", s.cuts);
  line("  failed cuts", s.cut_failures);
  if (!s.last_cut_error.empty()) line("  last failure", s.last_cut_error);
  line("  log segments", s.log_segments);
  line("  spans replayed at start", s.replayed_spans);
  line("  manifest generation", s.manifest_generation);
  if (context.bytes != nullptr) {
    text += "\nmemory\n";
    line("  bytes held", context.bytes->used());
    line("  bytes, at most", context.bytes->bytes_max());
  }
  text += "\nproblems\n";
  if (s.problems.empty()) text += "  none\n";
  for (const auto& problem : s.problems) line("  " + problem.what, problem.reason);
  return HttpResponse::Text(200, std::move(text));
}

HttpResponse BuildInfo() {
  JsonWriter json;
  json.BeginObject();
  json.Key("version").String(fmt::format("{}+vivace.{}", kTempoVersion, kVersion));
  json.Key("revision").String(fmt::format("vivace {}", kVersion));
  json.Key("branch").String("");
  json.Key("buildDate").String("");
  json.Key("buildUser").String("");
  json.Key("goVersion").String("");
  json.EndObject();
  return HttpResponse::Json(200, json.Take());
}

HttpResponse MetricsPage() {
  HttpResponse response;
  response.headers.Add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
  response.body = Metrics().Expose();
  return response;
}

}  // namespace

void RegisterStatus(net::Router& router, const ApiContext& context) {
  const auto handle = [&](std::string path, std::string name, auto answer) {
    router.Handle("GET", std::move(path), std::move(name),
                  [answer](HttpRequest, HttpResponder responder) { responder.Send(answer()); });
  };
  handle("/ready", "ready", [&context] { return Ready(context); });
  handle("/api/echo", "echo", [] { return HttpResponse::Text(200, "echo"); });
  handle("/api/status/buildinfo", "buildinfo", [] { return BuildInfo(); });
  handle("/status", "status", [&context] { return StatusPage(context); });
  handle("/metrics", "metrics", [] { return MetricsPage(); });
}

}  // namespace vivace::api

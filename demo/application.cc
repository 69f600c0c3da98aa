#include "demo/application.h"

#include <charconv>
#include <map>
#include <memory>
#include <optional>
#include <thread>

#include <fmt/core.h>

#include "base/json_writer.h"
#include "base/log.h"
#include "demo/load_client.h"

namespace vivace::demo {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using tracing::ActiveSpan;

constexpr std::chrono::seconds kSlowTime{2};
constexpr int kDepthMax = 20;
constexpr int kTracesMax = 1000;
constexpr int kOperationsMax = 50;
constexpr int kLoadRequestsMax = 1000;
constexpr int kLoadConnections = 8;
constexpr int kSyntheticTraces = 20;

struct Described {
  std::string_view path;
  std::string_view text;
};
constexpr Described kEndpoints[] = {
    {"/", "this list"},
    {"/hello", "a greeting"},
    {"/slow", "takes two seconds"},
    {"/error", "fails with status 500 and an exception on its span"},
    {"/trace-example?depth=3", "nested spans, depth 1 to 20"},
    {"/generate-traces?count=10&operations_per_trace=5",
     "traces of their own, count 1 to 1000, operations_per_trace 1 to 50"},
    {"/generate-synthetic-data", "traces of a made-up shop with eight services"},
    {"/generate-load?requests=50", "requests to this application, 1 to 1000"},
    {"/metrics", "figures in Prometheus's text format"},
};

/// The whole number `name` of the query; `fallback` if it is not there.
Result<int> IntegerParameter(const HttpRequest& request, std::string_view name, int fallback,
                             int max) {
  const std::string* text = request.query.Find(name);
  if (text == nullptr) return fallback;
  int value = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (error == std::errc() && end == text->data() + text->size() && value >= 1 && value <= max) {
    return value;
  }
  return Error(
      ErrorCode::kInvalidArgument,
      fmt::format("{}: expected a whole number from 1 to {}, found '{}'", name, max, *text));
}

HttpResponse JsonAnswer(int status, JsonWriter& json, const ActiveSpan& span) {
  json.Key("trace_id").String(span.context().trace_id.ToHex());
  json.EndObject();
  return HttpResponse::Json(status, json.Take());
}

HttpResponse BadParameter(const Error& error, const ActiveSpan& span) {
  JsonWriter json;
  json.BeginObject();
  json.Key("error").String(error.message());
  return JsonAnswer(400, json, span);
}

void WriteTraceIds(JsonWriter& json, const std::vector<TraceId>& ids) {
  json.Key("trace_ids").BeginArray();
  for (const TraceId& id : ids) json.String(id.ToHex());
  json.EndArray();
}

/// A log line that a trace can be found by.
void LogWithTrace(LogLevel level, std::string_view message, const tracing::SpanContext& context) {
  Log(level, message,
      {{"trace_id", context.trace_id.ToHex()}, {"span_id", context.span_id.ToHex()}});
}

std::shared_ptr<const tracing::SpanOrigin> OriginOf(const std::string& service_name) {
  auto origin = std::make_shared<tracing::SpanOrigin>();
  origin->resource = tracing::ServiceResource(service_name, "0.1.0");
  origin->scope.name = "vivace.demo";
  origin->scope.version = "0.1.0";
  return origin;
}

}  // namespace

Application::Application(Config config, Clock& clock, Random& random, Executor& workers,
                         MetricsRegistry& metrics, tracing::SpanSink& spans)
    : config_(std::move(config)),
      clock_(clock),
      random_(random),
      workers_(workers),
      metrics_(metrics),
      spans_(spans),
      tracer_(OriginOf(config_.service_name), config_.sample_rate, clock, random, spans),
      generated_traces_(
          metrics.AddCounter("demo_generated_traces_total", "Traces written by the generators.")) {}

void Application::Register(net::Router& router) {
  AddEndpoint(router, "/", &Application::Index);
  AddEndpoint(router, "/hello", &Application::Hello);
  AddEndpoint(router, "/slow", &Application::Slow);
  AddEndpoint(router, "/error", &Application::Fail);
  AddEndpoint(router, "/trace-example", &Application::TraceExample);
  AddEndpoint(router, "/generate-traces", &Application::GenerateTraces);
  AddEndpoint(router, "/generate-synthetic-data", &Application::SyntheticData);
  AddEndpoint(router, "/generate-load", &Application::GenerateLoad);
  router.Handle("GET", "/metrics", "metrics", [this](HttpRequest, net::HttpResponder responder) {
    HttpResponse response;
    response.headers.Add("Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    response.body = metrics_.Expose();
    responder.Send(std::move(response));
  });
}

void Application::AddEndpoint(net::Router& router, const std::string& path, Endpoint endpoint) {
  Histogram& seconds = metrics_.AddHistogram("demo_request_duration_seconds", "Time to answer.",
                                             LatencyBuckets(), {{"endpoint", path}});
  router.Handle(
      "GET", path, path,
      [this, path, endpoint, &seconds](HttpRequest request, net::HttpResponder responder) {
        auto shared = std::make_shared<HttpRequest>(std::move(request));
        const Status posted = workers_.Post([this, path, endpoint, &seconds, shared, responder] {
          const Nanoseconds started = clock_.Steady();
          tracing::StartOptions options;
          options.kind = SpanKind::kServer;
          options.parent = tracing::ParseTraceparent(shared->headers.Get("traceparent"));
          ActiveSpan span = tracer_.Start("GET " + path, options);
          span.SetAttribute("http.request.method", "GET");
          span.SetAttribute("http.route", path);
          span.SetAttribute("url.path", path);
          span.SetAttribute("client.address", shared->peer);
          HttpResponse response = (this->*endpoint)(*shared, span);
          span.SetAttribute("http.response.status_code", response.status);
          if (response.status >= 500) span.SetError(fmt::format("status {}", response.status));
          span.End();
          metrics_
              .AddCounter("demo_requests_total", "Requests answered.",
                          {{"endpoint", path}, {"status", std::to_string(response.status)}})
              .Add();
          seconds.Observe(std::chrono::duration<double>(clock_.Steady() - started).count());
          responder.Send(std::move(response));
        });
        if (!posted.ok()) {
          responder.Send(HttpResponse::Text(503, "too many requests are waiting; try again\n"));
        }
      });
}

HttpResponse Application::Index(const HttpRequest&, ActiveSpan& span) {
  JsonWriter json;
  json.BeginObject();
  json.Key("endpoints").BeginObject();
  for (const Described& endpoint : kEndpoints) json.Key(endpoint.path).String(endpoint.text);
  json.EndObject();
  return JsonAnswer(200, json, span);
}

HttpResponse Application::Hello(const HttpRequest&, ActiveSpan& span) {
  ActiveSpan work = tracer_.Start("say_hello", {.parent = span.context()});
  work.SetAttribute("greeting.language", "en");
  LogWithTrace(LogLevel::kInfo, "saying hello", work.context());
  JsonWriter json;
  json.BeginObject();
  json.Key("message").String("Hello from the example application");
  return JsonAnswer(200, json, span);
}

HttpResponse Application::Slow(const HttpRequest&, ActiveSpan& span) {
  ActiveSpan work = tracer_.Start("slow_operation", {.parent = span.context()});
  const double seconds = std::chrono::duration<double>(kSlowTime).count();
  work.SetAttribute("wait.seconds", seconds);
  work.AddEvent("wait begins");
  std::this_thread::sleep_for(kSlowTime);  // Being slow is what this endpoint is for.
  LogWithTrace(LogLevel::kInfo, "the slow operation is done", work.context());
  JsonWriter json;
  json.BeginObject();
  json.Key("message").String("done");
  json.Key("seconds").Number(seconds);
  return JsonAnswer(200, json, span);
}

HttpResponse Application::Fail(const HttpRequest&, ActiveSpan& span) {
  constexpr std::string_view kReason = "this operation fails on purpose";
  ActiveSpan work = tracer_.Start("failing_operation", {.parent = span.context()});
  LogWithTrace(LogLevel::kError, "about to fail, as asked", work.context());
  work.RecordException("RuntimeError", kReason);
  JsonWriter json;
  json.BeginObject();
  json.Key("error").String(kReason);
  return JsonAnswer(500, json, span);
}

void Application::Nest(int level, int depth, const tracing::SpanContext& parent) {
  ActiveSpan span = tracer_.Start(fmt::format("operation_{}", level), {.parent = parent});
  span.SetAttribute("operation.level", level);
  span.SetAttribute("operation.depth", depth);
  span.AddEvent("operation begins",
                {tracing::MakeAttribute("operation.level", static_cast<std::int64_t>(level))});
  if (level < depth) Nest(level + 1, depth, span.context());
}

HttpResponse Application::TraceExample(const HttpRequest& request, ActiveSpan& span) {
  const Result<int> depth = IntegerParameter(request, "depth", 3, kDepthMax);
  if (!depth.ok()) return BadParameter(depth.error(), span);
  Nest(1, *depth, span.context());
  LogWithTrace(LogLevel::kInfo, "wrote nested operations", span.context());
  JsonWriter json;
  json.BeginObject();
  json.Key("depth").Number(*depth);
  return JsonAnswer(200, json, span);
}

HttpResponse Application::GenerateTraces(const HttpRequest& request, ActiveSpan& span) {
  const Result<int> count = IntegerParameter(request, "count", 10, kTracesMax);
  if (!count.ok()) return BadParameter(count.error(), span);
  const Result<int> operations =
      IntegerParameter(request, "operations_per_trace", 5, kOperationsMax);
  if (!operations.ok()) return BadParameter(operations.error(), span);
  std::vector<TraceId> ids;
  for (int number = 1; number <= *count; ++number) {
    ActiveSpan root = tracer_.Start(fmt::format("generated_trace_{}", number), {});
    root.SetAttribute("generated", true);
    root.SetAttribute("generated.number", number);
    for (int operation = 1; operation <= *operations; ++operation) {
      tracer_.Start(fmt::format("operation_{}", operation), {.parent = root.context()})
          .SetAttribute("operation.number", operation);
    }
    ids.push_back(root.context().trace_id);
  }
  generated_traces_.Add(ids.size());
  LogWithTrace(LogLevel::kInfo, "generated traces", span.context());
  JsonWriter json;
  json.BeginObject();
  json.Key("count").Number(*count);
  json.Key("operations_per_trace").Number(*operations);
  WriteTraceIds(json, ids);
  return JsonAnswer(200, json, span);
}

HttpResponse Application::SyntheticData(const HttpRequest&, ActiveSpan& span) {
  tracing::ShopSimulator shop(config_.sample_rate, clock_, random_, spans_);
  const std::vector<TraceId> ids = shop.WriteTraces(kSyntheticTraces);
  generated_traces_.Add(ids.size());
  LogWithTrace(LogLevel::kInfo, "wrote traces of the shop", span.context());
  JsonWriter json;
  json.BeginObject();
  json.Key("count").Number(ids.size());
  WriteTraceIds(json, ids);
  return JsonAnswer(200, json, span);
}

HttpResponse Application::GenerateLoad(const HttpRequest& request, ActiveSpan& span) {
  const Result<int> count = IntegerParameter(request, "requests", 50, kLoadRequestsMax);
  if (!count.ok()) return BadParameter(count.error(), span);
  constexpr std::string_view kPaths[] = {"/hello", "/trace-example?depth=4", "/hello", "/error"};
  const auto requests = static_cast<std::size_t>(*count);
  std::vector<std::optional<ActiveSpan>> clients(requests);
  std::vector<TraceId> ids(requests);
  std::vector<int> answers(requests);
  SendLoad(
      own_address_, requests, kLoadConnections,
      [&](std::size_t index) {
        const std::string path(kPaths[index % std::size(kPaths)]);
        ActiveSpan& client =
            clients[index].emplace(tracer_.Start("load_request", {.kind = SpanKind::kClient}));
        client.SetAttribute("http.request.method", "GET");
        client.SetAttribute("url.path", path.substr(0, path.find('?')));
        ids[index] = client.context().trace_id;
        return LoadRequest{path, tracing::FormatTraceparent(client.context())};
      },
      [&](std::size_t index, int status) {
        clients[index]->SetAttribute("http.response.status_code", status);
        if (status == 0 || status >= 400)
          clients[index]->SetError(fmt::format("status {}", status));
        clients[index].reset();
        answers[index] = status;
      });
  std::map<int, int> statuses;
  for (const int status : answers) ++statuses[status];
  LogWithTrace(LogLevel::kInfo, "sent requests to itself", span.context());
  JsonWriter json;
  json.BeginObject();
  json.Key("requests").Number(*count);
  json.Key("statuses").BeginObject();
  for (const auto& [status, times] : statuses) json.Key(std::to_string(status)).Number(times);
  json.EndObject();
  WriteTraceIds(json, ids);
  return JsonAnswer(200, json, span);
}

}  // namespace vivace::demo

#include <string>
#include <utility>

#include <fmt/format.h>

#include "api/handlers.h"
#include "api/parameters.h"
#include "api/run_query.h"
#include "base/bytes.h"
#include "base/json_writer.h"
#include "otlp/encode.h"
#include "otlp/json_encode.h"
#include "query/trace_by_id.h"

namespace vivace::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::string_view kProtobuf = "application/protobuf";
constexpr std::string_view kJson = "application/json";

// Tempo looks for the words, in this order, whatever else the header says.
bool WantsProtobuf(const HttpRequest& request) {
  return request.headers.Get("Accept").find(kProtobuf) != std::string_view::npos;
}

HttpResponse Answer(std::string_view content_type, std::string body) {
  HttpResponse response;
  response.headers.Add("Content-Type", std::string(content_type));
  response.body = std::move(body);
  return response;
}

// Grafana's data source drops the spans of a resource that has no attributes at all, so it is
// given an empty service name; all other clients get what was stored.
void PleaseGrafana(const HttpRequest& request, TraceData& trace) {
  if (!request.headers.Get("User-Agent").starts_with("Grafana")) return;
  for (ResourceSpans& resource : trace.resource_spans) {
    auto& attributes = resource.resource.attributes;
    if (attributes.empty()) attributes.push_back({"service.name", AttributeValue{std::string()}});
  }
}

std::string JoinReasons(const std::vector<std::string>& reasons) {
  std::string text;
  for (const std::string& reason : reasons) {
    if (!text.empty()) text += "; ";
    text += reason;
  }
  return text;
}

Result<query::WholeTrace> Find(const ApiContext& context, const HttpRequest& request,
                               query::Budget& budget) {
  ASSIGN_OR_RETURN(const TraceId id, ParseTraceId(request.path_parameters.at(0)));
  RETURN_IF_ERROR(CheckTraceWindow(request.query));
  const auto snapshot = context.store.TakeSnapshot(context.tenant);
  ASSIGN_OR_RETURN(query::WholeTrace whole, query::FindTrace(*snapshot, id, budget));
  // The encoded form lives beside the spans for a while.
  RETURN_IF_ERROR(budget.TakeBytes(query::MemoryBytes(whole.data)));
  PleaseGrafana(request, whole.data);
  return whole;
}

Error TooLarge(Error error) {
  if (error.code() != ErrorCode::kResourceExhausted) return error;
  return std::move(error).Wrap("trace exceeds max size");
}

Result<HttpResponse> GetTraceV1(const ApiContext& context, const HttpRequest& request,
                                query::Budget& budget) {
  auto whole = Find(context, request, budget);
  if (!whole.ok()) return TooLarge(std::move(whole).error());
  const TraceData& trace = whole->data;
  HttpResponse response;
  if (trace.resource_spans.empty()) {
    response.status = 404;
  } else if (WantsProtobuf(request)) {
    response = Answer(kProtobuf, otlp::Encode(trace));
  } else {
    response = Answer(kJson, otlp::EncodeTempoJson(trace, "batches"));
  }
  AddPartialHeader(whole->problems, response);
  return response;
}

// TraceByIDResponse: trace (1), metrics (2) {inspectedBytes (1)}, status (3), message (4). Trace
// and metrics are written even if empty, for Grafana fails without them.
std::string EncodeV2(const TraceData& trace, const std::vector<std::string>& problems) {
  constexpr std::uint8_t kTrace = 0x0a;
  constexpr std::uint8_t kMetrics = 0x12;
  constexpr std::uint8_t kInspectedBytes = 0x08;
  constexpr std::uint8_t kStatus = 0x18;
  constexpr std::uint8_t kPartial = 1;
  constexpr std::uint8_t kMessage = 0x22;
  const std::string encoded = otlp::Encode(trace);
  ByteWriter metrics;
  if (!encoded.empty()) {
    metrics.U8(kInspectedBytes);
    metrics.Varint(encoded.size());
  }
  ByteWriter out;
  out.U8(kTrace);
  out.Text(encoded);
  out.U8(kMetrics);
  out.Text(metrics.Take());
  if (!problems.empty()) {
    out.U8(kStatus);
    out.U8(kPartial);
    out.U8(kMessage);
    out.Text(JoinReasons(problems));
  }
  return out.Take();
}

std::string EncodeV2Json(const TraceData& trace, const std::vector<std::string>& problems) {
  const std::string encoded = otlp::EncodeTempoJson(trace);
  JsonWriter json;
  json.BeginObject();
  json.Key("trace").Raw(encoded);
  json.Key("metrics").BeginObject();
  if (!trace.resource_spans.empty()) {
    json.Key("inspectedBytes").NumberText(std::uint64_t{encoded.size()});
  }
  json.EndObject();
  if (!problems.empty()) {
    json.Key("status").String("PARTIAL");
    json.Key("message").String(JoinReasons(problems));
  }
  json.EndObject();
  return json.Take();
}

Result<HttpResponse> GetTraceV2(const ApiContext& context, const HttpRequest& request,
                                query::Budget& budget) {
  auto whole = Find(context, request, budget);
  if (!whole.ok()) return TooLarge(std::move(whole).error());
  HttpResponse response = WantsProtobuf(request)
                              ? Answer(kProtobuf, EncodeV2(whole->data, whole->problems))
                              : Answer(kJson, EncodeV2Json(whole->data, whole->problems));
  return response;
}

}  // namespace

void RegisterTraceById(net::Router& router, const ApiContext& context) {
  router.Handle("GET", "/api/traces/{}", "trace_by_id",
                OnExecutor(context, [&context](const HttpRequest& request, query::Budget& budget) {
                  return GetTraceV1(context, request, budget);
                }));
  router.Handle("GET", "/api/v2/traces/{}", "trace_by_id_v2",
                OnExecutor(context, [&context](const HttpRequest& request, query::Budget& budget) {
                  return GetTraceV2(context, request, budget);
                }));
}

}  // namespace vivace::api

// GET /api/traces without an id: the most recent traces in the JSON shape of Jaeger's query API
// (/api/traces of jaeger-query), because guides tell people to probe a server with it.
#include <map>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "api/handlers.h"
#include "api/parameters.h"
#include "api/run_query.h"
#include "api/search_json.h"
#include "base/json_writer.h"
#include "query/search.h"
#include "query/trace_by_id.h"
#include "traceql/printer.h"
#include "traceql/type_check.h"

namespace vivace::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;

constexpr std::int64_t kLimitDefault = 20;
// Whole traces are large; Jaeger's own page asks for 1,500 at most.
constexpr std::int64_t kLimitMax = 1500;

void WriteTag(JsonWriter& json, std::string_view key, std::string_view type,
              std::string_view text) {
  json.BeginObject();
  json.Key("key").String(key);
  json.Key("type").String(type);
  json.Key("value").String(text);
  json.EndObject();
}

void WriteTag(JsonWriter& json, const Attribute& attribute) {
  const AttributeValue& value = attribute.value;
  if (value.AsBytes() != nullptr) return WriteTag(json, attribute.key, "binary", ValueText(value));
  const bool number = value.AsInt() != nullptr || value.AsDouble() != nullptr;
  if (!number && value.AsBool() == nullptr) {
    return WriteTag(json, attribute.key, "string", ValueText(value));
  }
  json.BeginObject();
  json.Key("key").String(attribute.key);
  if (const auto* flag = value.AsBool()) {
    json.Key("type").String("bool");
    json.Key("value").Bool(*flag);
  } else if (const auto* integer = value.AsInt()) {
    json.Key("type").String("int64");
    json.Key("value").Number(*integer);
  } else {
    json.Key("type").String("float64");
    json.Key("value").Number(*value.AsDouble());
  }
  json.EndObject();
}

void WriteReference(JsonWriter& json, std::string_view type, std::string trace_id,
                    std::string span_id) {
  json.BeginObject();
  json.Key("refType").String(type);
  json.Key("traceID").String(trace_id);
  json.Key("spanID").String(span_id);
  json.EndObject();
}

void WriteReferences(JsonWriter& json, const Span& span) {
  json.Key("references").BeginArray();
  if (!span.Parent().IsZero()) {
    WriteReference(json, "CHILD_OF", span.trace_id.ToHex(), span.Parent().ToHex());
  }
  for (const SpanLink& link : span.links) {
    const auto trace_id = TraceId::FromBytes(link.trace_id);
    const auto span_id = SpanId::FromBytes(link.span_id);
    if (trace_id && span_id) {
      WriteReference(json, "FOLLOWS_FROM", trace_id->ToHex(), span_id->ToHex());
    }
  }
  json.EndArray();
}

void WriteSpanTags(JsonWriter& json, const Span& span, const Scope& scope) {
  json.Key("tags").BeginArray();
  for (const Attribute& attribute : span.attributes) WriteTag(json, attribute);
  if (span.kind != SpanKind::kUnspecified) {
    WriteTag(json, "span.kind", "string", traceql::Print(traceql::Literal{span.kind}));
  }
  if (!scope.name.empty()) WriteTag(json, "otel.scope.name", "string", scope.name);
  if (!scope.version.empty()) WriteTag(json, "otel.scope.version", "string", scope.version);
  if (span.status_code == StatusCode::kOk) WriteTag(json, "otel.status_code", "string", "OK");
  if (span.status_code == StatusCode::kError) {
    WriteTag(json, "otel.status_code", "string", "ERROR");
    WriteTag(json, {"error", AttributeValue{true}});
  }
  if (!span.status_message.empty()) {
    WriteTag(json, "otel.status_description", "string", span.status_message);
  }
  if (!span.trace_state.empty()) WriteTag(json, "w3c.tracestate", "string", span.trace_state);
  json.EndArray();
}

void WriteLogs(JsonWriter& json, const Span& span) {
  json.Key("logs").BeginArray();
  for (const SpanEvent& event : span.events) {
    json.BeginObject();
    json.Key("timestamp").Number(event.time_unix_ns / 1000);
    json.Key("fields").BeginArray();
    if (!event.name.empty()) WriteTag(json, "event", "string", event.name);
    for (const Attribute& attribute : event.attributes) WriteTag(json, attribute);
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
}

void WriteSpan(JsonWriter& json, const Span& span, const Scope& scope, std::string_view process) {
  json.BeginObject();
  json.Key("traceID").String(span.trace_id.ToHex());
  json.Key("spanID").String(span.span_id.ToHex());
  json.Key("flags").Number(span.flags & 0xff);
  json.Key("operationName").String(span.name);
  WriteReferences(json, span);
  json.Key("startTime").Number(span.start_unix_ns / 1000);
  json.Key("duration").Number(span.DurationNanos() / 1000);
  WriteSpanTags(json, span, scope);
  WriteLogs(json, span);
  json.Key("processID").String(process);
  json.Key("warnings").Null();
  json.EndObject();
}

void WriteTrace(JsonWriter& json, const TraceId& id, const TraceData& trace) {
  json.BeginObject();
  json.Key("traceID").String(id.ToHex());
  json.Key("spans").BeginArray();
  int process = 0;
  for (const ResourceSpans& resource : trace.resource_spans) {
    const std::string name = fmt::format("p{}", ++process);
    for (const ScopeSpans& scope : resource.scope_spans) {
      for (const Span& span : scope.spans) WriteSpan(json, span, scope.scope, name);
    }
  }
  json.EndArray();
  json.Key("processes").BeginObject();
  process = 0;
  for (const ResourceSpans& resource : trace.resource_spans) {
    json.Key(fmt::format("p{}", ++process)).BeginObject();
    json.Key("serviceName").String(ServiceName(resource.resource));
    json.Key("tags").BeginArray();
    for (const Attribute& attribute : resource.resource.attributes) {
      if (attribute.key != "service.name") WriteTag(json, attribute);
    }
    json.EndArray();
    json.EndObject();
  }
  json.EndObject();
  json.Key("warnings").Null();
  json.EndObject();
}

// The filter for Jaeger's `service` and `operation`.
std::string FilterText(const net::QueryParameters& query) {
  std::string text;
  const auto add = [&](std::string_view field, const std::string* value) {
    if (value == nullptr || value->empty()) return;
    if (!text.empty()) text += " && ";
    text += fmt::format("{} = {}", field, traceql::Print(traceql::Literal{*value}));
  };
  add("resource.service.name", query.Find("service"));
  add("name", query.Find("operation"));
  return "{ " + text + " }";
}

Result<HttpResponse> GetList(const ApiContext& context, const HttpRequest& http,
                             query::Budget& budget) {
  ASSIGN_OR_RETURN(const std::int64_t limit, ParseInteger(http.query, "limit", kLimitDefault));
  if (limit <= 0 || limit > kLimitMax) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("invalid limit: {} is not within 1 and {}", limit, kLimitMax));
  }
  ASSIGN_OR_RETURN(const traceql::Query filter, traceql::ParseQuery(FilterText(http.query)));
  query::SearchRequest request;
  request.query = &filter;
  request.limit = static_cast<std::size_t>(limit);
  request.spans_per_span_set = 1;
  ASSIGN_OR_RETURN(request.duration_ns_min, ParseDurationNanos(http.query, "minDuration"));
  ASSIGN_OR_RETURN(request.duration_ns_max, ParseDurationNanos(http.query, "maxDuration"));

  const auto snapshot = context.store.TakeSnapshot(context.tenant);
  ASSIGN_OR_RETURN(const query::SearchResponse found, query::Search(*snapshot, request, budget));
  JsonWriter json;
  json.BeginObject();
  json.Key("data").BeginArray();
  std::uint64_t accounted = 0;
  for (const query::FoundTrace& trace : found.traces) {
    const std::uint64_t mark = budget.bytes();
    ASSIGN_OR_RETURN(const query::WholeTrace whole, query::FindTrace(*snapshot, trace.id, budget));
    WriteTrace(json, trace.id, whole.data);
    budget.ReturnTo(mark);
    RETURN_IF_ERROR(budget.TakeBytes(json.size() - accounted));
    accounted = json.size();
  }
  json.EndArray();
  json.Key("total").Number(0);
  json.Key("limit").Number(0);
  json.Key("offset").Number(0);
  json.Key("errors").Null();
  json.EndObject();
  HttpResponse response = HttpResponse::Json(200, json.Take());
  AddPartialHeader(found.problems, response);
  return response;
}

}  // namespace

void RegisterJaegerList(net::Router& router, const ApiContext& context) {
  router.Handle("GET", "/api/traces", "trace_list",
                OnExecutor(context, [&context](const HttpRequest& request, query::Budget& budget) {
                  return GetList(context, request, budget);
                }));
}

}  // namespace vivace::api

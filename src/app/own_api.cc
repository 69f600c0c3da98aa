#include "app/own_api.h"

#include <memory>
#include <utility>

#include <fmt/core.h>

#include "app/demo_trace.h"
#include "base/json_writer.h"
#include "receivers/import.h"
#include "receivers/tenant.h"

namespace vivace::app {
namespace {

using net::HttpRequest;
using net::HttpResponder;
using net::HttpResponse;

HttpResponse ErrorAnswer(const Error& error) {
  return HttpResponse::Text(net::HttpStatusOf(error.code()), error.message() + "\n");
}

/// Answers 403 and returns true if a page of another site is behind `request`.
bool RefusedAsCrossSite(const HttpRequest& request, const HttpResponder& responder) {
  if (!IsCrossSite(request)) return false;
  responder.Send(HttpResponse::Text(
      403, "a page of another site may not do this; open Vivace's own page instead\n"));
  return true;
}

void PostDemoTrace(OwnApiContext& context, const HttpRequest& request,
                   const HttpResponder& responder) {
  if (RefusedAsCrossSite(request, responder)) return;
  Result<DemoTrace> demo = MakeDemoTrace(context.clock, context.random);
  if (!demo.ok()) {
    responder.Send(ErrorAnswer(demo.error()));
    return;
  }
  const TraceId id = demo->id;
  const std::uint32_t spans = demo->batch.span_count;
  context.spans.Append(std::string(receivers::kSingleTenant), std::move(demo->batch),
                       [responder, id, spans](Status stored) {
                         if (!stored.ok()) {
                           responder.Send(ErrorAnswer(stored.error()));
                           return;
                         }
                         JsonWriter json;
                         json.BeginObject();
                         json.Key("traceId").String(id.ToHex());
                         json.Key("spans").Number(spans);
                         json.EndObject();
                         responder.Send(HttpResponse::Json(200, json.Take()));
                       });
}

void GetFirstData(const OwnApiContext& context, const HttpResponder& responder) {
  const receivers::FirstData::Picture picture = context.first_data.Look();
  JsonWriter json;
  json.BeginObject();
  json.Key("connections").Number(context.otlp_connections());
  json.Key("requests").Number(picture.requests);
  json.Key("bytes").Number(picture.bytes);
  json.Key("acceptedSpans").Number(picture.accepted_spans);
  json.Key("refusedSpans").Number(picture.refused_spans);
  json.Key("lastRefusal");
  if (picture.last_refusal) {
    json.BeginObject();
    json.Key("reason").String(picture.last_refusal->reason);
    json.Key("transport").String(picture.last_refusal->transport);
    json.Key("atUnixMs").Number(picture.last_refusal->unix_ns / 1'000'000);
    json.EndObject();
  } else {
    json.Null();
  }
  json.Key("lastTraceId");
  if (picture.last_trace_id) {
    json.String(picture.last_trace_id->ToHex());
  } else {
    json.Null();
  }
  json.Key("otlpHttp").String(context.otlp_http_address);
  json.Key("otlpGrpc").String(context.otlp_grpc_address);
  json.EndObject();
  HttpResponse response = HttpResponse::Json(200, json.Take());
  response.headers.Add("Cache-Control", "no-store");
  responder.Send(std::move(response));
}

void PostImport(OwnApiContext& context, HttpRequest request, const HttpResponder& responder) {
  if (RefusedAsCrossSite(request, responder)) return;
  receivers::Import(std::move(request), context.spans,
                    [responder](Result<receivers::ImportOutcome> outcome) {
                      if (!outcome.ok()) {
                        responder.Send(ErrorAnswer(outcome.error()));
                        return;
                      }
                      JsonWriter json;
                      json.BeginObject();
                      json.Key("acceptedSpans").Number(outcome->accepted_spans);
                      json.Key("rejectedSpans").Number(outcome->rejected_spans);
                      json.Key("errorMessage").String(outcome->error_message);
                      json.Key("traceIds").BeginArray();
                      for (const TraceId& id : outcome->trace_ids) json.String(id.ToHex());
                      json.EndArray();
                      json.EndObject();
                      responder.Send(HttpResponse::Json(200, json.Take()));
                    });
}

void PostFlush(OwnApiContext& context, const HttpRequest& request, const HttpResponder& responder) {
  if (RefusedAsCrossSite(request, responder)) return;
  if (!request.peer_is_loopback) {
    responder.Send(HttpResponse::Text(
        403, fmt::format("flush is taken from this machine only, the request came from {}\n",
                         request.peer)));
    return;
  }
  const Status posted = context.workers.Post([&context, responder] {
    const Status flushed = context.flush();
    if (!flushed.ok()) {
      responder.Send(ErrorAnswer(flushed.error()));
      return;
    }
    responder.Send(HttpResponse::Text(200, "all live data is in blocks\n"));
  });
  if (!posted.ok()) responder.Send(ErrorAnswer(posted.error()));
}

}  // namespace

bool IsCrossSite(const HttpRequest& request) {
  const std::string_view site = request.headers.Get("Sec-Fetch-Site");
  if (!site.empty()) return site != "same-origin" && site != "none";
  // Without Fetch Metadata (older browsers) the Origin must be our own host; programs send
  // neither header.
  const std::string_view origin = request.headers.Get("Origin");
  if (origin.empty()) return false;
  const std::size_t host_at = origin.find("://");
  return host_at == std::string_view::npos ||
         origin.substr(host_at + 3) != request.headers.Get("Host");
}

void RegisterOwnApi(net::Router& router, OwnApiContext& context) {
  router.Handle("POST", "/vivace/v1/demo-trace", "vivace_demo_trace",
                [&context](HttpRequest request, HttpResponder responder) {
                  PostDemoTrace(context, request, responder);
                });
  router.Handle(
      "GET", "/vivace/v1/first-data", "vivace_first_data",
      [&context](HttpRequest, HttpResponder responder) { GetFirstData(context, responder); });
  router.Handle("POST", "/vivace/v1/import", "vivace_import",
                [&context](HttpRequest request, HttpResponder responder) {
                  PostImport(context, std::move(request), responder);
                });
  router.Handle("POST", "/vivace/v1/flush", "vivace_flush",
                [&context](HttpRequest request, HttpResponder responder) {
                  PostFlush(context, request, responder);
                });
}

}  // namespace vivace::app

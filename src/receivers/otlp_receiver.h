#pragma once
// OTLP over HTTP and gRPC: requests in, checked batches to the sink, answers out.

#include "base/clock.h"
#include "base/metrics.h"
#include "net/router.h"
#include "receivers/first_data.h"
#include "receivers/span_sink.h"

namespace vivace::receivers {

/// What the receiver uses; all of it outlives the routers.
struct ReceiverContext {
  SpanSink& spans;
  FirstData& first_data;
  Clock& clock = RealClock();
  MetricsRegistry& metrics = Metrics();
};

/// Adds to `router`, which serves OTLP alone:
///   POST /v1/traces, protobuf and JSON, with cross-origin rules for browser SDKs;
///   gRPC opentelemetry.proto.collector.trace.v1.TraceService/Export;
///   refusals of metrics, logs and profiles that say why;
///   the shape of errors that the listener finds: google.rpc.Status in the request's encoding.
/// A request is answered once its spans are durable and visible. Retryable are 429 and 503 (with
/// Retry-After), UNAVAILABLE and RESOURCE_EXHAUSTED (with RetryInfo). docs/receiving.md has all
/// answers. May be called for several routers.
void RegisterOtlp(net::Router& router, const ReceiverContext& context);

}  // namespace vivace::receivers

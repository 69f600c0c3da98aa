#include "query/testing/traces.h"

#include <utility>

namespace vivace::query::testing {

TraceId MakeTraceId(std::uint64_t trace) {
  TraceId id;
  for (int i = 0; i < 8; ++i) {
    id.bytes[15 - static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(trace >> (8 * i));
  }
  return id;
}

Span MakeSpan(std::uint64_t trace, std::uint64_t id, std::uint64_t parent, std::uint64_t start) {
  Span span;
  span.trace_id = MakeTraceId(trace);
  span.span_id = SpanId::FromNumber(id);
  if (parent != 0) span.parent_span_id = std::string(SpanId::FromNumber(parent).AsText());
  span.name = "span " + std::to_string(id);
  span.start_unix_ns = kEpoch + start;
  span.end_unix_ns = span.start_unix_ns + 1'000'000;
  return span;
}

TraceData MakeTrace(const std::string& service, std::vector<Span> spans) {
  TraceData data;
  ResourceSpans& resource = data.resource_spans.emplace_back();
  resource.resource.attributes.push_back({"service.name", AttributeValue{service}});
  ScopeSpans& scope = resource.scope_spans.emplace_back();
  scope.scope.name = "scope";
  scope.scope.version = "1.0";
  scope.spans = std::move(spans);
  return data;
}

TraceData Join(TraceData a, const TraceData& b) {
  a.resource_spans.insert(a.resource_spans.end(), b.resource_spans.begin(), b.resource_spans.end());
  return a;
}

}  // namespace vivace::query::testing

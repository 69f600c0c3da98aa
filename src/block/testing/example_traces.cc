#include "block/testing/example_traces.h"

#include <limits>
#include <utility>

namespace vivace::block::testing {
namespace {

Span ServerSpan(const TraceId& trace) {
  Span span;
  span.trace_id = trace;
  span.span_id = SpanId::FromNumber(0x0102030405060708);
  span.trace_state = "vendor=1";
  span.flags = 257;
  span.name = "GET /cart";
  span.kind = SpanKind::kServer;
  span.start_unix_ns = 1'700'000'000'000'000'000;
  span.end_unix_ns = 1'700'000'000'025'000'000;
  span.attributes = {{"http.request.method", {std::string("GET")}},
                     {"http.response.status_code", {std::int64_t{500}}},
                     {"cached", {false}},
                     {"load", {0.25}},
                     {"nothing", {}},
                     {"raw", {BytesValue{std::string("\0\xff", 2)}}},
                     {"tags", {ArrayValue{{{std::string("a")}, {std::int64_t{-1}}, {true}}}}},
                     {"nested", {MapValue{{{"k", {MapValue{{{"deep", {1.5}}}}}}, {"k", {}}}}}},
                     {"twice", {std::string("first")}},
                     {"twice", {std::int64_t{2}}}};
  span.dropped_attributes_count = 3;
  span.status_code = StatusCode::kError;
  span.status_message = "out of stock";
  span.dropped_events_count = 4;
  span.dropped_links_count = 5;
  SpanEvent event;
  event.time_unix_ns = 1'700'000'000'010'000'000;
  event.name = "exception";
  event.attributes = {{"exception.type", {std::string("OutOfStock")}},
                      {"exception.escaped", {true}}};
  event.dropped_attributes_count = 1;
  span.events.push_back(event);
  event.time_unix_ns = 0;
  event.name = "";
  event.attributes.clear();
  event.dropped_attributes_count = 0;
  span.events.push_back(event);
  SpanLink link;
  link.trace_id = std::string(16, '\x11');
  link.span_id = "odd";
  link.trace_state = "linked";
  link.attributes = {{"why", {std::string("retry")}}};
  link.dropped_attributes_count = 2;
  link.flags = 1;
  span.links.push_back(link);
  return span;
}

}  // namespace

TraceData ExampleTraces() {
  TraceId trace;
  for (std::size_t i = 0; i < 16; ++i) trace.bytes[i] = static_cast<std::uint8_t>(0xa0 + i);
  const Span server = ServerSpan(trace);

  Span client;
  client.trace_id = trace;
  client.span_id = SpanId::FromNumber(0x1112131415161718);
  client.parent_span_id = std::string(server.span_id.AsText());
  client.name = "query";
  client.kind = SpanKind::kClient;
  client.start_unix_ns = server.start_unix_ns + 1'000;
  client.end_unix_ns = server.start_unix_ns + 900;  // The clock was set back.
  client.attributes = {
      {"db.statement", {std::string("SELECT 1")}},
      {"rows", {std::numeric_limits<std::int64_t>::min()}},
      {"ratio", {std::numeric_limits<double>::infinity()}},
  };

  Span other = client;
  other.span_id = SpanId::FromNumber(0x2122232425262728);
  other.parent_span_id = "foreign parent";
  other.name = "";
  other.kind = static_cast<SpanKind>(9);
  other.attributes.clear();

  TraceData data;
  ResourceSpans& shop = data.resource_spans.emplace_back();
  shop.resource.attributes = {{"service.name", {std::string("shop")}},
                              {"host.name", {std::string("h1")}}};
  shop.resource.dropped_attributes_count = 6;
  shop.schema_url = "https://opentelemetry.io/schemas/1.26.0";
  ScopeSpans& shop_scope = shop.scope_spans.emplace_back();
  shop_scope.scope = {"http", "1.2", {{"library", {true}}}, 7};
  shop_scope.schema_url = "https://example.com/schema";
  shop_scope.spans = {server};
  ResourceSpans& database = data.resource_spans.emplace_back();
  database.resource.attributes = {{"service.name", {std::string("database")}}};
  std::vector<Span>& spans = database.scope_spans.emplace_back().spans;
  spans = {client, other};
  // Enough of the same keys for columns of their own, at every type.
  for (std::uint64_t i = 0; i < 10; ++i) {
    Span& row = spans.emplace_back(client);
    row.span_id = SpanId::FromNumber(0x3132333435363700 + i);
    row.parent_span_id = std::string(client.span_id.AsText());
    row.name = "fetch";
    row.start_unix_ns = client.start_unix_ns + 1'000 * (i + 1);
    row.end_unix_ns = row.start_unix_ns + 100 * i * i;
    row.attributes = {{"db.statement", {std::string(i % 3 == 0 ? "SELECT 1" : "SELECT 2")}},
                      {"rows", {static_cast<std::int64_t>(i) * 1'000 - 2'000}},
                      {"ratio", {static_cast<double>(i) / 4}},
                      {"hit", {i % 2 == 0}}};
    if (i == 4) row.attributes.pop_back();
    row.events = {{.time_unix_ns = row.start_unix_ns + i,
                   .name = "row",
                   .attributes = {{"index", {static_cast<std::int64_t>(i)}}},
                   .dropped_attributes_count = 0}};
  }
  return data;
}

}  // namespace vivace::block::testing

#pragma once
// Spans in memory, with every field of OTLP (opentelemetry/proto/trace/v1/trace.proto, 1.x),
// in the nesting of the wire: resources hold scopes hold spans.

#include <cstdint>
#include <string>
#include <vector>

#include "model/attribute.h"
#include "model/ids.h"

namespace vivace {

/// SpanKind of OTLP; values that are not named here are kept as numbers.
enum class SpanKind : std::int32_t {
  kUnspecified = 0,
  kInternal = 1,
  kServer = 2,
  kClient = 3,
  kProducer = 4,
  kConsumer = 5,
};

/// StatusCode of OTLP; values that are not named here are kept as numbers.
enum class StatusCode : std::int32_t { kUnset = 0, kOk = 1, kError = 2 };

struct SpanEvent {
  std::uint64_t time_unix_ns = 0;
  std::string name;
  std::vector<Attribute> attributes;
  std::uint32_t dropped_attributes_count = 0;
  bool operator==(const SpanEvent&) const = default;
};

struct SpanLink {
  /// Ids as sent: a link may carry an id of a foreign length, and it comes back unchanged.
  std::string trace_id;
  std::string span_id;
  std::string trace_state;
  std::vector<Attribute> attributes;
  std::uint32_t dropped_attributes_count = 0;
  std::uint32_t flags = 0;
  bool operator==(const SpanLink&) const = default;
};

struct Span {
  TraceId trace_id;
  SpanId span_id;
  /// Parent as sent: empty or 8 zero bytes for a root; other lengths are kept for trace by id
  /// and count as a missing parent.
  std::string parent_span_id;
  std::string trace_state;
  std::uint32_t flags = 0;
  std::string name;
  SpanKind kind = SpanKind::kUnspecified;
  std::uint64_t start_unix_ns = 0;
  std::uint64_t end_unix_ns = 0;
  std::vector<Attribute> attributes;
  std::uint32_t dropped_attributes_count = 0;
  std::vector<SpanEvent> events;
  std::uint32_t dropped_events_count = 0;
  std::vector<SpanLink> links;
  std::uint32_t dropped_links_count = 0;
  StatusCode status_code = StatusCode::kUnset;
  std::string status_message;

  bool operator==(const Span&) const = default;
  /// True when `parent_span_id` names nothing: empty or all zero.
  bool IsRoot() const;
  /// The parent, zero for a root or an id that is not 8 bytes long.
  SpanId Parent() const;
  /// Nanoseconds from start to end; 0 when the end lies before the start.
  std::uint64_t DurationNanos() const {
    return end_unix_ns > start_unix_ns ? end_unix_ns - start_unix_ns : 0;
  }
};

struct Resource {
  std::vector<Attribute> attributes;
  std::uint32_t dropped_attributes_count = 0;
  bool operator==(const Resource&) const = default;
};

struct Scope {
  std::string name;
  std::string version;
  std::vector<Attribute> attributes;
  std::uint32_t dropped_attributes_count = 0;
  bool operator==(const Scope&) const = default;
};

struct ScopeSpans {
  Scope scope;
  std::string schema_url;
  std::vector<Span> spans;
  bool operator==(const ScopeSpans&) const = default;
};

struct ResourceSpans {
  Resource resource;
  std::string schema_url;
  std::vector<ScopeSpans> scope_spans;
  bool operator==(const ResourceSpans&) const = default;
};

/// What one export request or one trace holds (OTLP's TracesData).
struct TraceData {
  std::vector<ResourceSpans> resource_spans;
  bool operator==(const TraceData&) const = default;
  std::size_t SpanCount() const;
};

/// `service.name` of a resource if it is text, else "".
std::string_view ServiceName(const Resource& resource);

}  // namespace vivace

#include "query/trace_by_id.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "model/trace_merge.h"

namespace vivace::query {
namespace {

std::uint64_t MemoryBytes(const AttributeValue& value);

std::uint64_t MemoryBytes(const std::vector<Attribute>& attributes) {
  std::uint64_t bytes = attributes.size() * sizeof(Attribute);
  for (const Attribute& attribute : attributes) {
    bytes += attribute.key.size() + MemoryBytes(attribute.value);
  }
  return bytes;
}

std::uint64_t MemoryBytes(const AttributeValue& value) {
  if (const auto* text = value.AsString()) return text->size();
  if (const auto* bytes = value.AsBytes()) return bytes->bytes.size();
  if (const auto* map = value.AsMap()) return MemoryBytes(map->entries);
  std::uint64_t bytes = 0;
  if (const auto* array = value.AsArray()) {
    bytes = array->values.size() * sizeof(AttributeValue);
    for (const AttributeValue& element : array->values) bytes += MemoryBytes(element);
  }
  return bytes;
}

std::uint64_t MemoryBytes(const Span& span) {
  std::uint64_t bytes = sizeof(Span) + span.name.size() + span.trace_state.size() +
                        span.status_message.size() + MemoryBytes(span.attributes);
  for (const SpanEvent& event : span.events) {
    bytes += sizeof(SpanEvent) + event.name.size() + MemoryBytes(event.attributes);
  }
  for (const SpanLink& link : span.links) {
    bytes += sizeof(SpanLink) + link.trace_state.size() + MemoryBytes(link.attributes);
  }
  return bytes;
}

// The parts of one trace as they are found.
class Parts {
 public:
  Parts(const TraceId& id, Budget& budget) : id_(id), budget_(budget) {}

  Status AddFrom(const storage::Source& source) {
    RETURN_IF_ERROR(budget_.Check());
    TraceData part;
    const Result<bool> found = source.AppendTrace(id_, part);
    if (!found.ok()) {
      problems_.push_back(fmt::format("{}: {}", source.meta().name, found.error().message()));
      return OkStatus();
    }
    if (!*found) return OkStatus();
    // The merge works in place; the tree over the trace and the answer are of the same order.
    RETURN_IF_ERROR(budget_.TakeBytes(query::MemoryBytes(part)));
    parts_.push_back(std::move(part));
    return OkStatus();
  }

  WholeTrace Join() && {
    return WholeTrace{.data = MergeTraceParts(std::move(parts_)), .problems = std::move(problems_)};
  }

 private:
  const TraceId id_;
  Budget& budget_;
  std::vector<TraceData> parts_;
  std::vector<std::string> problems_;
};

}  // namespace

std::uint64_t MemoryBytes(const TraceData& data) {
  std::uint64_t bytes = 0;
  for (const ResourceSpans& resource : data.resource_spans) {
    bytes += sizeof(ResourceSpans) + MemoryBytes(resource.resource.attributes);
    for (const ScopeSpans& scope : resource.scope_spans) {
      bytes += sizeof(ScopeSpans) + MemoryBytes(scope.scope.attributes);
      for (const Span& span : scope.spans) bytes += MemoryBytes(span);
    }
  }
  return bytes;
}

Result<WholeTrace> FindTrace(const storage::Snapshot& snapshot, const TraceId& id, Budget& budget) {
  Parts parts(id, budget);
  for (const auto& source : snapshot.sources()) RETURN_IF_ERROR(parts.AddFrom(*source));
  WholeTrace trace = std::move(parts).Join();
  trace.problems.insert(trace.problems.end(), snapshot.unavailable().begin(),
                        snapshot.unavailable().end());
  return trace;
}

}  // namespace vivace::query

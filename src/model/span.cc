#include "model/span.h"

namespace vivace {

bool Span::IsRoot() const { return parent_span_id.find_first_not_of('\0') == std::string::npos; }

SpanId Span::Parent() const { return SpanId::FromBytes(parent_span_id).value_or(SpanId{}); }

std::size_t TraceData::SpanCount() const {
  std::size_t count = 0;
  for (const ResourceSpans& resource : resource_spans) {
    for (const ScopeSpans& scope : resource.scope_spans) count += scope.spans.size();
  }
  return count;
}

std::string_view ServiceName(const Resource& resource) {
  const AttributeValue* value = FindAttribute(resource.attributes, "service.name");
  if (value == nullptr || value->AsString() == nullptr) return {};
  return *value->AsString();
}

}  // namespace vivace

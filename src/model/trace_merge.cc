#include "model/trace_merge.h"

#include <algorithm>
#include <bit>
#include <string>
#include <tuple>
#include <utility>

namespace vivace {
namespace {

/// Compares two sequences element by element with Compare, then by length.
template <typename T>
std::strong_ordering CompareEach(const std::vector<T>& a, const std::vector<T>& b) {
  const std::size_t common = std::min(a.size(), b.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (const auto order = Compare(a[i], b[i]); order != 0) return order;
  }
  return a.size() <=> b.size();
}

/// Sorts `items` by `compare` and moves runs of equal ones together with `join(first, other)`.
template <typename T, typename CompareFn, typename JoinFn>
void SortAndJoin(std::vector<T>& items, CompareFn compare, JoinFn join) {
  std::sort(items.begin(), items.end(), [&](const T& a, const T& b) { return compare(a, b) < 0; });
  std::size_t kept = 0;
  for (std::size_t i = 1; i < items.size(); ++i) {
    if (compare(items[kept], items[i]) == 0) {
      join(items[kept], std::move(items[i]));
    } else if (++kept != i) {
      items[kept] = std::move(items[i]);
    }
  }
  if (!items.empty()) items.resize(kept + 1);
}

template <typename T>
void MoveAppend(std::vector<T>& to, std::vector<T>&& from) {
  if (to.empty()) {
    to = std::move(from);
    return;
  }
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

std::strong_ordering CompareGroups(const ScopeSpans& a, const ScopeSpans& b) {
  if (const auto order = Compare(a.scope, b.scope); order != 0) return order;
  return a.schema_url <=> b.schema_url;
}

std::strong_ordering CompareGroups(const ResourceSpans& a, const ResourceSpans& b) {
  if (const auto order = Compare(a.resource, b.resource); order != 0) return order;
  return a.schema_url <=> b.schema_url;
}

void Canonicalize(ScopeSpans& group) {
  SortAndJoin(
      group.spans, [](const Span& a, const Span& b) { return Compare(a, b); },
      [](Span&, Span&&) {});
}

/// Every scope group holds spans afterwards, the earliest group first.
void Canonicalize(ResourceSpans& group) {
  SortAndJoin(
      group.scope_spans,
      [](const ScopeSpans& a, const ScopeSpans& b) { return CompareGroups(a, b); },
      [](ScopeSpans& to, ScopeSpans&& from) { MoveAppend(to.spans, std::move(from.spans)); });
  std::erase_if(group.scope_spans, [](const ScopeSpans& scope) { return scope.spans.empty(); });
  for (ScopeSpans& scope : group.scope_spans) Canonicalize(scope);
  std::stable_sort(group.scope_spans.begin(), group.scope_spans.end(),
                   [](const ScopeSpans& a, const ScopeSpans& b) {
                     return Compare(a.spans.front(), b.spans.front()) < 0;
                   });
}

}  // namespace

std::strong_ordering Compare(const std::vector<Attribute>& a, const std::vector<Attribute>& b) {
  return CompareEach(a, b);
}

std::strong_ordering Compare(const AttributeValue& a, const AttributeValue& b) {
  if (const auto order = a.value.index() <=> b.value.index(); order != 0) return order;
  if (const std::string* text = a.AsString()) return *text <=> *b.AsString();
  if (const bool* flag = a.AsBool()) return *flag <=> *b.AsBool();
  if (const std::int64_t* number = a.AsInt()) return *number <=> *b.AsInt();
  if (const double* number = a.AsDouble()) {
    return std::bit_cast<std::uint64_t>(*number) <=> std::bit_cast<std::uint64_t>(*b.AsDouble());
  }
  if (const BytesValue* bytes = a.AsBytes()) return bytes->bytes <=> b.AsBytes()->bytes;
  if (const ArrayValue* array = a.AsArray()) return CompareEach(array->values, b.AsArray()->values);
  if (const MapValue* map = a.AsMap()) return CompareEach(map->entries, b.AsMap()->entries);
  return std::strong_ordering::equal;
}

std::strong_ordering Compare(const Resource& a, const Resource& b) {
  if (const auto order = Compare(a.attributes, b.attributes); order != 0) return order;
  return a.dropped_attributes_count <=> b.dropped_attributes_count;
}

std::strong_ordering Compare(const Scope& a, const Scope& b) {
  if (const auto order = std::tie(a.name, a.version) <=> std::tie(b.name, b.version); order != 0) {
    return order;
  }
  if (const auto order = Compare(a.attributes, b.attributes); order != 0) return order;
  return a.dropped_attributes_count <=> b.dropped_attributes_count;
}

std::strong_ordering Compare(const Attribute& a, const Attribute& b) {
  if (const auto order = a.key <=> b.key; order != 0) return order;
  return Compare(a.value, b.value);
}

std::strong_ordering Compare(const SpanEvent& a, const SpanEvent& b) {
  if (const auto order = std::tie(a.time_unix_ns, a.name) <=> std::tie(b.time_unix_ns, b.name);
      order != 0) {
    return order;
  }
  if (const auto order = CompareEach(a.attributes, b.attributes); order != 0) return order;
  return a.dropped_attributes_count <=> b.dropped_attributes_count;
}

std::strong_ordering Compare(const SpanLink& a, const SpanLink& b) {
  if (const auto order = std::tie(a.trace_id, a.span_id, a.trace_state) <=>
                         std::tie(b.trace_id, b.span_id, b.trace_state);
      order != 0) {
    return order;
  }
  if (const auto order = CompareEach(a.attributes, b.attributes); order != 0) return order;
  return std::tie(a.dropped_attributes_count, a.flags) <=>
         std::tie(b.dropped_attributes_count, b.flags);
}

std::strong_ordering Compare(const Span& a, const Span& b) {
  const auto plain = [](const Span& span) {
    return std::tie(span.start_unix_ns, span.span_id, span.kind, span.trace_id, span.parent_span_id,
                    span.trace_state, span.flags, span.name, span.end_unix_ns,
                    span.dropped_attributes_count, span.dropped_events_count,
                    span.dropped_links_count, span.status_code, span.status_message);
  };
  if (const auto order = plain(a) <=> plain(b); order != 0) return order;
  if (const auto order = Compare(a.attributes, b.attributes); order != 0) return order;
  if (const auto order = CompareEach(a.events, b.events); order != 0) return order;
  return CompareEach(a.links, b.links);
}

TraceData MergeTraceParts(std::vector<TraceData> parts) {
  TraceData merged;
  for (TraceData& part : parts) MoveAppend(merged.resource_spans, std::move(part.resource_spans));
  SortAndJoin(
      merged.resource_spans,
      [](const ResourceSpans& a, const ResourceSpans& b) { return CompareGroups(a, b); },
      [](ResourceSpans& to, ResourceSpans&& from) {
        MoveAppend(to.scope_spans, std::move(from.scope_spans));
      });
  for (ResourceSpans& group : merged.resource_spans) Canonicalize(group);
  std::erase_if(merged.resource_spans,
                [](const ResourceSpans& group) { return group.scope_spans.empty(); });
  // Groups whose first spans are equal keep the order of their content.
  std::stable_sort(merged.resource_spans.begin(), merged.resource_spans.end(),
                   [](const ResourceSpans& a, const ResourceSpans& b) {
                     return Compare(a.scope_spans.front().spans.front(),
                                    b.scope_spans.front().spans.front()) < 0;
                   });
  return merged;
}

}  // namespace vivace

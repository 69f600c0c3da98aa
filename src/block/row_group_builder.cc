#include "block/row_group_builder.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "block/attribute_table_builder.h"
#include "block/value_codec.h"
#include "columnar/string_table.h"

namespace vivace::block {
namespace {

// Text of one row group. Its dictionaries number bytes in 32 bits; this leaves a wide margin.
constexpr std::uint64_t kRowGroupTextBytesMax = std::uint64_t{1} << 30;

// Values from which a key of spans, events or links gets a column of its own: below, the page
// index would cost more than the values.
constexpr std::size_t kColumnValuesMin = 8;

// Bytes of an element of an array or map besides its text, at most.
constexpr std::uint64_t kElementBytes = 16;

/// Numbers of distinct values, in order of first appearance.
template <typename Value>
class SmallDictionary {
 public:
  void Add(Value value) {
    if (last_ >= values_.size() || values_[last_] != value) {
      const auto [at, is_new] =
          codes_of_.try_emplace(value, static_cast<std::uint32_t>(values_.size()));
      if (is_new) values_.push_back(value);
      last_ = at->second;
    }
    codes_.push_back(last_);
  }
  const std::vector<Value>& values() const { return values_; }
  const std::vector<std::uint32_t>& codes() const { return codes_; }
  std::size_t memory_bytes() const { return codes_.capacity() * sizeof(std::uint32_t); }

 private:
  std::vector<Value> values_;
  std::vector<std::uint32_t> codes_;
  std::unordered_map<Value, std::uint32_t> codes_of_;
  std::uint32_t last_ = 0;
};

/// A text column in the order of arrival.
struct TextsBuilder {
  columnar::StringTableBuilder dictionary;
  std::vector<std::uint32_t> codes;
  void Add(std::string_view text) { codes.push_back(dictionary.Add(text)); }
  std::size_t memory_bytes() const {
    return dictionary.memory_bytes() + codes.capacity() * sizeof(std::uint32_t);
  }
};

columnar::CodeVector Reorder(const std::vector<std::uint32_t>& codes,
                             std::span<const std::uint32_t> order) {
  columnar::CodeVector out;
  out.Reserve(order.size());
  for (const std::uint32_t from : order) out.PushBack(codes[from]);
  out.ShrinkToFit();
  return out;
}

columnar::StringColumn Reorder(TextsBuilder& texts, std::span<const std::uint32_t> order) {
  columnar::StringColumn out;
  out.codes = Reorder(texts.codes, order);
  out.dictionary = texts.dictionary.Take();
  out.dictionary.ShrinkToFit();
  return out;
}

template <typename Value>
std::vector<Value> Gather(const std::vector<Value>& values, std::span<const std::uint32_t> order) {
  std::vector<Value> out;
  out.reserve(order.size());
  for (const std::uint32_t from : order) out.push_back(values[from]);
  return out;
}

SparseNumbers GatherSparse(const std::vector<std::uint32_t>& values,
                           std::span<const std::uint32_t> order) {
  SparseNumbers out;
  for (std::uint32_t row = 0; row < order.size(); ++row) {
    if (const std::uint32_t value = values[order[row]]; value != 0) {
      out.rows.push_back(row);
      out.values.push_back(value);
    }
  }
  return out;
}

std::vector<std::uint32_t> Identity(std::size_t size) {
  std::vector<std::uint32_t> order(size);
  std::iota(order.begin(), order.end(), 0U);
  return order;
}

// An upper bound of what a value adds to dictionaries; false if it is nested too deep.
bool AddTextBytes(const AttributeValue& value, int depth, std::uint64_t& bytes) {
  if (depth > kValueDepthMax) return false;
  bytes += kElementBytes;
  if (const std::string* text = value.AsString()) {
    bytes += text->size();
  } else if (const BytesValue* raw = value.AsBytes()) {
    bytes += raw->bytes.size();
  } else if (const ArrayValue* array = value.AsArray()) {
    for (const AttributeValue& element : array->values) {
      if (!AddTextBytes(element, depth + 1, bytes)) return false;
    }
  } else if (const MapValue* map = value.AsMap()) {
    for (const Attribute& entry : map->entries) {
      bytes += entry.key.size() + kElementBytes;
      if (!AddTextBytes(entry.value, depth + 1, bytes)) return false;
    }
  }
  return true;
}

bool AddTextBytes(const std::vector<Attribute>& attributes, std::uint64_t& bytes) {
  for (const Attribute& attribute : attributes) {
    bytes += attribute.key.size();
    if (!AddTextBytes(attribute.value, 1, bytes)) return false;
  }
  return true;
}

bool AddTextBytes(const Span& span, std::uint64_t& bytes) {
  bytes += span.name.size() + span.status_message.size() + span.trace_state.size() +
           span.parent_span_id.size();
  if (!AddTextBytes(span.attributes, bytes)) return false;
  for (const SpanEvent& event : span.events) {
    bytes += event.name.size();
    if (!AddTextBytes(event.attributes, bytes)) return false;
  }
  for (const SpanLink& link : span.links) {
    bytes += link.trace_id.size() + link.span_id.size() + link.trace_state.size();
    if (!AddTextBytes(link.attributes, bytes)) return false;
  }
  return true;
}

// The attributes as bytes, to tell resources and scopes apart by content.
void EncodeAttributes(const std::vector<Attribute>& attributes, ByteWriter& out) {
  out.Varint(attributes.size());
  for (const Attribute& attribute : attributes) {
    out.Text(attribute.key);
    EncodeValue(attribute.value, out);
  }
}

}  // namespace

// Everything in the order of arrival; Finish brings it into trace order.
struct RowGroupBuilder::State {
  columnar::StringTableBuilder keys;
  std::uint64_t text_bytes = 0;

  std::vector<TraceId> trace_ids;  // distinct
  std::unordered_map<TraceId, std::uint32_t> trace_numbers;

  // Per span.
  std::vector<std::uint32_t> traces;
  std::vector<SpanId> span_ids;
  TextsBuilder parents;
  std::vector<std::uint64_t> starts;
  std::vector<std::uint64_t> ends;
  TextsBuilder names;
  SmallDictionary<std::int32_t> kinds;
  SmallDictionary<std::int32_t> status_codes;
  TextsBuilder status_messages;
  TextsBuilder trace_states;
  SmallDictionary<std::uint32_t> flags;
  std::vector<std::uint32_t> dropped_attributes;
  std::vector<std::uint32_t> dropped_events;
  std::vector<std::uint32_t> dropped_links;
  std::vector<std::uint32_t> resources;
  std::vector<std::uint32_t> scopes;
  std::vector<std::uint32_t> event_begin = {0};
  std::vector<std::uint32_t> link_begin = {0};

  columnar::StringTableBuilder resource_contents;
  TextsBuilder resource_schema_urls;
  std::vector<std::uint32_t> resource_dropped_attributes;

  columnar::StringTableBuilder scope_contents;
  TextsBuilder scope_names;
  TextsBuilder scope_versions;
  TextsBuilder scope_schema_urls;
  std::vector<std::uint32_t> scope_dropped_attributes;

  std::vector<std::uint64_t> event_times;
  TextsBuilder event_names;
  std::vector<std::uint32_t> event_dropped_attributes;

  TextsBuilder link_trace_ids;
  TextsBuilder link_span_ids;
  TextsBuilder link_trace_states;
  SmallDictionary<std::uint32_t> link_flags;
  std::vector<std::uint32_t> link_dropped_attributes;

  AttributeTableBuilder span_attributes{keys};
  AttributeTableBuilder resource_attributes{keys};
  AttributeTableBuilder scope_attributes{keys};
  AttributeTableBuilder event_attributes{keys};
  AttributeTableBuilder link_attributes{keys};

  std::uint32_t AddResource(const ResourceSpans& in);
  std::uint32_t AddScope(const ScopeSpans& in);
  std::uint32_t TraceNumber(const TraceId& id);
  void AddSpan(const Span& span, std::uint32_t resource, std::uint32_t scope);

  std::vector<std::uint32_t> Order(RowGroupColumns& columns) const;
  void FinishParents(const std::vector<std::uint32_t>& order, RowGroupColumns& columns) const;
  void FinishSpans(const std::vector<std::uint32_t>& order, RowGroupColumns& columns);
  void FinishResourcesAndScopes(RowGroupColumns& columns);
  void FinishEvents(const std::vector<std::uint32_t>& order, RowGroupColumns& columns);
  void FinishLinks(const std::vector<std::uint32_t>& order, RowGroupColumns& columns);
};

std::uint32_t RowGroupBuilder::State::AddResource(const ResourceSpans& in) {
  ByteWriter content;
  EncodeAttributes(in.resource.attributes, content);
  content.Varint(in.resource.dropped_attributes_count);
  content.Raw(in.schema_url);
  const std::uint32_t number = resource_contents.Add(AsText(content.view()));
  if (number == resource_dropped_attributes.size()) {
    resource_attributes.Add(in.resource.attributes);
    resource_schema_urls.Add(in.schema_url);
    resource_dropped_attributes.push_back(in.resource.dropped_attributes_count);
  }
  return number;
}

std::uint32_t RowGroupBuilder::State::AddScope(const ScopeSpans& in) {
  ByteWriter content;
  content.Text(in.scope.name);
  content.Text(in.scope.version);
  EncodeAttributes(in.scope.attributes, content);
  content.Varint(in.scope.dropped_attributes_count);
  content.Raw(in.schema_url);
  const std::uint32_t number = scope_contents.Add(AsText(content.view()));
  if (number == scope_dropped_attributes.size()) {
    scope_attributes.Add(in.scope.attributes);
    scope_names.Add(in.scope.name);
    scope_versions.Add(in.scope.version);
    scope_schema_urls.Add(in.schema_url);
    scope_dropped_attributes.push_back(in.scope.dropped_attributes_count);
  }
  return number;
}

std::uint32_t RowGroupBuilder::State::TraceNumber(const TraceId& id) {
  if (!traces.empty() && trace_ids[traces.back()] == id) return traces.back();
  const auto [at, is_new] =
      trace_numbers.try_emplace(id, static_cast<std::uint32_t>(trace_ids.size()));
  if (is_new) trace_ids.push_back(id);
  return at->second;
}

void RowGroupBuilder::State::AddSpan(const Span& span, std::uint32_t resource,
                                     std::uint32_t scope) {
  traces.push_back(TraceNumber(span.trace_id));
  span_ids.push_back(span.span_id);
  parents.Add(span.parent_span_id);
  starts.push_back(span.start_unix_ns);
  ends.push_back(span.end_unix_ns);
  names.Add(span.name);
  kinds.Add(static_cast<std::int32_t>(span.kind));
  status_codes.Add(static_cast<std::int32_t>(span.status_code));
  status_messages.Add(span.status_message);
  trace_states.Add(span.trace_state);
  flags.Add(span.flags);
  dropped_attributes.push_back(span.dropped_attributes_count);
  dropped_events.push_back(span.dropped_events_count);
  dropped_links.push_back(span.dropped_links_count);
  resources.push_back(resource);
  scopes.push_back(scope);
  span_attributes.Add(span.attributes);
  for (const SpanEvent& event : span.events) {
    event_times.push_back(event.time_unix_ns);
    event_names.Add(event.name);
    event_dropped_attributes.push_back(event.dropped_attributes_count);
    event_attributes.Add(event.attributes);
  }
  event_begin.push_back(static_cast<std::uint32_t>(event_times.size()));
  for (const SpanLink& link : span.links) {
    link_trace_ids.Add(link.trace_id);
    link_span_ids.Add(link.span_id);
    link_trace_states.Add(link.trace_state);
    link_flags.Add(link.flags);
    link_dropped_attributes.push_back(link.dropped_attributes_count);
    link_attributes.Add(link.attributes);
  }
  link_begin.push_back(static_cast<std::uint32_t>(link_flags.codes().size()));
}

// Traces by earliest start, then id; the spans of a trace by start, then span id, then arrival.
// Traces are sorted, not spans: a tenth of the cost.
std::vector<std::uint32_t> RowGroupBuilder::State::Order(RowGroupColumns& columns) const {
  std::vector<std::uint32_t> begins(trace_ids.size() + 1, 0);
  for (const std::uint32_t trace : traces) ++begins[trace + 1];
  std::partial_sum(begins.begin(), begins.end(), begins.begin());
  std::vector<std::uint32_t> by_trace(traces.size());
  std::vector<std::uint32_t> next(begins.begin(), begins.end() - 1);
  for (std::uint32_t i = 0; i < traces.size(); ++i) by_trace[next[traces[i]]++] = i;

  for (std::size_t t = 0; t < trace_ids.size(); ++t) {
    std::sort(by_trace.begin() + begins[t], by_trace.begin() + begins[t + 1],
              [this](std::uint32_t a, std::uint32_t b) {
                if (starts[a] != starts[b]) return starts[a] < starts[b];
                if (span_ids[a] != span_ids[b]) return span_ids[a] < span_ids[b];
                return a < b;
              });
  }
  std::vector<std::uint32_t> trace_order = Identity(trace_ids.size());
  std::sort(trace_order.begin(), trace_order.end(), [&](std::uint32_t a, std::uint32_t b) {
    const std::uint64_t start_a = starts[by_trace[begins[a]]];
    const std::uint64_t start_b = starts[by_trace[begins[b]]];
    return start_a != start_b ? start_a < start_b : trace_ids[a] < trace_ids[b];
  });

  std::vector<std::uint32_t> order;
  order.reserve(traces.size());
  columns.traces.reserve(trace_ids.size());
  for (const std::uint32_t t : trace_order) {
    TraceEntry& entry = columns.traces.emplace_back();
    entry.id = trace_ids[t];
    entry.first_row = static_cast<std::uint32_t>(order.size());
    entry.row_count = begins[t + 1] - begins[t];
    entry.start_unix_ns = starts[by_trace[begins[t]]];
    for (std::uint32_t i = begins[t]; i < begins[t + 1]; ++i) {
      entry.end_unix_ns = std::max(entry.end_unix_ns, ends[by_trace[i]]);
      order.push_back(by_trace[i]);
    }
  }
  return order;
}

// A parent id that is the span id of another row of the trace becomes that row's number.
void RowGroupBuilder::State::FinishParents(const std::vector<std::uint32_t>& order,
                                           RowGroupColumns& columns) const {
  columns.parent_rows.reserve(order.size());
  std::vector<std::pair<SpanId, std::uint32_t>> ids;
  for (TraceEntry& trace : columns.traces) {
    ids.clear();
    for (std::uint32_t row = trace.first_row; row < trace.first_row + trace.row_count; ++row) {
      ids.emplace_back(span_ids[order[row]], row);
    }
    std::sort(ids.begin(), ids.end());
    for (std::uint32_t row = trace.first_row; row < trace.first_row + trace.row_count; ++row) {
      const std::string_view text = parents.dictionary.table()[parents.codes[order[row]]];
      const bool is_root =
          std::all_of(text.begin(), text.end(), [](char byte) { return byte == 0; });
      if (is_root && trace.root_row == kNoRow) trace.root_row = row;
      std::uint32_t parent = RowGroupColumns::kParentElsewhere;
      if (text.empty()) {
        parent = RowGroupColumns::kNoParent;
      } else if (const auto id = SpanId::FromBytes(text); id && !is_root) {
        auto at = std::lower_bound(ids.begin(), ids.end(), std::pair(*id, std::uint32_t{0}));
        // A span may name itself; a row never does.
        if (at != ids.end() && at->first == *id && at->second == row) ++at;
        if (at != ids.end() && at->first == *id) parent = at->second;
      }
      if (parent == RowGroupColumns::kParentElsewhere) {
        columns.parent_texts.rows.push_back(row);
        columns.parent_texts.texts.Append(text);
      }
      columns.parent_rows.push_back(parent);
    }
  }
}

void RowGroupBuilder::State::FinishSpans(const std::vector<std::uint32_t>& order,
                                         RowGroupColumns& columns) {
  columns.span_ids = Gather(span_ids, order);
  columns.starts = Gather(starts, order);
  columns.ends = Gather(ends, order);
  columns.names = Reorder(names, order);
  columns.kinds = {kinds.values(), Reorder(kinds.codes(), order)};
  columns.status_codes = {status_codes.values(), Reorder(status_codes.codes(), order)};
  columns.status_messages = Reorder(status_messages, order);
  columns.trace_states = Reorder(trace_states, order);
  columns.flags = {flags.values(), Reorder(flags.codes(), order)};
  columns.dropped_attributes = GatherSparse(dropped_attributes, order);
  columns.dropped_events = GatherSparse(dropped_events, order);
  columns.dropped_links = GatherSparse(dropped_links, order);
  columns.resources = Reorder(resources, order);
  columns.scopes = Reorder(scopes, order);
  columns.table(AttributeLevel::kSpan) = span_attributes.Finish(order, kColumnValuesMin);
}

void RowGroupBuilder::State::FinishResourcesAndScopes(RowGroupColumns& columns) {
  const std::vector<std::uint32_t> resource_order = Identity(resource_dropped_attributes.size());
  columns.resource_schema_urls = Reorder(resource_schema_urls, resource_order);
  columns.resource_dropped_attributes = GatherSparse(resource_dropped_attributes, resource_order);
  columns.table(AttributeLevel::kResource) = resource_attributes.Finish(resource_order, 1);

  const std::vector<std::uint32_t> scope_order = Identity(scope_dropped_attributes.size());
  columns.scope_names = Reorder(scope_names, scope_order);
  columns.scope_versions = Reorder(scope_versions, scope_order);
  columns.scope_schema_urls = Reorder(scope_schema_urls, scope_order);
  columns.scope_dropped_attributes = GatherSparse(scope_dropped_attributes, scope_order);
  columns.table(AttributeLevel::kScope) = scope_attributes.Finish(scope_order, 1);
}

namespace {

// The order of events (or links) when spans go in `order`; `new_begin` gets their new bounds.
std::vector<std::uint32_t> OrderOfNested(const std::vector<std::uint32_t>& begin,
                                         const std::vector<std::uint32_t>& order,
                                         std::vector<std::uint32_t>& new_begin) {
  std::vector<std::uint32_t> nested;
  if (begin.back() == 0) return nested;  // None: no bounds either.
  nested.reserve(begin.back());
  new_begin.reserve(order.size() + 1);
  new_begin.push_back(0);
  for (const std::uint32_t from : order) {
    for (std::uint32_t i = begin[from]; i < begin[from + 1]; ++i) nested.push_back(i);
    new_begin.push_back(static_cast<std::uint32_t>(nested.size()));
  }
  return nested;
}

}  // namespace

void RowGroupBuilder::State::FinishEvents(const std::vector<std::uint32_t>& order,
                                          RowGroupColumns& columns) {
  const auto nested = OrderOfNested(event_begin, order, columns.event_begin);
  columns.event_times = Gather(event_times, nested);
  columns.event_names = Reorder(event_names, nested);
  columns.event_dropped_attributes = GatherSparse(event_dropped_attributes, nested);
  columns.table(AttributeLevel::kEvent) = event_attributes.Finish(nested, kColumnValuesMin);
}

void RowGroupBuilder::State::FinishLinks(const std::vector<std::uint32_t>& order,
                                         RowGroupColumns& columns) {
  const auto nested = OrderOfNested(link_begin, order, columns.link_begin);
  columns.link_trace_ids = Reorder(link_trace_ids, nested);
  columns.link_span_ids = Reorder(link_span_ids, nested);
  columns.link_trace_states = Reorder(link_trace_states, nested);
  columns.link_flags = {link_flags.values(), Reorder(link_flags.codes(), nested)};
  columns.link_dropped_attributes = GatherSparse(link_dropped_attributes, nested);
  columns.table(AttributeLevel::kLink) = link_attributes.Finish(nested, kColumnValuesMin);
}

RowGroupBuilder::RowGroupBuilder() : state_(std::make_unique<State>()) {}
RowGroupBuilder::~RowGroupBuilder() = default;
RowGroupBuilder::RowGroupBuilder(RowGroupBuilder&&) noexcept = default;
RowGroupBuilder& RowGroupBuilder::operator=(RowGroupBuilder&&) noexcept = default;

Status RowGroupBuilder::Add(const TraceData& data) {
  std::uint64_t text_bytes = 0;
  std::uint64_t span_count = 0;
  bool fits = true;
  for (const ResourceSpans& resource : data.resource_spans) {
    fits = fits && AddTextBytes(resource.resource.attributes, text_bytes);
    text_bytes += 2 * resource.schema_url.size();
    for (const ScopeSpans& scope : resource.scope_spans) {
      fits = fits && AddTextBytes(scope.scope.attributes, text_bytes);
      text_bytes +=
          2 * (scope.schema_url.size() + scope.scope.name.size() + scope.scope.version.size());
      span_count += scope.spans.size();
      for (const Span& span : scope.spans) fits = fits && AddTextBytes(span, text_bytes);
    }
  }
  if (!fits) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("an attribute is nested deeper than {}", kValueDepthMax));
  }
  if (spans() + span_count > kRowGroupSpansMax ||
      state_->text_bytes + text_bytes > kRowGroupTextBytesMax) {
    return Error(ErrorCode::kResourceExhausted,
                 fmt::format("row group of {} spans and {} bytes of text cannot take {} spans and "
                             "{} bytes more; at most {} and {}",
                             spans(), state_->text_bytes, span_count, text_bytes, kRowGroupSpansMax,
                             kRowGroupTextBytesMax));
  }
  state_->text_bytes += text_bytes;

  for (const ResourceSpans& resource : data.resource_spans) {
    std::uint32_t resource_row = kNoRow;
    for (const ScopeSpans& scope : resource.scope_spans) {
      if (scope.spans.empty()) continue;  // Only what a span refers to is kept.
      if (resource_row == kNoRow) resource_row = state_->AddResource(resource);
      const std::uint32_t scope_row = state_->AddScope(scope);
      for (const Span& span : scope.spans) state_->AddSpan(span, resource_row, scope_row);
    }
  }
  return OkStatus();
}

std::size_t RowGroupBuilder::spans() const { return state_->span_ids.size(); }

std::size_t RowGroupBuilder::bytes() const {
  const State& s = *state_;
  std::size_t bytes = sizeof(State) + s.keys.memory_bytes();
  for (const TextsBuilder* texts :
       {&s.parents, &s.names, &s.status_messages, &s.trace_states, &s.resource_schema_urls,
        &s.scope_names, &s.scope_versions, &s.scope_schema_urls, &s.event_names, &s.link_trace_ids,
        &s.link_span_ids, &s.link_trace_states}) {
    bytes += texts->memory_bytes();
  }
  for (const auto* numbers :
       {&s.traces, &s.dropped_attributes, &s.dropped_events, &s.dropped_links, &s.resources,
        &s.scopes, &s.event_begin, &s.link_begin, &s.resource_dropped_attributes,
        &s.scope_dropped_attributes, &s.event_dropped_attributes, &s.link_dropped_attributes}) {
    bytes += numbers->capacity() * sizeof(std::uint32_t);
  }
  bytes += sizeof(std::uint64_t) * (s.span_ids.capacity() + s.starts.capacity() +
                                    s.ends.capacity() + s.event_times.capacity());
  bytes += s.kinds.memory_bytes() + s.status_codes.memory_bytes() + s.flags.memory_bytes() +
           s.link_flags.memory_bytes();
  bytes += s.resource_contents.memory_bytes() + s.scope_contents.memory_bytes();
  // A node and a bucket of the map of trace ids.
  bytes += s.trace_ids.size() * (sizeof(TraceId) * 2 + 6 * sizeof(void*));
  for (const AttributeTableBuilder* table :
       {&s.span_attributes, &s.resource_attributes, &s.scope_attributes, &s.event_attributes,
        &s.link_attributes}) {
    bytes += table->memory_bytes();
  }
  return bytes;
}

std::shared_ptr<const RowGroup> RowGroupBuilder::Finish() {
  CHECK(spans() > 0);
  const std::unique_ptr<State> state = std::exchange(state_, std::make_unique<State>());
  RowGroupColumns columns;
  const std::vector<std::uint32_t> order = state->Order(columns);
  state->FinishParents(order, columns);
  state->FinishSpans(order, columns);
  state->FinishResourcesAndScopes(columns);
  state->FinishEvents(order, columns);
  state->FinishLinks(order, columns);
  columns.keys = state->keys.Take();
  columns.keys.ShrinkToFit();
  auto rows = RowGroup::Make(std::move(columns));
  CHECK(rows.ok());
  return std::move(rows).value();
}

}  // namespace vivace::block

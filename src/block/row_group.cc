#include "block/row_group.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/bytes.h"
#include "base/check.h"
#include "block/value_codec.h"

namespace vivace::block {
namespace {

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

Status ExpectSize(std::string_view what, std::size_t found, std::size_t expected) {
  if (found == expected) return OkStatus();
  return Corrupt(fmt::format("{} has {} rows, expected {}", what, found, expected));
}

Status CheckCodes(std::string_view what, const columnar::CodeVector& codes, std::size_t rows,
                  std::size_t limit) {
  RETURN_IF_ERROR(ExpectSize(what, codes.size(), rows));
  if (!codes.empty() && codes.Max() >= limit) {
    return Corrupt(fmt::format("{} has code {} where {} is the limit", what, codes.Max(), limit));
  }
  return OkStatus();
}

Status CheckTexts(std::string_view what, const columnar::StringColumn& column, std::size_t rows) {
  return CheckCodes(what, column.codes, rows, column.dictionary.size());
}

Status CheckRows(std::string_view what, const std::vector<std::uint32_t>& rows, std::size_t values,
                 std::size_t limit) {
  RETURN_IF_ERROR(ExpectSize(what, values, rows.size()));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] >= limit || (i > 0 && rows[i] <= rows[i - 1])) {
      return Corrupt(fmt::format("{} names row {} out of order or of range", what, rows[i]));
    }
  }
  return OkStatus();
}

Status CheckSparse(std::string_view what, const SparseNumbers& sparse, std::size_t limit) {
  return CheckRows(what, sparse.rows, sparse.values.size(), limit);
}

Status CheckBegins(std::string_view what, const std::vector<std::uint32_t>& begins,
                   std::size_t spans, std::size_t values) {
  if (begins.empty()) return ExpectSize(what, values, 0);
  RETURN_IF_ERROR(ExpectSize(what, begins.size(), spans + 1));
  if (begins.front() != 0 || begins.back() != values ||
      !std::is_sorted(begins.begin(), begins.end())) {
    return Corrupt(fmt::format("{} does not cover its {} rows", what, values));
  }
  return OkStatus();
}

Status CheckTable(std::string_view what, AttributeTable& table, std::size_t owners,
                  const columnar::StringTable& keys) {
  if (table.shape_begin.size() < 2 || table.shape_begin[0] != 0 || table.shape_begin[1] != 0 ||
      table.shape_begin.back() != table.shape_columns.size() ||
      !std::is_sorted(table.shape_begin.begin(), table.shape_begin.end())) {
    return Corrupt(fmt::format("shapes of {} are not consecutive", what));
  }
  if (table.columns.size() > kAttributeColumnsMax) {
    return Corrupt(fmt::format("{} have {} columns, at most {}", what, table.columns.size(),
                               kAttributeColumnsMax));
  }
  RETURN_IF_ERROR(CheckCodes(what, table.shapes, owners, table.shape_count()));
  for (const std::uint32_t column : table.shape_columns) {
    if (column != AttributeTable::kOverflow && column >= table.columns.size()) {
      return Corrupt(
          fmt::format("a shape of {} names column {} of {}", what, column, table.columns.size()));
    }
  }
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const AttributeColumn& column = table.columns[i];
    if (column.key >= keys.size() || column.type < ValueType::kString ||
        column.type > ValueType::kDouble) {
      return Corrupt(fmt::format("column {} of {} has an unknown key or type", i, what));
    }
    if (i > 0 && std::pair(keys[table.columns[i - 1].key], table.columns[i - 1].type) >=
                     std::pair(keys[column.key], column.type)) {
      return Corrupt(fmt::format("columns of {} are out of order at {}", what, i));
    }
    if (column.type == ValueType::kString || column.type == ValueType::kBool) {
      const std::size_t limit = column.type == ValueType::kBool ? 2 : column.dictionary.size();
      RETURN_IF_ERROR(CheckCodes(what, column.codes, column.codes.size(), limit));
    }
  }
  RETURN_IF_ERROR(CheckCodes(what, table.overflow_keys, table.overflow_keys.size(), keys.size()));
  RETURN_IF_ERROR(CheckTexts(what, table.overflow_values, table.overflow_keys.size()));
  for (std::uint32_t i = 0; i < table.overflow_values.dictionary.size(); ++i) {
    ByteReader in(AsBytes(table.overflow_values.dictionary[i]));
    const auto value = DecodeValue(in);
    if (!value.ok() || !in.AtEnd()) {
      return Corrupt(fmt::format("overflow value {} of {} does not decode", i, what));
    }
  }
  if (!table.Prepare()) {
    return Corrupt(
        fmt::format("shapes of {} do not name as many values as its columns hold", what));
  }
  return OkStatus();
}

Status CheckTraces(const RowGroupColumns& c) {
  std::uint64_t next = 0;
  for (std::size_t t = 0; t < c.traces.size(); ++t) {
    const TraceEntry& trace = c.traces[t];
    if (trace.first_row != next || trace.row_count == 0 ||
        trace.row_count > c.span_ids.size() - next) {
      return Corrupt(fmt::format("trace {} has rows {}+{}, expected them from {}", t,
                                 trace.first_row, trace.row_count, next));
    }
    next += trace.row_count;
    const auto begin = static_cast<std::ptrdiff_t>(trace.first_row);
    const auto end = static_cast<std::ptrdiff_t>(next);
    if (!std::is_sorted(c.starts.begin() + begin, c.starts.begin() + end) ||
        trace.start_unix_ns != c.starts[trace.first_row] ||
        trace.end_unix_ns != *std::max_element(c.ends.begin() + begin, c.ends.begin() + end)) {
      return Corrupt(fmt::format("trace {} does not start and end as its spans do", t));
    }
    if (t > 0 && c.traces[t - 1].start_unix_ns > trace.start_unix_ns) {
      return Corrupt(fmt::format("trace {} starts before the one before it", t));
    }
    const auto outside = [&trace, next](std::uint32_t row) {
      return row < trace.first_row || row >= next;
    };
    if (trace.root_row != kNoRow && outside(trace.root_row)) {
      return Corrupt(fmt::format("root of trace {} is row {}", t, trace.root_row));
    }
    for (std::uint32_t row = trace.first_row; row < next; ++row) {
      const std::uint32_t parent = c.parent_rows[row];
      if (parent == RowGroupColumns::kNoParent || parent == RowGroupColumns::kParentElsewhere) {
        continue;
      }
      if (outside(parent) || parent == row) {
        return Corrupt(fmt::format("parent of row {} is row {}", row, parent));
      }
    }
  }
  return ExpectSize("trace table", next, c.span_ids.size());
}

Status CheckSpanColumns(const RowGroupColumns& c) {
  const std::size_t rows = c.span_ids.size();
  if (rows == 0 || rows > kRowGroupSpansMax) {
    return Corrupt(fmt::format("row group of {} spans, expected 1 to {}", rows, kRowGroupSpansMax));
  }
  RETURN_IF_ERROR(ExpectSize("parent", c.parent_rows.size(), rows));
  RETURN_IF_ERROR(ExpectSize("start", c.starts.size(), rows));
  RETURN_IF_ERROR(ExpectSize("end", c.ends.size(), rows));
  RETURN_IF_ERROR(CheckTexts("name", c.names, rows));
  RETURN_IF_ERROR(CheckCodes("kind", c.kinds.codes, rows, c.kinds.values.size()));
  RETURN_IF_ERROR(CheckCodes("status", c.status_codes.codes, rows, c.status_codes.values.size()));
  RETURN_IF_ERROR(CheckTexts("status message", c.status_messages, rows));
  RETURN_IF_ERROR(CheckTexts("trace state", c.trace_states, rows));
  RETURN_IF_ERROR(CheckCodes("flags", c.flags.codes, rows, c.flags.values.size()));
  RETURN_IF_ERROR(CheckSparse("dropped attributes", c.dropped_attributes, rows));
  RETURN_IF_ERROR(CheckSparse("dropped events", c.dropped_events, rows));
  RETURN_IF_ERROR(CheckSparse("dropped links", c.dropped_links, rows));
  RETURN_IF_ERROR(CheckCodes("resource", c.resources, rows, c.resource_schema_urls.size()));
  RETURN_IF_ERROR(CheckCodes("scope", c.scopes, rows, c.scope_names.size()));

  RETURN_IF_ERROR(CheckRows("parent text", c.parent_texts.rows, c.parent_texts.texts.size(), rows));
  std::size_t elsewhere = 0;
  for (const std::uint32_t parent : c.parent_rows) {
    if (parent == RowGroupColumns::kParentElsewhere) ++elsewhere;
  }
  RETURN_IF_ERROR(ExpectSize("parent text", c.parent_texts.rows.size(), elsewhere));
  for (const std::uint32_t row : c.parent_texts.rows) {
    if (c.parent_rows[row] != RowGroupColumns::kParentElsewhere) {
      return Corrupt(fmt::format("row {} has a parent twice", row));
    }
  }
  return CheckTraces(c);
}

Status CheckSideTables(const RowGroupColumns& c) {
  const std::size_t rows = c.span_ids.size();
  const std::size_t resources = c.resource_schema_urls.size();
  const std::size_t scopes = c.scope_names.size();
  const std::size_t events = c.event_times.size();
  const std::size_t links = c.link_trace_ids.size();
  RETURN_IF_ERROR(CheckTexts("resource schema URL", c.resource_schema_urls, resources));
  RETURN_IF_ERROR(
      CheckSparse("resource dropped attributes", c.resource_dropped_attributes, resources));
  RETURN_IF_ERROR(CheckTexts("scope name", c.scope_names, scopes));
  RETURN_IF_ERROR(CheckTexts("scope version", c.scope_versions, scopes));
  RETURN_IF_ERROR(CheckTexts("scope schema URL", c.scope_schema_urls, scopes));
  RETURN_IF_ERROR(CheckSparse("scope dropped attributes", c.scope_dropped_attributes, scopes));
  RETURN_IF_ERROR(CheckBegins("events", c.event_begin, rows, events));
  RETURN_IF_ERROR(CheckTexts("event name", c.event_names, events));
  RETURN_IF_ERROR(CheckSparse("event dropped attributes", c.event_dropped_attributes, events));
  RETURN_IF_ERROR(CheckBegins("links", c.link_begin, rows, links));
  RETURN_IF_ERROR(CheckTexts("link trace id", c.link_trace_ids, links));
  RETURN_IF_ERROR(CheckTexts("link span id", c.link_span_ids, links));
  RETURN_IF_ERROR(CheckTexts("link trace state", c.link_trace_states, links));
  RETURN_IF_ERROR(CheckCodes("link flags", c.link_flags.codes, links, c.link_flags.values.size()));
  return CheckSparse("link dropped attributes", c.link_dropped_attributes, links);
}

Status CheckAttributes(RowGroupColumns& c) {
  const auto check = [&c](AttributeLevel level, std::string_view what, std::size_t owners) {
    return CheckTable(what, c.table(level), owners, c.keys);
  };
  RETURN_IF_ERROR(check(AttributeLevel::kSpan, "span attributes", c.span_ids.size()));
  RETURN_IF_ERROR(
      check(AttributeLevel::kResource, "resource attributes", c.resource_schema_urls.size()));
  RETURN_IF_ERROR(check(AttributeLevel::kScope, "scope attributes", c.scope_names.size()));
  RETURN_IF_ERROR(check(AttributeLevel::kEvent, "event attributes", c.event_times.size()));
  return check(AttributeLevel::kLink, "link attributes", c.link_trace_ids.size());
}

}  // namespace

std::uint32_t SparseNumbers::At(std::uint32_t row) const {
  if (rows.empty()) return 0;
  const auto at = std::lower_bound(rows.begin(), rows.end(), row);
  return at != rows.end() && *at == row ? values[static_cast<std::size_t>(at - rows.begin())] : 0;
}

std::string_view SparseTexts::At(std::uint32_t row) const {
  const auto at = std::lower_bound(rows.begin(), rows.end(), row);
  return at != rows.end() && *at == row ? texts[static_cast<std::uint32_t>(at - rows.begin())]
                                        : std::string_view();
}

std::size_t RowGroupColumns::memory_bytes() const {
  const auto sparse = [](const SparseNumbers& s) {
    return sizeof(std::uint32_t) * (s.rows.capacity() + s.values.capacity());
  };
  std::size_t bytes = sizeof(*this) + keys.memory_bytes() + parent_texts.texts.memory_bytes();
  bytes += traces.capacity() * sizeof(TraceEntry) + span_ids.capacity() * sizeof(SpanId);
  bytes += sizeof(std::uint64_t) * (starts.capacity() + ends.capacity() + event_times.capacity());
  bytes += sizeof(std::uint32_t) *
           (parent_rows.capacity() + parent_texts.rows.capacity() + event_begin.capacity() +
            link_begin.capacity() + kinds.values.capacity() + status_codes.values.capacity() +
            flags.values.capacity() + link_flags.values.capacity());
  for (const columnar::StringColumn* column :
       {&names, &status_messages, &trace_states, &resource_schema_urls, &scope_names,
        &scope_versions, &scope_schema_urls, &event_names, &link_trace_ids, &link_span_ids,
        &link_trace_states}) {
    bytes += column->memory_bytes();
  }
  for (const columnar::CodeVector* codes :
       {&kinds.codes, &status_codes.codes, &flags.codes, &resources, &scopes, &link_flags.codes}) {
    bytes += codes->memory_bytes();
  }
  for (const SparseNumbers* s :
       {&dropped_attributes, &dropped_events, &dropped_links, &resource_dropped_attributes,
        &scope_dropped_attributes, &event_dropped_attributes, &link_dropped_attributes}) {
    bytes += sparse(*s);
  }
  for (const AttributeTable& t : attributes) bytes += t.memory_bytes();
  return bytes;
}

// Puts spans back together, one resource and scope at a time.
struct RowGroup::Assembler {
  Assembler(const RowGroup& row_group, TraceData& target)
      : rows(row_group),
        columns(row_group.columns_),
        out(target),
        spans(columns.table(AttributeLevel::kSpan), columns.keys),
        events(columns.table(AttributeLevel::kEvent), columns.keys),
        links(columns.table(AttributeLevel::kLink), columns.keys) {}

  struct Place {
    std::size_t resource = 0;
    std::size_t scope = 0;
  };

  std::vector<Span>& SpansOf(std::uint32_t row) {
    const std::uint32_t resource = rows.ResourceOfRow(row);
    const std::uint32_t scope = rows.ScopeOfRow(row);
    const std::uint64_t pair = std::uint64_t{resource} << 32 | scope;
    const auto known = places.find(pair);
    if (known != places.end()) {
      return out.resource_spans[known->second.resource].scope_spans[known->second.scope].spans;
    }
    const auto [place, is_new] = resource_places.try_emplace(resource, out.resource_spans.size());
    if (is_new) {
      ResourceSpans& added = out.resource_spans.emplace_back();
      added.resource = rows.ResourceAt(resource);
      added.schema_url = columns.resource_schema_urls[resource];
    }
    ResourceSpans& in = out.resource_spans[place->second];
    places[pair] = {place->second, in.scope_spans.size()};
    ScopeSpans& added = in.scope_spans.emplace_back();
    added.scope = rows.ScopeAt(scope);
    added.schema_url = columns.scope_schema_urls[scope];
    return added.spans;
  }

  void Append(std::uint32_t row, const TraceId& id) {
    Span& span = SpansOf(row).emplace_back();
    span.trace_id = id;
    span.span_id = columns.span_ids[row];
    span.parent_span_id = rows.ParentSpanId(row);
    span.trace_state = columns.trace_states[row];
    span.flags = columns.flags[row];
    span.name = columns.names[row];
    span.kind = static_cast<SpanKind>(columns.kinds[row]);
    span.start_unix_ns = columns.starts[row];
    span.end_unix_ns = columns.ends[row];
    spans.Append(row, span.attributes);
    span.dropped_attributes_count = columns.dropped_attributes.At(row);
    span.dropped_events_count = columns.dropped_events.At(row);
    span.dropped_links_count = columns.dropped_links.At(row);
    span.status_code = static_cast<StatusCode>(columns.status_codes[row]);
    span.status_message = columns.status_messages[row];
    AppendEvents(row, span);
    AppendLinks(row, span);
  }

  void AppendEvents(std::uint32_t row, Span& span) {
    if (columns.event_begin.empty()) return;
    for (std::uint32_t i = columns.event_begin[row]; i < columns.event_begin[row + 1]; ++i) {
      SpanEvent& event = span.events.emplace_back();
      event.time_unix_ns = columns.event_times[i];
      event.name = columns.event_names[i];
      events.Append(i, event.attributes);
      event.dropped_attributes_count = columns.event_dropped_attributes.At(i);
    }
  }

  void AppendLinks(std::uint32_t row, Span& span) {
    if (columns.link_begin.empty()) return;
    for (std::uint32_t i = columns.link_begin[row]; i < columns.link_begin[row + 1]; ++i) {
      SpanLink& link = span.links.emplace_back();
      link.trace_id = columns.link_trace_ids[i];
      link.span_id = columns.link_span_ids[i];
      link.trace_state = columns.link_trace_states[i];
      links.Append(i, link.attributes);
      link.dropped_attributes_count = columns.link_dropped_attributes.At(i);
      link.flags = columns.link_flags[i];
    }
  }

  const RowGroup& rows;
  const RowGroupColumns& columns;
  TraceData& out;
  AttributeCursor spans;
  AttributeCursor events;
  AttributeCursor links;
  std::unordered_map<std::uint64_t, Place> places;  // by resource and scope
  std::unordered_map<std::uint32_t, std::size_t> resource_places;
};

Result<std::shared_ptr<const RowGroup>> RowGroup::Make(RowGroupColumns columns) {
  RETURN_IF_ERROR(CheckSpanColumns(columns));
  RETURN_IF_ERROR(CheckSideTables(columns));
  RETURN_IF_ERROR(CheckAttributes(columns));
  std::shared_ptr<RowGroup> rows(new RowGroup(std::move(columns)));
  const std::vector<std::uint32_t>& by_id = rows->traces_by_id_;
  for (std::size_t i = 1; i < by_id.size(); ++i) {
    if (rows->columns_.traces[by_id[i - 1]].id == rows->columns_.traces[by_id[i]].id) {
      return Corrupt(fmt::format("trace {} is in the trace table twice",
                                 rows->columns_.traces[by_id[i]].id.ToHex()));
    }
  }
  return std::shared_ptr<const RowGroup>(std::move(rows));
}

RowGroup::RowGroup(RowGroupColumns columns) : columns_(std::move(columns)) {
  const std::vector<TraceEntry>& traces = columns_.traces;
  bounds_.start_min = bounds_.trace_start_min = traces.front().start_unix_ns;
  bounds_.trace_start_max = traces.back().start_unix_ns;
  bounds_.duration_min = std::numeric_limits<std::uint64_t>::max();
  for (std::uint32_t row = 0; row < span_count(); ++row) {
    bounds_.start_max = std::max(bounds_.start_max, columns_.starts[row]);
    bounds_.end_max = std::max(bounds_.end_max, columns_.ends[row]);
    bounds_.duration_min = std::min(bounds_.duration_min, DurationNanos(row));
    bounds_.duration_max = std::max(bounds_.duration_max, DurationNanos(row));
  }

  traces_by_id_.resize(traces.size());
  std::iota(traces_by_id_.begin(), traces_by_id_.end(), 0U);
  std::sort(traces_by_id_.begin(), traces_by_id_.end(),
            [&traces](std::uint32_t a, std::uint32_t b) { return traces[a].id < traces[b].id; });

  keys_sorted_.resize(columns_.keys.size());
  std::iota(keys_sorted_.begin(), keys_sorted_.end(), 0U);
  std::sort(keys_sorted_.begin(), keys_sorted_.end(), [this](std::uint32_t a, std::uint32_t b) {
    return columns_.keys[a] < columns_.keys[b];
  });

  service_names_.resize(resource_count());
  if (const std::uint32_t key = FindKey("service.name"); key != kNoRow) {
    AttributeCursor cursor(columns_.table(AttributeLevel::kResource), columns_.keys);
    AttributeValue value;
    for (std::uint32_t i = 0; i < resource_count(); ++i) {
      if (cursor.Find(i, key, value) && value.AsString() != nullptr) {
        service_names_[i] = *value.AsString();
      }
    }
  }

  memory_bytes_ = sizeof(*this) + columns_.memory_bytes() +
                  sizeof(std::uint32_t) * (traces_by_id_.capacity() + keys_sorted_.capacity());
  for (const std::string& name : service_names_) memory_bytes_ += sizeof(name) + name.capacity();
}

const TraceEntry* RowGroup::FindTrace(const TraceId& id) const {
  const auto at = std::lower_bound(
      traces_by_id_.begin(), traces_by_id_.end(), id,
      [this](std::uint32_t trace, const TraceId& x) { return columns_.traces[trace].id < x; });
  if (at == traces_by_id_.end() || columns_.traces[*at].id != id) return nullptr;
  return &columns_.traces[*at];
}

bool RowGroup::AppendTrace(const TraceId& id, TraceData& out) const {
  const TraceEntry* trace = FindTrace(id);
  if (trace == nullptr) return false;
  Assembler assembler(*this, out);
  for (std::uint32_t i = 0; i < trace->row_count; ++i) {
    assembler.Append(trace->first_row + i, id);
  }
  return true;
}

void RowGroup::AppendRows(std::span<const std::uint32_t> rows, TraceData& out) const {
  Assembler assembler(*this, out);
  for (const std::uint32_t row : rows) {
    CHECK(row < span_count());
    assembler.Append(row, columns_.traces[TraceOfRow(row)].id);
  }
}

std::uint32_t RowGroup::TraceOfRow(std::uint32_t row) const {
  const auto after = std::upper_bound(
      columns_.traces.begin(), columns_.traces.end(), row,
      [](std::uint32_t r, const TraceEntry& trace) { return r < trace.first_row; });
  return static_cast<std::uint32_t>(after - columns_.traces.begin()) - 1;
}

std::string_view RowGroup::ParentSpanId(std::uint32_t row) const {
  const std::uint32_t parent = columns_.parent_rows[row];
  if (parent == RowGroupColumns::kNoParent) return {};
  if (parent == RowGroupColumns::kParentElsewhere) return columns_.parent_texts.At(row);
  return columns_.span_ids[parent].AsText();
}

Resource RowGroup::ResourceAt(std::uint32_t resource) const {
  Resource out;
  AttributeCursor cursor(columns_.table(AttributeLevel::kResource), columns_.keys);
  cursor.Append(resource, out.attributes);
  out.dropped_attributes_count = columns_.resource_dropped_attributes.At(resource);
  return out;
}

Scope RowGroup::ScopeAt(std::uint32_t scope) const {
  Scope out;
  out.name = columns_.scope_names[scope];
  out.version = columns_.scope_versions[scope];
  AttributeCursor cursor(columns_.table(AttributeLevel::kScope), columns_.keys);
  cursor.Append(scope, out.attributes);
  out.dropped_attributes_count = columns_.scope_dropped_attributes.At(scope);
  return out;
}

std::uint32_t RowGroup::FindKey(std::string_view key) const {
  const auto at = std::lower_bound(
      keys_sorted_.begin(), keys_sorted_.end(), key,
      [this](std::uint32_t k, std::string_view text) { return columns_.keys[k] < text; });
  return at != keys_sorted_.end() && columns_.keys[*at] == key ? *at : kNoRow;
}

}  // namespace vivace::block

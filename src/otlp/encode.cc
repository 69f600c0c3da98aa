#include "otlp/encode.h"

#include <bit>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

// Written without protozero, whose writer takes an empty submessage back.

namespace vivace::otlp {
namespace {

enum Wire : std::uint32_t { kVarint = 0, kFixed64 = 1, kLength = 2, kFixed32 = 5 };

class Writer {
 public:
  void PutVarint(std::uint32_t field, std::uint64_t value) {
    Varint(field << 3 | kVarint);
    Varint(value);
  }
  void PutFixed64(std::uint32_t field, std::uint64_t value) {
    Varint(field << 3 | kFixed64);
    for (int i = 0; i < 8; ++i, value >>= 8) Byte(value);
  }
  void PutFixed32(std::uint32_t field, std::uint32_t value) {
    Varint(field << 3 | kFixed32);
    for (int i = 0; i < 4; ++i, value >>= 8) Byte(value);
  }
  void PutBytes(std::uint32_t field, std::string_view bytes) {
    Varint(field << 3 | kLength);
    Varint(bytes.size());
    out_.append(bytes);
  }
  /// Begins a submessage; what follows belongs to it until End(its result).
  std::size_t Begin(std::uint32_t field) {
    Varint(field << 3 | kLength);
    out_.push_back(0);
    return out_.size();
  }
  /// One byte was left for the length; most submessages need no more.
  void End(std::size_t begin) {
    std::uint64_t size = out_.size() - begin;
    char length[10];
    std::size_t used = 0;
    for (; size >= 0x80; size >>= 7) length[used++] = static_cast<char>(size | 0x80);
    length[used++] = static_cast<char>(size);
    out_[begin - 1] = length[0];
    if (used > 1) out_.insert(begin, length + 1, used - 1);
  }
  std::string Take() { return std::move(out_); }

 private:
  void Byte(std::uint64_t value) { out_.push_back(static_cast<char>(value & 0xff)); }
  void Varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) Byte(value | 0x80);
    Byte(value);
  }

  std::string out_;
};

/// A submessage for the length of a scope.
class Message {
 public:
  Message(Writer& out, std::uint32_t field) : out_(out), begin_(out.Begin(field)) {}
  ~Message() { out_.End(begin_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

 private:
  Writer& out_;
  const std::size_t begin_;
};

void PutText(Writer& out, std::uint32_t field, std::string_view text) {
  if (!text.empty()) out.PutBytes(field, text);
}
void PutNumber(Writer& out, std::uint32_t field, std::uint32_t number) {
  if (number != 0) out.PutVarint(field, number);
}
/// Enums are 32-bit, signed, and carried as 64-bit varints.
void PutEnum(Writer& out, std::uint32_t field, std::int32_t number) {
  if (number != 0) out.PutVarint(field, static_cast<std::uint64_t>(std::int64_t{number}));
}
void PutTime(Writer& out, std::uint32_t field, std::uint64_t unix_ns) {
  if (unix_ns != 0) out.PutFixed64(field, unix_ns);
}
void PutFlags(Writer& out, std::uint32_t field, std::uint32_t flags) {
  if (flags != 0) out.PutFixed32(field, flags);
}

void PutAttributes(Writer& out, std::uint32_t field, const std::vector<Attribute>& attributes);

/// A value's fields; one of them is set even if it holds a default, unless the value is empty.
void PutValue(Writer& out, const AttributeValue& value) {
  if (const std::string* text = value.AsString()) {
    out.PutBytes(1, *text);
  } else if (const bool* flag = value.AsBool()) {
    out.PutVarint(2, *flag ? 1 : 0);
  } else if (const std::int64_t* integer = value.AsInt()) {
    out.PutVarint(3, static_cast<std::uint64_t>(*integer));
  } else if (const double* number = value.AsDouble()) {
    out.PutFixed64(4, std::bit_cast<std::uint64_t>(*number));
  } else if (const ArrayValue* array = value.AsArray()) {
    const Message list(out, 5);
    for (const AttributeValue& element : array->values) {
      const Message inner(out, 1);
      PutValue(out, element);
    }
  } else if (const MapValue* map = value.AsMap()) {
    const Message list(out, 6);
    PutAttributes(out, 1, map->entries);
  } else if (const BytesValue* bytes = value.AsBytes()) {
    out.PutBytes(7, bytes->bytes);
  }
}

void PutAttributes(Writer& out, std::uint32_t field, const std::vector<Attribute>& attributes) {
  for (const Attribute& attribute : attributes) {
    const Message pair(out, field);
    PutText(out, 1, attribute.key);
    const Message value(out, 2);
    PutValue(out, attribute.value);
  }
}

void PutEvent(Writer& out, const SpanEvent& event) {
  PutTime(out, 1, event.time_unix_ns);
  PutText(out, 2, event.name);
  PutAttributes(out, 3, event.attributes);
  PutNumber(out, 4, event.dropped_attributes_count);
}

void PutLink(Writer& out, const SpanLink& link) {
  PutText(out, 1, link.trace_id);
  PutText(out, 2, link.span_id);
  PutText(out, 3, link.trace_state);
  PutAttributes(out, 4, link.attributes);
  PutNumber(out, 5, link.dropped_attributes_count);
  PutFlags(out, 6, link.flags);
}

void PutSpan(Writer& out, const Span& span) {
  PutText(out, 1, span.trace_id.AsText());
  PutText(out, 2, span.span_id.AsText());
  PutText(out, 3, span.trace_state);
  PutText(out, 4, span.parent_span_id);
  PutText(out, 5, span.name);
  PutEnum(out, 6, static_cast<std::int32_t>(span.kind));
  PutTime(out, 7, span.start_unix_ns);
  PutTime(out, 8, span.end_unix_ns);
  PutAttributes(out, 9, span.attributes);
  PutNumber(out, 10, span.dropped_attributes_count);
  for (const SpanEvent& event : span.events) {
    const Message inner(out, 11);
    PutEvent(out, event);
  }
  PutNumber(out, 12, span.dropped_events_count);
  for (const SpanLink& link : span.links) {
    const Message inner(out, 13);
    PutLink(out, link);
  }
  PutNumber(out, 14, span.dropped_links_count);
  {
    const Message status(out, 15);
    PutText(out, 2, span.status_message);
    PutEnum(out, 3, static_cast<std::int32_t>(span.status_code));
  }
  PutFlags(out, 16, span.flags);
}

void PutScopeSpans(Writer& out, const ScopeSpans& group) {
  {
    const Message scope(out, 1);
    PutText(out, 1, group.scope.name);
    PutText(out, 2, group.scope.version);
    PutAttributes(out, 3, group.scope.attributes);
    PutNumber(out, 4, group.scope.dropped_attributes_count);
  }
  for (const Span& span : group.spans) {
    const Message inner(out, 2);
    PutSpan(out, span);
  }
  PutText(out, 3, group.schema_url);
}

void PutResourceSpans(Writer& out, const ResourceSpans& group) {
  {
    const Message resource(out, 1);
    PutAttributes(out, 1, group.resource.attributes);
    PutNumber(out, 2, group.resource.dropped_attributes_count);
  }
  for (const ScopeSpans& scope : group.scope_spans) {
    const Message inner(out, 2);
    PutScopeSpans(out, scope);
  }
  PutText(out, 3, group.schema_url);
}

}  // namespace

std::string Encode(const TraceData& data) {
  Writer out;
  for (const ResourceSpans& group : data.resource_spans) {
    const Message message(out, 1);
    PutResourceSpans(out, group);
  }
  return out.Take();
}

}  // namespace vivace::otlp

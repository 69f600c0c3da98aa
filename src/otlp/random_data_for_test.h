#pragma once
// Random traces for property tests: every field of OTLP, with edge values, nesting, repeated
// keys, empty values and text that is not ASCII.

#include <bit>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/span.h"

namespace vivace::otlp {

class RandomData {
 public:
  explicit RandomData(std::uint64_t seed) : random_(seed) {}

  TraceData Data() {
    TraceData data;
    data.resource_spans.resize(random_.Below(4));
    for (ResourceSpans& group : data.resource_spans) {
      group.resource = {Attributes(1), Count()};
      group.schema_url = Text();
      group.scope_spans.resize(random_.Below(3));
      for (ScopeSpans& scope : group.scope_spans) {
        scope.scope = {Text(), Text(), Attributes(1), Count()};
        scope.schema_url = Text();
        scope.spans.resize(random_.Below(6));
        for (Span& span : scope.spans) span = OneSpan();
      }
    }
    return data;
  }

  Span OneSpan() {
    Span span;
    span.trace_id.bytes[0] = static_cast<std::uint8_t>(random_.Below(2) * 255);
    span.trace_id.bytes[15] = static_cast<std::uint8_t>(random_.Below(4));
    span.span_id = SpanId::FromNumber(random_.Below(50) + 1);
    span.parent_span_id = Id(8);
    span.trace_state = Text();
    span.flags = Count();
    span.name = Text();
    span.kind = static_cast<SpanKind>(random_.Chance(1, 10) ? -7 : std::int64_t(random_.Below(7)));
    span.start_unix_ns = Time();
    span.end_unix_ns = Time();
    span.attributes = Attributes(1);
    span.dropped_attributes_count = Count();
    span.events.resize(random_.Below(3));
    for (SpanEvent& event : span.events) event = {Time(), Text(), Attributes(1), Count()};
    span.dropped_events_count = Count();
    span.links.resize(random_.Below(3));
    for (SpanLink& link : span.links) {
      link = {Id(16), Id(8), Text(), Attributes(1), Count(), Count()};
    }
    span.dropped_links_count = Count();
    span.status_code = static_cast<StatusCode>(random_.Below(4));
    span.status_message = Text();
    return span;
  }

  AttributeValue Value(int depth) {
    AttributeValue value;
    switch (random_.Below(depth < 5 ? 9 : 7)) {
      case 0:
        break;
      case 1:
        value.value = Text();
        break;
      case 2:
        value.value = random_.Chance(1, 2);
        break;
      case 3:
        value.value = static_cast<std::int64_t>(Time());
        break;
      case 4:
        value.value = Double();
        break;
      case 5:
        value.value = BytesValue{Bytes(random_.Below(9))};
        break;
      case 6:
        value.value = std::int64_t{-1};
        break;
      case 7: {
        ArrayValue array;
        array.values.resize(random_.Below(4));
        for (AttributeValue& element : array.values) element = Value(depth + 1);
        value.value = std::move(array);
        break;
      }
      default:
        value.value = MapValue{Attributes(depth + 1)};
    }
    return value;
  }

 private:
  std::vector<Attribute> Attributes(int depth) {
    std::vector<Attribute> attributes(random_.Below(4));
    for (Attribute& attribute : attributes) attribute = {Text(), Value(depth)};
    return attributes;
  }
  std::string Text() {
    static const char* const kTexts[] = {"",     "a",        "service.name",     "caf\xc3\xa9",
                                         "\"\\", "\n\t\x01", "\xf0\x9f\x8e\xb5", "</script>"};
    if (random_.Chance(1, 20)) return std::string(300, 'x');
    return kTexts[random_.Below(std::size(kTexts))];
  }
  std::string Bytes(std::uint64_t size) {
    std::string bytes;
    for (; size > 0; --size) bytes.push_back(static_cast<char>(random_.Next()));
    return bytes;
  }
  std::string Id(std::uint64_t usual_size) {
    return Bytes(random_.Chance(1, 5) ? random_.Below(20) : usual_size);
  }
  std::uint32_t Count() {
    switch (random_.Below(4)) {
      case 0:
        return static_cast<std::uint32_t>(random_.Below(1000));
      case 1:
        return std::numeric_limits<std::uint32_t>::max();
      default:
        return 0;
    }
  }
  std::uint64_t Time() {
    switch (random_.Below(6)) {
      case 0:
        return 0;
      case 1:
        return std::numeric_limits<std::uint64_t>::max();
      case 2:
        return std::uint64_t{1} << 63;
      case 3:
        return (std::uint64_t{1} << 53) + 1;
      default:
        return 1'700'000'000'000'000'000 + random_.Below(1'000'000'000);
    }
  }
  double Double() {
    static const double kDoubles[] = {0.0,
                                      -0.0,
                                      1.0,
                                      0.1,
                                      -1e300,
                                      5e-324,
                                      1e20,
                                      123456789.125,
                                      std::numeric_limits<double>::infinity(),
                                      -std::numeric_limits<double>::infinity(),
                                      std::numeric_limits<double>::quiet_NaN()};
    return kDoubles[random_.Below(std::size(kDoubles))];
  }

  SeededRandom random_;
};

}  // namespace vivace::otlp

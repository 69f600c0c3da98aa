#include "block/testing/random_traces.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace vivace::block::testing {
namespace {

class Maker {
 public:
  Maker(Random& random, const RandomTracesOptions& options) : random_(random), options_(options) {}

  TraceData Make() {
    std::vector<Resource> resources(1 + random_.Below(4));
    for (Resource& resource : resources) resource = MakeResource();
    std::vector<Scope> scopes(1 + random_.Below(4));
    for (Scope& scope : scopes) scope = MakeScope();
    TraceData data;
    for (std::size_t t = 0; t < options_.traces; ++t) {
      std::vector<Span> spans = MakeTrace(t);
      while (!spans.empty()) {
        ResourceSpans& in = data.resource_spans.emplace_back();
        in.resource = Pick(resources);
        if (random_.Chance(1, 3)) in.schema_url = Word();
        const std::size_t scope_count = 1 + random_.Below(2);
        for (std::size_t s = 0; s < scope_count && !spans.empty(); ++s) {
          ScopeSpans& scope = in.scope_spans.emplace_back();
          scope.scope = Pick(scopes);
          if (random_.Chance(1, 3)) scope.schema_url = Word();
          const std::size_t take = 1 + random_.Below(spans.size());
          for (std::size_t i = 0; i < take; ++i) {
            scope.spans.push_back(std::move(spans.back()));
            spans.pop_back();
          }
        }
      }
    }
    return data;
  }

 private:
  template <typename T>
  const T& Pick(const std::vector<T>& from) {
    return from[random_.Below(from.size())];
  }

  std::string Word() {
    static const std::vector<std::string> kOdd = {
        "", std::string("\0", 1), "\xff\xfe", "a\nb", "\xe2\x82\xac", std::string(300, 'x')};
    if (random_.Chance(1, 12)) return Pick(kOdd);
    return "value " + std::to_string(random_.Below(options_.vocabulary));
  }

  std::string Raw(std::size_t bytes) {
    std::string raw;
    for (std::size_t i = 0; i < bytes; ++i) raw.push_back(static_cast<char>(random_.Next()));
    return raw;
  }

  std::int64_t Integer() {
    switch (random_.Below(6)) {
      case 0:
        return std::numeric_limits<std::int64_t>::min();
      case 1:
        return std::numeric_limits<std::int64_t>::max();
      case 2:
        return static_cast<std::int64_t>(random_.Next());
      default:
        return static_cast<std::int64_t>(random_.Below(options_.vocabulary)) - 3;
    }
  }

  double Real() {
    static const std::vector<double> kOdd = {std::numeric_limits<double>::quiet_NaN(),
                                             -0.0,
                                             0.0,
                                             std::numeric_limits<double>::infinity(),
                                             -std::numeric_limits<double>::infinity(),
                                             std::numeric_limits<double>::denorm_min(),
                                             1e300};
    if (random_.Chance(1, 4)) return Pick(kOdd);
    return static_cast<double>(random_.Below(options_.vocabulary)) / 2 - 2;
  }

  AttributeValue Value(int depth) {
    if (options_.odd_value_one_in > 0 && random_.Chance(1, options_.odd_value_one_in)) {
      return OddValue(depth);
    }
    switch (random_.Below(4)) {
      case 0:
        return {random_.Chance(1, 2)};
      case 1:
        return {Integer()};
      case 2:
        return {Real()};
      default:
        return {Word()};
    }
  }

  AttributeValue OddValue(int depth) {
    switch (random_.Below(4)) {
      case 0:
        return {};
      case 1:
        return {BytesValue{Raw(random_.Below(20))}};
      case 2: {
        ArrayValue array;
        const std::uint64_t count = depth > 4 ? 0 : random_.Below(4);
        for (std::uint64_t i = 0; i < count; ++i) array.values.push_back(Value(depth + 1));
        return {std::move(array)};
      }
      default: {
        MapValue map;
        const std::uint64_t count = depth > 4 ? 0 : random_.Below(4);
        for (std::uint64_t i = 0; i < count; ++i) map.entries.push_back({Key(), Value(depth + 1)});
        return {std::move(map)};
      }
    }
  }

  std::string Key() {
    if (random_.Chance(1, 40)) return "";
    if (options_.rare_key_one_in > 0 && random_.Chance(1, options_.rare_key_one_in)) {
      return "rare " + std::to_string(random_.Next());
    }
    return "key " + std::to_string(random_.Below(6));
  }

  std::vector<Attribute> Attributes(std::size_t count_max) {
    std::vector<Attribute> attributes(random_.Below(count_max + 1));
    for (Attribute& attribute : attributes) attribute = {Key(), Value(0)};
    return attributes;
  }

  std::uint32_t Dropped() {
    return random_.Chance(1, 6) ? static_cast<std::uint32_t>(random_.Next()) : 0;
  }

  Resource MakeResource() {
    Resource resource;
    if (random_.Chance(3, 4)) {
      resource.attributes.push_back(
          {"service.name", {"service " + std::to_string(random_.Below(3))}});
    }
    for (Attribute& attribute : Attributes(4)) resource.attributes.push_back(std::move(attribute));
    resource.dropped_attributes_count = Dropped();
    return resource;
  }

  Scope MakeScope() {
    Scope scope;
    scope.name = Word();
    scope.version = Word();
    scope.attributes = Attributes(3);
    scope.dropped_attributes_count = Dropped();
    return scope;
  }

  std::vector<Span> MakeTrace(std::size_t number) {
    TraceId id;
    for (std::uint8_t& byte : id.bytes) byte = static_cast<std::uint8_t>(random_.Next());
    std::vector<Span> spans(1 + random_.Below(options_.spans_per_trace_max));
    const std::uint64_t start = options_.first_start_unix_ns + number * 1'000'000;
    for (std::size_t i = 0; i < spans.size(); ++i) {
      Span& span = spans[i];
      span.trace_id = id;
      span.span_id = SpanId::FromNumber(random_.Next());
      // Shared span ids, as Zipkin's clients and servers have them.
      if (i > 0 && random_.Chance(1, 12)) span.span_id = spans[random_.Below(i)].span_id;
      span.parent_span_id = Parent(spans, i);
      FillSpan(span, start);
    }
    return spans;
  }

  std::string Parent(const std::vector<Span>& spans, std::size_t i) {
    if (i == 0 || random_.Chance(1, 10)) {
      return random_.Chance(1, 2) ? "" : std::string(8, '\0');
    }
    switch (random_.Below(10)) {
      case 0:
        return Raw(8);  // Not stored here.
      case 1:
        return Raw(1 + random_.Below(20));  // Often of an odd length.
      case 2:
        return std::string(spans[i].span_id.AsText());  // Itself.
      default:
        return std::string(spans[random_.Below(i)].span_id.AsText());
    }
  }

  void FillSpan(Span& span, std::uint64_t trace_start) {
    span.trace_state = random_.Chance(1, 5) ? Word() : "";
    span.flags = random_.Chance(1, 2) ? 257 : static_cast<std::uint32_t>(random_.Below(4));
    if (random_.Chance(1, 20)) span.flags = static_cast<std::uint32_t>(random_.Next());
    span.name = Word();
    span.kind =
        static_cast<SpanKind>(random_.Chance(1, 15) ? random_.Below(100) : random_.Below(6));
    if (random_.Chance(1, 40)) span.kind = static_cast<SpanKind>(-7);
    span.start_unix_ns = trace_start + random_.Below(1000) * 1000;
    span.end_unix_ns = span.start_unix_ns + random_.Below(2'000'000);
    if (random_.Chance(1, 15)) span.end_unix_ns = span.start_unix_ns - random_.Below(1000);
    if (random_.Chance(1, 30)) span.start_unix_ns = random_.Next();
    if (random_.Chance(1, 30)) span.end_unix_ns = random_.Chance(1, 2) ? 0 : random_.Next();
    span.attributes = Attributes(options_.attributes_max);
    span.dropped_attributes_count = Dropped();
    span.dropped_events_count = Dropped();
    span.dropped_links_count = Dropped();
    span.events.resize(random_.Chance(1, 3) ? random_.Below(4) : 0);
    if (random_.Chance(1, 50)) span.events.resize(100);
    for (SpanEvent& event : span.events) {
      event.time_unix_ns =
          random_.Chance(1, 10) ? random_.Next() : span.start_unix_ns + random_.Below(1000);
      event.name = random_.Chance(1, 2) ? "exception" : Word();
      event.attributes = Attributes(3);
      event.dropped_attributes_count = Dropped();
    }
    span.links.resize(random_.Chance(1, 5) ? random_.Below(4) : 0);
    for (SpanLink& link : span.links) {
      link.trace_id = Raw(random_.Chance(1, 5) ? random_.Below(30) : 16);
      link.span_id = Raw(random_.Chance(1, 5) ? random_.Below(30) : 8);
      link.trace_state = Word();
      link.attributes = Attributes(3);
      link.dropped_attributes_count = Dropped();
      link.flags = static_cast<std::uint32_t>(random_.Below(3));
    }
    span.status_code = static_cast<StatusCode>(random_.Below(random_.Chance(1, 20) ? 50 : 3));
    span.status_message = span.status_code == StatusCode::kError ? Word() : "";
  }

  Random& random_;
  const RandomTracesOptions& options_;
};

}  // namespace

TraceData RandomTraces(Random& random, const RandomTracesOptions& options) {
  return Maker(random, options).Make();
}

std::map<TraceId, std::vector<FlatSpan>> Flatten(const TraceData& data) {
  std::map<TraceId, std::vector<FlatSpan>> traces;
  for (const ResourceSpans& resource : data.resource_spans) {
    for (const ScopeSpans& scope : resource.scope_spans) {
      for (const Span& span : scope.spans) {
        traces[span.trace_id].push_back(
            {resource.resource, resource.schema_url, scope.scope, scope.schema_url, span});
      }
    }
  }
  return traces;
}

bool SameSpans(const std::vector<FlatSpan>& a, const std::vector<FlatSpan>& b) {
  if (a.size() != b.size()) return false;
  std::vector<bool> used(b.size(), false);
  return std::all_of(a.begin(), a.end(), [&b, &used](const FlatSpan& span) {
    for (std::size_t i = 0; i < b.size(); ++i) {
      if (used[i] || b[i].span.span_id != span.span.span_id || !(b[i] == span)) continue;
      used[i] = true;
      return true;
    }
    return false;
  });
}

}  // namespace vivace::block::testing

#include "tracing/tracer.h"

#include <algorithm>

namespace vivace::tracing {
namespace {

constexpr std::uint64_t kSampleRange = 1ULL << 63;

std::uint64_t SampleBelow(double rate) {
  if (rate >= 1.0) return kSampleRange;
  if (!(rate > 0.0)) return 0;
  return static_cast<std::uint64_t>(rate * static_cast<double>(kSampleRange));
}

TraceId RandomTraceId(Random& random) {
  TraceId id;
  while (id.IsZero()) {
    const std::uint64_t high = random.Next();
    const std::uint64_t low = random.Next();
    std::memcpy(id.bytes.data(), &high, 8);
    std::memcpy(id.bytes.data() + 8, &low, 8);
  }
  return id;
}

SpanId RandomSpanId(Random& random) {
  std::uint64_t number = 0;
  while (number == 0) number = random.Next();
  return SpanId::FromNumber(number);
}

// W3C Trace Context, level 2: bit 0 says sampled; bits 8 and 9 of OTLP's flags say that it is
// known whether the parent was remote. The sampled bit is what OTLP asks for.
constexpr std::uint32_t kSampledFlag = 1;

}  // namespace

ActiveSpan::ActiveSpan(const Tracer* tracer, SpanContext context, Span span)
    : tracer_(tracer), context_(std::move(context)), span_(std::move(span)) {}

ActiveSpan::ActiveSpan(ActiveSpan&& other) noexcept
    : tracer_(std::exchange(other.tracer_, nullptr)),
      context_(std::move(other.context_)),
      span_(std::move(other.span_)) {}

void ActiveSpan::SetAttribute(std::string_view key, AttributeValue value) {
  for (Attribute& attribute : span_.attributes) {
    if (attribute.key == key) {
      attribute.value = std::move(value);
      return;
    }
  }
  span_.attributes.push_back({std::string(key), std::move(value)});
}

void ActiveSpan::SetAttribute(std::string_view key, std::string_view value) {
  SetAttribute(key, AttributeValue{std::string(value)});
}
void ActiveSpan::SetAttribute(std::string_view key, std::int64_t value) {
  SetAttribute(key, AttributeValue{value});
}
void ActiveSpan::SetAttribute(std::string_view key, double value) {
  SetAttribute(key, AttributeValue{value});
}
void ActiveSpan::SetAttribute(std::string_view key, bool value) {
  SetAttribute(key, AttributeValue{value});
}

void ActiveSpan::AddEvent(std::string_view name, std::vector<Attribute> attributes,
                          std::uint64_t time_unix_ns) {
  if (tracer_ == nullptr) return;
  SpanEvent event;
  event.time_unix_ns =
      time_unix_ns != 0 ? time_unix_ns : static_cast<std::uint64_t>(tracer_->clock_.UnixNanos());
  event.name = std::string(name);
  event.attributes = std::move(attributes);
  span_.events.push_back(std::move(event));
}

void ActiveSpan::AddLink(const SpanContext& to, std::vector<Attribute> attributes) {
  SpanLink link;
  link.trace_id = std::string(to.trace_id.AsText());
  link.span_id = std::string(to.span_id.AsText());
  link.trace_state = to.trace_state;
  link.attributes = std::move(attributes);
  link.flags = to.sampled ? kSampledFlag : 0;
  span_.links.push_back(std::move(link));
}

void ActiveSpan::RecordException(std::string_view type, std::string_view message,
                                 std::uint64_t time_unix_ns) {
  AddEvent("exception",
           {MakeAttribute("exception.type", type), MakeAttribute("exception.message", message)},
           time_unix_ns);
  SetError(message);
}

void ActiveSpan::SetError(std::string_view message) {
  span_.status_code = StatusCode::kError;
  span_.status_message = std::string(message);
}

void ActiveSpan::End(std::uint64_t time_unix_ns) {
  const Tracer* tracer = std::exchange(tracer_, nullptr);
  if (tracer == nullptr || !context_.sampled) return;
  span_.end_unix_ns =
      time_unix_ns != 0 ? time_unix_ns : static_cast<std::uint64_t>(tracer->clock_.UnixNanos());
  tracer->sink_.Submit(tracer->origin_, std::move(span_));
}

Tracer::Tracer(std::shared_ptr<const SpanOrigin> origin, double sample_rate, Clock& clock,
               Random& random, SpanSink& sink)
    : origin_(std::move(origin)),
      sample_below_(SampleBelow(sample_rate)),
      clock_(clock),
      random_(random),
      sink_(sink) {}

bool Tracer::Sample(const TraceId& id) const {
  return (id.Low() & (kSampleRange - 1)) < sample_below_;
}

ActiveSpan Tracer::Start(std::string_view name, StartOptions options) const {
  SpanContext context;
  Span span;
  if (options.parent) {
    context = *options.parent;
    span.parent_span_id = std::string(context.span_id.AsText());
  } else {
    context.trace_id = RandomTraceId(random_);
    context.sampled = Sample(context.trace_id);
  }
  context.span_id = RandomSpanId(random_);
  span.trace_id = context.trace_id;
  span.span_id = context.span_id;
  span.trace_state = context.trace_state;
  span.flags = context.sampled ? kSampledFlag : 0;
  span.name = std::string(name);
  span.kind = options.kind;
  span.start_unix_ns = options.start_unix_ns != 0 ? options.start_unix_ns
                                                  : static_cast<std::uint64_t>(clock_.UnixNanos());
  return ActiveSpan(this, std::move(context), std::move(span));
}

Resource ServiceResource(std::string_view name, std::string_view version) {
  Resource resource;
  resource.attributes.push_back(MakeAttribute("service.name", name));
  if (!version.empty()) resource.attributes.push_back(MakeAttribute("service.version", version));
  resource.attributes.push_back(MakeAttribute("telemetry.sdk.language", "cpp"));
  resource.attributes.push_back(MakeAttribute("telemetry.sdk.name", "vivace"));
  return resource;
}

Attribute MakeAttribute(std::string_view key, std::string_view value) {
  return {std::string(key), AttributeValue{std::string(value)}};
}
Attribute MakeAttribute(std::string_view key, std::int64_t value) {
  return {std::string(key), AttributeValue{value}};
}

}  // namespace vivace::tracing

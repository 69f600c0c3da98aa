#pragma once
// Spans in the making. A Tracer starts them, an ActiveSpan collects what happens, a SpanSink
// takes them when they end.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "model/span.h"
#include "tracing/trace_context.h"

namespace vivace::tracing {

/// Who speaks: the resource and scope of a tracer's spans.
struct SpanOrigin {
  Resource resource;
  Scope scope;
};

/// Takes ended, sampled spans. Thread-safe. Must not block.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  virtual void Submit(std::shared_ptr<const SpanOrigin> origin, Span span) = 0;
};

/// A span that has begun. Ends when told or destroyed. Not thread-safe; movable.
class ActiveSpan {
 public:
  ActiveSpan(ActiveSpan&& other) noexcept;
  ActiveSpan& operator=(ActiveSpan&&) = delete;
  ~ActiveSpan() { End(); }

  void SetAttribute(std::string_view key, std::string_view value);
  void SetAttribute(std::string_view key, const char* value) {
    SetAttribute(key, std::string_view(value));
  }
  void SetAttribute(std::string_view key, std::int64_t value);
  void SetAttribute(std::string_view key, int value) {
    SetAttribute(key, static_cast<std::int64_t>(value));
  }
  void SetAttribute(std::string_view key, double value);
  void SetAttribute(std::string_view key, bool value);
  void SetAttribute(std::string_view key, AttributeValue value);

  /// `time_unix_ns` 0 means now.
  void AddEvent(std::string_view name, std::vector<Attribute> attributes = {},
                std::uint64_t time_unix_ns = 0);
  void AddLink(const SpanContext& to, std::vector<Attribute> attributes = {});
  /// An `exception` event as the semantic conventions name it, and status ERROR.
  void RecordException(std::string_view type, std::string_view message,
                       std::uint64_t time_unix_ns = 0);
  void SetError(std::string_view message);
  /// Ends at `time_unix_ns`, 0 means now; later calls do nothing.
  void End(std::uint64_t time_unix_ns = 0);

  const SpanContext& context() const { return context_; }

 private:
  friend class Tracer;
  ActiveSpan(const class Tracer* tracer, SpanContext context, Span span);

  const Tracer* tracer_;
  SpanContext context_;
  Span span_;
};

struct StartOptions {
  SpanKind kind = SpanKind::kInternal;
  std::optional<SpanContext> parent = std::nullopt;  ///< None: the root of a new trace.
  std::uint64_t start_unix_ns = 0;                   ///< 0 means now.
};

/// Makes spans. Thread-safe when `random` is. Everything given outlives the tracer and its spans.
class Tracer {
 public:
  /// `sample_rate` of new traces, 0 to 1, is decided from the trace id, so that every process
  /// decides alike (TraceIdRatioBased of the OpenTelemetry specification); a child follows its
  /// parent.
  Tracer(std::shared_ptr<const SpanOrigin> origin, double sample_rate, Clock& clock, Random& random,
         SpanSink& sink);

  ActiveSpan Start(std::string_view name, StartOptions options) const;

 private:
  friend class ActiveSpan;
  bool Sample(const TraceId& id) const;

  const std::shared_ptr<const SpanOrigin> origin_;
  const std::uint64_t sample_below_;  // Compared with the low 63 bits of the trace id.
  Clock& clock_;
  Random& random_;
  SpanSink& sink_;
};

/// A resource with service.name and, if given, service.version.
Resource ServiceResource(std::string_view name, std::string_view version = "");
Attribute MakeAttribute(std::string_view key, std::string_view value);
Attribute MakeAttribute(std::string_view key, std::int64_t value);

}  // namespace vivace::tracing

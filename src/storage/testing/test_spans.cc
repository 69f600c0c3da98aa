#include "storage/testing/test_spans.h"

#include <utility>

#include <fmt/core.h>

#include "base/check.h"
#include "otlp/encode.h"

namespace vivace::storage::testing {
namespace {

constexpr std::uint64_t kFirstStart = 1'700'000'000'000'000'000;

// Spreads ids over the whole range and can be undone: odd factor, modulo 2^64.
constexpr std::uint64_t kSpread = 0x9e3779b97f4a7c15ULL;

void PutBigEndian(std::uint64_t value, std::uint8_t* out) {
  for (int i = 7; i >= 0; --i, value >>= 8) out[i] = static_cast<std::uint8_t>(value);
}

Resource ResourceOf(SpanKey key) {
  return {.attributes = {{"service.name", {fmt::format("service-{}", key.span % 3)}},
                         {"host.number", {std::int64_t{key.span % 2}}}},
          .dropped_attributes_count = key.span % 2};
}

Scope ScopeOf(SpanKey key) {
  return {.name = fmt::format("scope-{}", key.trace % 2), .version = "1.0", .attributes = {}};
}

Span SpanOf(SpanKey key) {
  Span span;
  span.trace_id = TraceIdOf(key.trace);
  span.span_id = SpanId::FromNumber(key.span);
  span.name = fmt::format("operation {}", key.span % 7);
  span.kind = static_cast<SpanKind>(key.span % 6);
  span.start_unix_ns = StartOf(key);
  span.end_unix_ns = span.start_unix_ns + key.span * 1000;
  span.attributes = {{"key", {fmt::format("trace {} span {}", key.trace, key.span)}},
                     {"number", {std::int64_t{key.span}}},
                     {"flag", {key.span % 2 == 0}}};
  if (key.span % 4 == 0) {
    span.events.push_back({.time_unix_ns = span.start_unix_ns + 1,
                           .name = "event",
                           .attributes = {{"of", {std::int64_t{key.span}}}}});
  }
  if (key.span % 5 == 0) span.status_code = StatusCode::kError;
  return span;
}

}  // namespace

TraceId TraceIdOf(std::uint32_t trace) {
  TraceId id;
  PutBigEndian((trace + 1) * kSpread, id.bytes.data());
  PutBigEndian(trace, id.bytes.data() + 8);
  return id;
}

std::uint64_t StartOf(SpanKey key) {
  return kFirstStart + key.trace * std::uint64_t{1'000'000} + key.span % 997;
}

TraceData DataOf(const std::vector<SpanKey>& keys) {
  TraceData data;
  for (const SpanKey key : keys) {
    ResourceSpans resource{.resource = ResourceOf(key), .schema_url = "r", .scope_spans = {}};
    resource.scope_spans.push_back(
        {.scope = ScopeOf(key), .schema_url = "s", .spans = {SpanOf(key)}});
    data.resource_spans.push_back(std::move(resource));
  }
  return data;
}

otlp::Batch BatchOf(const std::vector<SpanKey>& keys) {
  auto bytes = std::make_shared<const std::string>(otlp::Encode(DataOf(keys)));
  Result<otlp::WalkResult> walked = otlp::Walk(std::move(bytes));
  CHECK(walked.ok());
  CHECK(walked->batch.span_count == keys.size());
  return std::move(walked->batch);
}

Status Check(const TraceData& data, Found& found) {
  for (const ResourceSpans& resource : data.resource_spans) {
    for (const ScopeSpans& scope : resource.scope_spans) {
      for (const Span& span : scope.spans) {
        const SpanKey key{.trace = static_cast<std::uint32_t>(span.trace_id.Low()),
                          .span = static_cast<std::uint32_t>(span.span_id.Number())};
        const bool same = span == SpanOf(key) && resource.resource == ResourceOf(key) &&
                          resource.schema_url == "r" && scope.scope == ScopeOf(key) &&
                          scope.schema_url == "s";
        if (!same) {
          return Error(ErrorCode::kCorruption,
                       fmt::format("trace {} span {} is altered", key.trace, key.span));
        }
        ++found[key];
      }
    }
  }
  return {};
}

Result<Found> Scan(const Snapshot& snapshot) {
  Found found;
  for (const auto& source : snapshot.sources()) {
    std::uint64_t spans = 0;
    for (std::size_t i = 0; i < source->row_group_count(); ++i) {
      ASSIGN_OR_RETURN(const auto rows, source->LoadRowGroup(i));
      spans += rows->span_count();
      for (const block::TraceEntry& trace : rows->traces()) {
        TraceData data;
        if (!rows->AppendTrace(trace.id, data)) {
          return Error(ErrorCode::kCorruption, "a trace of the table has no spans");
        }
        RETURN_IF_ERROR(Check(data, found));
      }
    }
    if (spans != source->meta().spans) {
      return Error(ErrorCode::kCorruption,
                   fmt::format("source {} has {} spans, its meta says {}", source->meta().name,
                               spans, source->meta().spans));
    }
  }
  return found;
}

Result<Found> FindTrace(const Snapshot& snapshot, std::uint32_t trace) {
  Found found;
  for (const auto& source : snapshot.sources()) {
    TraceData data;
    ASSIGN_OR_RETURN(const bool here, source->AppendTrace(TraceIdOf(trace), data));
    if (here != (data.SpanCount() > 0)) {
      return Error(ErrorCode::kCorruption, "AppendTrace says otherwise than it does");
    }
    RETURN_IF_ERROR(Check(data, found));
  }
  return found;
}

}  // namespace vivace::storage::testing

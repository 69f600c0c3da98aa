#pragma once
// Made-up traces with everything that OTLP allows, and what tests need to compare them.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/random.h"
#include "model/span.h"

namespace vivace::block::testing {

struct RandomTracesOptions {
  std::size_t traces = 10;
  std::size_t spans_per_trace_max = 12;
  std::size_t attributes_max = 8;
  /// Distinct values to draw from; small numbers give repeated values.
  std::size_t vocabulary = 20;
  /// One attribute in so many is an array, a map, bytes or empty; 0: none.
  std::size_t odd_value_one_in = 8;
  /// One key in so many is one that nobody else uses; 0: none.
  std::size_t rare_key_one_in = 30;
  std::uint64_t first_start_unix_ns = 1'700'000'000'000'000'000;
};

/// Spans of `traces` traces spread over several resources and scopes: all attribute types,
/// repeated keys, nested arrays and maps, parent ids that are missing, of odd length, foreign,
/// or shared, many events and links, NaN and -0, empty names, ends before starts.
TraceData RandomTraces(Random& random, const RandomTracesOptions& options);

/// One span with everything around it.
struct FlatSpan {
  Resource resource;
  std::string resource_schema_url;
  Scope scope;
  std::string scope_schema_url;
  Span span;
  bool operator==(const FlatSpan&) const = default;
};

/// The spans of `data` by trace, in its order.
std::map<TraceId, std::vector<FlatSpan>> Flatten(const TraceData& data);

/// True if both hold the same spans, each as often, in any order. Quadratic.
bool SameSpans(const std::vector<FlatSpan>& a, const std::vector<FlatSpan>& b);

}  // namespace vivace::block::testing

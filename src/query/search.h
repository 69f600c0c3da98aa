#pragma once
// Search: the newest traces that match, in a total order.

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/attribute.h"
#include "model/ids.h"
#include "query/budget.h"
#include "query/tag_search.h"
#include "storage/snapshot.h"
#include "traceql/ast.h"

namespace vivace::query {

/// Nanoseconds since the epoch, both ends included.
struct TimeWindow {
  std::uint64_t start_unix_ns = 0;
  std::uint64_t end_unix_ns = 0;
};

struct SearchRequest {
  /// A checked query that outlives the search; null: by `tags`.
  const traceql::Query* query = nullptr;
  std::vector<TagPair> tags;
  std::optional<std::uint64_t> duration_ns_min;  ///< Of the whole trace.
  std::optional<std::uint64_t> duration_ns_max;
  std::optional<TimeWindow> window;  ///< Traces whose time range overlaps it.
  std::size_t limit = 20;            ///< Traces; at least 1.
  std::size_t spans_per_span_set = 3;
  /// Candidates after which a search finds out which traces are split over row groups, to pass
  /// over whole ones cheaply: that looks at every trace table, which a search that fills its
  /// limit quickly need not.
  std::uint64_t judged_before_prefilter = 2000;
};

struct FoundSpan {
  SpanId id;
  std::optional<std::string> name;  ///< Only if the query speaks of names.
  std::uint64_t start_unix_ns = 0;
  std::uint64_t duration_ns = 0;
  /// What the query speaks of, by bare name, in its order; absent ones are left out.
  std::vector<Attribute> attributes;
};

struct ServiceStats {
  std::uint64_t spans = 0;
  std::uint64_t errors = 0;
};

struct FoundTrace {
  TraceId id;
  bool has_root = false;
  std::string root_service;
  std::string root_name;
  std::uint64_t start_unix_ns = 0;
  std::uint64_t duration_ns = 0;
  std::map<std::string, ServiceStats> services;
  /// The spans that match, by start time, at most spans_per_span_set of `matched`. A search by
  /// tags finds traces, not spans: `matched` is 0.
  std::vector<FoundSpan> spans;
  std::uint64_t matched = 0;
};

struct SearchResponse {
  std::vector<FoundTrace> traces;  ///< By start descending, then by id.
  std::uint64_t traces_inspected = 0;
  std::uint64_t spans_inspected = 0;
  std::uint64_t bytes_inspected = 0;
  std::uint64_t sources_inspected = 0;
  std::uint64_t sources = 0;
  std::vector<std::string> problems;  ///< Why traces may be missing, one text each.
};

// A source is left out when the window lies further away than this from all its traces. Without
// a window nothing is left out. A trace that lasts longer than that, lies in several sources, and
// matches only outside the window by more than this, may be missed. Half an hour is six times the
// age at which live data is cut; more would make every search over a short range read as much.
inline constexpr std::uint64_t kWindowMarginNanos = 1800ULL * 1'000'000'000;

/// Finds the newest `limit` traces that match. Every trace is judged whole, with its spans of
/// all sources. The same snapshot and request give the same answer.
Result<SearchResponse> Search(const storage::Snapshot& snapshot, const SearchRequest& request,
                              Budget& budget);

/// True when `source` may hold spans of traces that overlap `window`.
bool MayOverlap(const storage::SourceMeta& source, const std::optional<TimeWindow>& window);

}  // namespace vivace::query

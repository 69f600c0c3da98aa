#include "query/testing/plain_search.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/check.h"
#include "model/trace_merge.h"
#include "model/trace_tree.h"
#include "query/plain_evaluator.h"

namespace vivace::query::testing {

std::vector<Expected> SearchPlainly(const TraceData& all, const traceql::Query& query) {
  std::map<TraceId, std::vector<TraceData>> traces;
  for (const ResourceSpans& resource : all.resource_spans) {
    for (const ScopeSpans& scope : resource.scope_spans) {
      for (const Span& span : scope.spans) {
        ResourceSpans one{resource.resource, resource.schema_url, {}};
        one.scope_spans.push_back({scope.scope, scope.schema_url, {span}});
        traces[span.trace_id].push_back(TraceData{{std::move(one)}});
      }
    }
  }
  std::vector<Expected> found;
  Budget budget(RealClock(), {}, nullptr, nullptr);
  for (auto& [id, parts] : traces) {
    const TraceData whole = MergeTraceParts(std::move(parts));
    const TraceTree tree = TraceTree::Build(whole);
    const auto matches = PlainEvaluator(*query.filter.condition).Evaluate(tree, budget);
    CHECK(matches.ok());  // The budget is larger than any test needs.
    if (matches->empty()) continue;
    Expected expected{id, tree.StartUnixNanos(), tree.DurationNanos(), {}};
    for (const SpanMatch& match : *matches) {
      expected.spans.push_back(tree.spans()[match.span].span->span_id);
    }
    found.push_back(std::move(expected));
  }
  std::sort(found.begin(), found.end(), [](const Expected& a, const Expected& b) {
    return a.start != b.start ? a.start > b.start : a.id < b.id;
  });
  return found;
}

std::string Difference(const std::vector<Expected>& expected, const SearchRequest& request,
                       const SearchResponse& response) {
  const std::size_t count = std::min(expected.size(), request.limit);
  if (response.traces.size() != count) {
    return std::to_string(response.traces.size()) + " traces found, expected " +
           std::to_string(count);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const FoundTrace& found = response.traces[i];
    const Expected& wanted = expected[i];
    const std::string where = "trace " + std::to_string(i) + " " + wanted.id.ToHex();
    if (found.id != wanted.id) return where + ": found " + found.id.ToHex();
    if (found.start_unix_ns != wanted.start) return where + ": start differs";
    if (found.duration_ns != wanted.duration) return where + ": duration differs";
    if (found.matched != wanted.spans.size()) return where + ": count of spans differs";
    if (found.spans.size() != std::min(wanted.spans.size(), request.spans_per_span_set)) {
      return where + ": shown spans differ";
    }
    for (std::size_t s = 0; s < found.spans.size(); ++s) {
      if (found.spans[s].id != wanted.spans[s]) return where + ": span differs";
    }
  }
  return "";
}

}  // namespace vivace::query::testing

#pragma once
// Search the plain way: every trace joined, evaluated and sorted. What search is compared with.

#include <cstdint>
#include <string>
#include <vector>

#include "model/span.h"
#include "query/search.h"
#include "traceql/ast.h"

namespace vivace::query::testing {

/// One trace of an answer, as far as the plain way knows it.
struct Expected {
  TraceId id;
  std::uint64_t start = 0;
  std::uint64_t duration = 0;
  std::vector<SpanId> spans;
};

/// All traces of `all` that match, in the order of answers.
std::vector<Expected> SearchPlainly(const TraceData& all, const traceql::Query& query);

/// "" if `response` is the newest `limit` of `expected`, else what differs.
std::string Difference(const std::vector<Expected>& expected, const SearchRequest& request,
                       const SearchResponse& response);

}  // namespace vivace::query::testing

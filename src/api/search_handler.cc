#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "api/handlers.h"
#include "api/parameters.h"
#include "api/run_query.h"
#include "api/search_json.h"
#include "query/search.h"
#include "traceql/type_check.h"

namespace vivace::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::QueryParameters;

// Parameters that are no tags in the oldest form of search.
constexpr std::array<std::string_view, 12> kKnownParameters = {"q",
                                                               "query",
                                                               "tags",
                                                               "minDuration",
                                                               "maxDuration",
                                                               "limit",
                                                               "start",
                                                               "end",
                                                               "since",
                                                               "spss",
                                                               "skip_ast_transformations",
                                                               "mode"};

const std::string* FindFilled(const QueryParameters& query, std::string_view name) {
  const std::string* text = query.Find(name);
  return text != nullptr && !text->empty() ? text : nullptr;
}

// The oldest form: `?service.name=shop`, with nothing else that says what to look for.
std::vector<query::TagPair> BareTags(const QueryParameters& query) {
  for (const std::string_view name : {"q", "query", "tags", "start", "end"}) {
    if (query.Find(name) != nullptr) return {};
  }
  std::vector<query::TagPair> tags;
  for (const auto& [key, value] : query.all()) {
    const bool known =
        std::find(kKnownParameters.begin(), kKnownParameters.end(), key) != kKnownParameters.end();
    if (!known && tags.size() < query::kTagPairsMax) tags.push_back({key, value});
  }
  return tags;
}

Status ParseLimits(const ApiContext& context, const QueryParameters& query,
                   query::SearchRequest& request) {
  ASSIGN_OR_RETURN(
      const std::int64_t limit,
      ParseInteger(query, "limit", static_cast<std::int64_t>(context.search_limit_default)));
  if (limit <= 0) {
    return Error(ErrorCode::kInvalidArgument, "invalid limit: must be a positive number");
  }
  if (static_cast<std::uint64_t>(limit) > context.search_limit_max) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("limit {} exceeds max limit {}", limit, context.search_limit_max));
  }
  request.limit = static_cast<std::size_t>(limit);
  ASSIGN_OR_RETURN(
      const std::int64_t spss,
      ParseInteger(query, "spss", static_cast<std::int64_t>(context.spans_per_span_set_default)));
  if (spss <= 0) {
    return Error(ErrorCode::kInvalidArgument, "invalid spss: must be a positive number");
  }
  if (static_cast<std::uint64_t>(spss) > context.spans_per_span_set_max) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("invalid spss: {} exceeds max spans per span set {}", spss,
                             context.spans_per_span_set_max));
  }
  request.spans_per_span_set = static_cast<std::size_t>(spss);
  return OkStatus();
}

Status ParseDurations(const QueryParameters& query, query::SearchRequest& request) {
  ASSIGN_OR_RETURN(request.duration_ns_min, ParseDurationNanos(query, "minDuration"));
  ASSIGN_OR_RETURN(request.duration_ns_max, ParseDurationNanos(query, "maxDuration"));
  if (request.duration_ns_min && request.duration_ns_max &&
      *request.duration_ns_max < *request.duration_ns_min) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid maxDuration: must be greater than minDuration");
  }
  return OkStatus();
}

Result<HttpResponse> Search(const ApiContext& context, const HttpRequest& http,
                            query::Budget& budget) {
  query::SearchRequest request;
  const std::string* text = FindFilled(http.query, "q");
  if (text == nullptr) text = FindFilled(http.query, "query");
  const std::string* tags = FindFilled(http.query, "tags");
  if (text != nullptr && tags != nullptr) {
    return Error(ErrorCode::kInvalidArgument,
                 "invalid request: can't specify tags and q in the same query");
  }
  std::optional<traceql::Query> query;
  if (text != nullptr) {
    auto parsed = traceql::ParseQuery(*text);
    if (!parsed.ok()) return std::move(parsed).error().Wrap("invalid TraceQL query");
    query = std::move(parsed).value();
    request.query = &*query;
  } else if (tags != nullptr) {
    ASSIGN_OR_RETURN(request.tags, query::ParseLogfmt(*tags));
  } else {
    request.tags = BareTags(http.query);
  }
  RETURN_IF_ERROR(ParseLimits(context, http.query, request));
  RETURN_IF_ERROR(ParseDurations(http.query, request));
  ASSIGN_OR_RETURN(request.window, ParseWindow(http.query, context.clock));

  const auto snapshot = context.store.TakeSnapshot(context.tenant);
  ASSIGN_OR_RETURN(const query::SearchResponse found, query::Search(*snapshot, request, budget));
  HttpResponse response = HttpResponse::Json(200, WriteSearchJson(found));
  AddPartialHeader(found.problems, response);
  return response;
}

}  // namespace

void RegisterSearch(net::Router& router, const ApiContext& context) {
  router.Handle("GET", "/api/search", "search",
                OnExecutor(context, [&context](const HttpRequest& request, query::Budget& budget) {
                  return Search(context, request, budget);
                }));
}

}  // namespace vivace::api

#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "api/handlers.h"
#include "api/parameters.h"
#include "api/run_query.h"
#include "base/json_writer.h"
#include "query/tags.h"
#include "traceql/parser.h"
#include "traceql/type_check.h"

namespace vivace::api {
namespace {

using net::HttpRequest;
using net::HttpResponse;
using net::QueryParameters;
using Tag = std::variant<traceql::AttributeReference, traceql::Intrinsic>;

void WriteMetrics(JsonWriter& json, const query::TagFigures& figures) {
  json.Key("metrics").BeginObject();
  json.Key("inspectedBytes").NumberText(figures.bytes_inspected);
  json.Key("totalJobs").Number(figures.sources);
  json.Key("completedJobs").Number(figures.sources);
  json.Key("totalBlocks").Number(figures.sources);
  json.Key("totalBlockBytes").NumberText(figures.bytes_inspected);
  json.EndObject();
}

// What names and values share: the range, and a filter that is no error if it cannot be read,
// for clients send what a user has typed so far.
struct TagQuestion {
  std::optional<traceql::Query> filter;
  query::TagRange range;
};

Status ParseQuestion(const ApiContext& context, const QueryParameters& query,
                     TagQuestion& question) {
  ASSIGN_OR_RETURN(question.range.window, ParseWindow(query, context.clock));
  ASSIGN_OR_RETURN(question.range.limit, ParseTagLimit(query));
  const std::string* text = query.Find("q");
  if (text == nullptr || text->empty()) return OkStatus();
  auto parsed = traceql::ParseQuery(*text);
  if (!parsed.ok()) parsed = traceql::ParseQuery(traceql::RemoveIncompleteComparisons(*text));
  if (!parsed.ok()) return OkStatus();
  question.filter = std::move(parsed).value();
  question.range.filter = &*question.filter;
  return OkStatus();
}

Result<query::TagNames> FindNames(const ApiContext& context, const HttpRequest& request,
                                  query::Budget& budget, std::optional<query::TagScope>& scope) {
  const std::string* text = request.query.Find("scope");
  if (text != nullptr && !text->empty() && *text != "none") {
    scope = query::FindTagScope(*text);
    if (!scope) {
      return Error(ErrorCode::kInvalidArgument, fmt::format("invalid scope: {}", *text));
    }
  }
  TagQuestion question;
  RETURN_IF_ERROR(ParseQuestion(context, request.query, question));
  const auto snapshot = context.store.TakeSnapshot(context.tenant);
  return query::FindTagNames(*snapshot, scope, question.range, budget);
}

Result<HttpResponse> GetNamesV1(const ApiContext& context, const HttpRequest& request,
                                query::Budget& budget) {
  std::optional<query::TagScope> scope;
  ASSIGN_OR_RETURN(const query::TagNames found, FindNames(context, request, budget, scope));
  std::set<std::string_view> names;
  for (const auto& [name_scope, scope_names] : found.names) {
    // Intrinsics only for those who ask for them.
    if (name_scope == query::TagScope::kIntrinsic && scope != query::TagScope::kIntrinsic) continue;
    names.insert(scope_names.begin(), scope_names.end());
  }
  JsonWriter json;
  json.BeginObject();
  json.Key("tagNames").BeginArray();
  for (const std::string_view name : names) json.String(name);
  json.EndArray();
  WriteMetrics(json, found.figures);
  json.EndObject();
  HttpResponse response = HttpResponse::Json(200, json.Take());
  AddPartialHeader(found.figures.cuts, response);
  return response;
}

Result<HttpResponse> GetNamesV2(const ApiContext& context, const HttpRequest& request,
                                query::Budget& budget) {
  std::optional<query::TagScope> scope;
  ASSIGN_OR_RETURN(const query::TagNames found, FindNames(context, request, budget, scope));
  JsonWriter json;
  json.BeginObject();
  json.Key("scopes").BeginArray();
  for (const auto& [name_scope, names] : found.names) {
    if (names.empty()) continue;
    json.BeginObject();
    json.Key("name").String(query::TagScopeName(name_scope));
    json.Key("tags").BeginArray();
    for (const std::string& name : names) json.String(name);
    json.EndArray();
    json.EndObject();
  }
  json.EndArray();
  WriteMetrics(json, found.figures);
  json.EndObject();
  HttpResponse response = HttpResponse::Json(200, json.Take());
  AddPartialHeader(found.figures.cuts, response);
  return response;
}

Result<query::TagValues> FindValues(const ApiContext& context, const HttpRequest& request,
                                    const Tag& tag, query::Budget& budget) {
  TagQuestion question;
  RETURN_IF_ERROR(ParseQuestion(context, request.query, question));
  const auto snapshot = context.store.TakeSnapshot(context.tenant);
  return query::FindTagValues(*snapshot, tag, question.range, budget);
}

HttpResponse WriteValuesV1(const std::set<std::string_view>& values,
                           const query::TagFigures& figures) {
  JsonWriter json;
  json.BeginObject();
  json.Key("tagValues").BeginArray();
  for (const std::string_view value : values) json.String(value);
  json.EndArray();
  WriteMetrics(json, figures);
  json.EndObject();
  HttpResponse response = HttpResponse::Json(200, json.Take());
  AddPartialHeader(figures.cuts, response);
  return response;
}

// Bare names, as version 1 has them.
Tag BareTag(const std::string& name) {
  if (name == "root.name") return traceql::Intrinsic::kRootName;
  if (name == "root.service.name") return traceql::Intrinsic::kRootServiceName;
  if (const auto intrinsic = traceql::FindIntrinsic(name)) return *intrinsic;
  return traceql::AttributeReference{traceql::AttributeScope::kUnscoped, name};
}

Result<HttpResponse> GetValuesV1(const ApiContext& context, const HttpRequest& request,
                                 query::Budget& budget) {
  const std::string& name = request.path_parameters.at(0);
  if (name == "status.code") return WriteValuesV1({"unset", "ok", "error"}, {});
  if (name == "error") return WriteValuesV1({"true"}, {});
  ASSIGN_OR_RETURN(const query::TagValues found,
                   FindValues(context, request, BareTag(name), budget));
  std::set<std::string_view> texts;
  for (const query::TagValue& value : found.values) texts.insert(value.text);
  return WriteValuesV1(texts, found.figures);
}

Result<HttpResponse> GetValuesV2(const ApiContext& context, const HttpRequest& request,
                                 query::Budget& budget) {
  auto tag = traceql::ParseReference(request.path_parameters.at(0));
  if (!tag.ok()) {
    return std::move(tag).error().Wrap("please provide a valid tagName");
  }
  ASSIGN_OR_RETURN(const query::TagValues found, FindValues(context, request, *tag, budget));
  JsonWriter json;
  json.BeginObject();
  json.Key("tagValues").BeginArray();
  for (const query::TagValue& value : found.values) {
    json.BeginObject();
    json.Key("type").String(query::TagTypeName(value.type));
    json.Key("value").String(value.text);
    json.EndObject();
  }
  json.EndArray();
  WriteMetrics(json, found.figures);
  json.EndObject();
  HttpResponse response = HttpResponse::Json(200, json.Take());
  AddPartialHeader(found.figures.cuts, response);
  return response;
}

}  // namespace

void RegisterTags(net::Router& router, const ApiContext& context) {
  using Handler = Result<HttpResponse> (*)(const ApiContext&, const HttpRequest&, query::Budget&);
  const auto handle = [&](std::string pattern, std::string name, Handler handler) {
    router.Handle(
        "GET", std::move(pattern), std::move(name),
        OnExecutor(context, [&context, handler](const HttpRequest& request, query::Budget& budget) {
          return handler(context, request, budget);
        }));
  };
  handle("/api/search/tags", "tag_names", GetNamesV1);
  handle("/api/v2/search/tags", "tag_names_v2", GetNamesV2);
  // A tag may hold slashes.
  handle("/api/search/tag/{*}/values", "tag_values", GetValuesV1);
  handle("/api/v2/search/tag/{*}/values", "tag_values_v2", GetValuesV2);
}

}  // namespace vivace::api

#include "net/router.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace vivace::net {
namespace {

std::vector<std::string_view> Split(std::string_view path) {
  std::vector<std::string_view> segments;
  if (path.starts_with('/')) path.remove_prefix(1);
  while (true) {
    const std::size_t end = path.find('/');
    segments.push_back(path.substr(0, end));
    if (end == std::string_view::npos) return segments;
    path.remove_prefix(end + 1);
  }
}

enum class SegmentKind { kExact, kOne, kRest };

struct Segment {
  SegmentKind kind;
  std::string text;
};

// One path with its methods.
struct Route {
  struct Method {
    std::string method;
    std::size_t name;
    HttpHandler handler;
  };
  std::string pattern;
  std::vector<Segment> segments;
  std::vector<Method> methods;
};

std::vector<Segment> ParsePattern(std::string_view pattern) {
  CHECK(pattern.starts_with('/'));
  std::vector<Segment> segments;
  int rests = 0;
  for (const std::string_view text : Split(pattern)) {
    if (text == "{}") {
      segments.push_back({SegmentKind::kOne, ""});
    } else if (text == "{*}") {
      segments.push_back({SegmentKind::kRest, ""});
      ++rests;
    } else {
      segments.push_back({SegmentKind::kExact, std::string(text)});
    }
  }
  CHECK(rests <= 1);
  return segments;
}

// Exact segments before {}, {} before {*}, from left to right; so that the first route that
// matches is the most particular one.
bool MoreParticular(const Route& a, const Route& b) {
  const std::size_t common = std::min(a.segments.size(), b.segments.size());
  for (std::size_t i = 0; i < common; ++i) {
    if (a.segments[i].kind != b.segments[i].kind) {
      return a.segments[i].kind < b.segments[i].kind;
    }
  }
  return a.segments.size() > b.segments.size();
}

std::optional<std::vector<std::string>> MatchRoute(const Route& route,
                                                   const std::vector<std::string>& path) {
  const bool greedy = std::any_of(route.segments.begin(), route.segments.end(),
                                  [](const Segment& s) { return s.kind == SegmentKind::kRest; });
  if (greedy ? path.size() < route.segments.size() : path.size() != route.segments.size()) {
    return std::nullopt;
  }
  std::vector<std::string> parameters;
  std::size_t at = 0;
  for (const Segment& segment : route.segments) {
    switch (segment.kind) {
      case SegmentKind::kExact:
        if (path[at] != segment.text) return std::nullopt;
        ++at;
        break;
      case SegmentKind::kOne:
        if (path[at].empty()) return std::nullopt;
        parameters.push_back(path[at]);
        ++at;
        break;
      case SegmentKind::kRest: {
        const std::size_t taken = path.size() - (route.segments.size() - 1);
        std::string rest = path[at];
        for (std::size_t i = 1; i < taken; ++i) rest += "/" + path[at + i];
        if (rest.empty()) return std::nullopt;
        parameters.push_back(std::move(rest));
        at += taken;
        break;
      }
    }
  }
  return parameters;
}

}  // namespace

struct Router::Impl {
  struct Grpc {
    std::size_t name = 0;
    GrpcHandler handler;
    GrpcStatus refusal;
  };
  std::vector<Route> routes;  // Most particular first.
  HttpHandler fallback;
  std::size_t fallback_name = 0;
  std::map<std::string, Grpc, std::less<>> grpc;
  std::vector<std::string> names{"other"};
  CorsConfig cors;
  ErrorShaper shaper;

  std::size_t AddName(std::string name) {
    const auto found = std::find(names.begin(), names.end(), name);
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
    names.push_back(std::move(name));
    return names.size() - 1;
  }
};

Router::Router() : impl_(std::make_unique<Impl>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::Handle(std::string method, std::string pattern, std::string name,
                    HttpHandler handler) {
  const std::size_t index = impl_->AddName(std::move(name));
  auto same = std::find_if(impl_->routes.begin(), impl_->routes.end(),
                           [&](const Route& route) { return route.pattern == pattern; });
  if (same != impl_->routes.end()) {
    same->methods.push_back({std::move(method), index, std::move(handler)});
    return;
  }
  Route route;
  route.segments = ParsePattern(pattern);
  route.pattern = std::move(pattern);
  route.methods.push_back({std::move(method), index, std::move(handler)});
  impl_->routes.insert(
      std::upper_bound(impl_->routes.begin(), impl_->routes.end(), route, MoreParticular),
      std::move(route));
}

void Router::Fallback(HttpHandler handler) {
  impl_->fallback_name = impl_->AddName("fallback");
  impl_->fallback = std::move(handler);
}

void Router::HandleGrpc(std::string method, GrpcHandler handler) {
  CHECK(method.starts_with('/'));
  const std::size_t name = impl_->AddName(method);
  impl_->grpc[std::move(method)] = Impl::Grpc{name, std::move(handler), {}};
}

void Router::RefuseGrpc(std::string method, GrpcStatus status) {
  CHECK(method.starts_with('/'));
  const std::size_t name = impl_->AddName(method);
  impl_->grpc[std::move(method)] = Impl::Grpc{name, nullptr, std::move(status)};
}

void Router::SetCors(CorsConfig cors) { impl_->cors = cors; }
void Router::SetErrorShaper(ErrorShaper shaper) { impl_->shaper = std::move(shaper); }
const std::vector<std::string>& Router::route_names() const { return impl_->names; }
const CorsConfig& Router::cors() const { return impl_->cors; }

Router::HttpMatch Router::FindHttp(std::string_view method, std::string_view raw_path) const {
  HttpMatch match;
  std::vector<std::string> path;
  for (const std::string_view segment : Split(raw_path)) {
    auto decoded = PercentDecode(segment, false);
    if (!decoded.ok()) {  // ParseTarget refused it already; for other callers it is unknown.
      match.status = 404;
      return match;
    }
    path.push_back(*std::move(decoded));
  }
  bool known_path = false;
  for (const Route& route : impl_->routes) {
    auto parameters = MatchRoute(route, path);
    if (!parameters) continue;
    known_path = true;
    const Route::Method* get = nullptr;
    for (const Route::Method& candidate : route.methods) {
      if (candidate.method == method) {
        match.handler = &candidate.handler;
        match.route = candidate.name;
        match.path_parameters = *std::move(parameters);
        return match;
      }
      if (candidate.method == "GET") get = &candidate;
      if (!match.allow.empty()) match.allow += ", ";
      match.allow += candidate.method;
    }
    if (get != nullptr) match.allow += ", HEAD";
    if (get != nullptr && method == "HEAD") {
      match.handler = &get->handler;
      match.route = get->name;
      match.path_parameters = *std::move(parameters);
      return match;
    }
  }
  if (known_path) {
    match.status = 405;
    return match;
  }
  if (impl_->fallback && (method == "GET" || method == "HEAD")) {
    match.handler = &impl_->fallback;
    match.route = impl_->fallback_name;
    return match;
  }
  match.status = 404;
  return match;
}

Router::GrpcMatch Router::FindGrpc(std::string_view method) const {
  GrpcMatch match;
  const auto found = impl_->grpc.find(method);
  if (found == impl_->grpc.end()) {
    match.refusal = {GrpcCode::kUnimplemented,
                     fmt::format("unknown method {}; is this the right port?", method),
                     std::nullopt};
    return match;
  }
  match.route = found->second.name;
  if (found->second.handler) {
    match.handler = &found->second.handler;
  } else {
    match.refusal = found->second.refusal;
  }
  return match;
}

HttpResponse Router::MakeError(int status, std::string message, const HttpRequest& head) const {
  if (impl_->shaper) return impl_->shaper(status, std::move(message), head);
  return HttpResponse::Text(status, std::move(message));
}

void Router::Dispatch(HttpRequest request, HttpResponder responder) const {
  HttpMatch match = FindHttp(request.method, request.raw_path);
  if (match.handler != nullptr) {
    request.path_parameters = std::move(match.path_parameters);
    (*match.handler)(std::move(request), std::move(responder));
    return;
  }
  HttpResponse response =
      match.status == 405 ? MakeError(405,
                                      fmt::format("method {} is not allowed for {}; allowed: {}",
                                                  request.method, request.path, match.allow),
                                      request)
                          : MakeError(404, fmt::format("no such path: {}", request.path), request);
  if (match.status == 405) response.headers.Add("Allow", match.allow);
  responder.Send(std::move(response));
}

void Router::DispatchGrpc(GrpcRequest request, GrpcResponder responder) const {
  GrpcMatch match = FindGrpc(request.method);
  if (match.handler != nullptr) {
    (*match.handler)(std::move(request), std::move(responder));
    return;
  }
  responder.Finish(std::move(match.refusal));
}

}  // namespace vivace::net

#pragma once
// Which handler answers which path. Built at start, then immutable.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/grpc.h"
#include "net/http.h"

namespace vivace::net {

/// Cross-origin rules of a listener (Fetch standard, CORS protocol).
struct CorsConfig {
  bool enabled = false;  ///< True: any origin may POST, no credentials.
};

/// Makes the answer for an error that the listener or the router found: 400, 404, 405, 408,
/// 413, 415, 417, 503. `head` is the request without a body. Called on an I/O thread.
using ErrorShaper =
    std::function<HttpResponse(int status, std::string message, const HttpRequest& head)>;

/// Routes of one listener. Not thread-safe while it is being filled.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;
  Router& operator=(Router&&) noexcept;

  /// `pattern` is a path whose segments may be `{}` (one segment, may hold anything after
  /// decoding) or, once, `{*}` (one or more segments, joined by slashes). Exact segments win
  /// over {}, and {} over {*}. `name` labels metrics. GET routes answer HEAD, too.
  /// A path known with another method answers 405 with Allow; an unknown one goes to the
  /// fallback, else 404.
  void Handle(std::string method, std::string pattern, std::string name, HttpHandler handler);
  /// Answers GET and HEAD of paths that no route knows (the web UI).
  void Fallback(HttpHandler handler);
  /// `method` is "/package.Service/Method". Unknown ones answer UNIMPLEMENTED.
  void HandleGrpc(std::string method, GrpcHandler handler);
  /// The code and text for gRPC services that are known to be refused, e.g. OTLP metrics.
  void RefuseGrpc(std::string method, GrpcStatus status);
  void SetCors(CorsConfig cors);
  /// Shapes errors of the listener and of the router; plain text without it.
  void SetErrorShaper(ErrorShaper shaper);

  /// What became of a look-up. Points into the router.
  struct HttpMatch {
    const HttpHandler* handler = nullptr;  ///< Null: `status` and `allow` say why.
    std::size_t route = 0;                 ///< Index into route_names().
    std::vector<std::string> path_parameters;
    int status = 200;   ///< 200, 404 or 405.
    std::string allow;  ///< Methods of the path, for 405 and OPTIONS.
  };
  HttpMatch FindHttp(std::string_view method, std::string_view raw_path) const;

  struct GrpcMatch {
    const GrpcHandler* handler = nullptr;  ///< Null: `refusal` is the answer.
    std::size_t route = 0;                 ///< Index into route_names().
    GrpcStatus refusal;
  };
  GrpcMatch FindGrpc(std::string_view method) const;

  /// Names of all routes, for metrics: a closed set. The first stands for requests that no
  /// route takes.
  const std::vector<std::string>& route_names() const;
  const CorsConfig& cors() const;
  HttpResponse MakeError(int status, std::string message, const HttpRequest& head) const;

  /// Finds the route and calls its handler or answers the error. Connections look up and call
  /// in two steps; this is for callers that hold a whole request.
  void Dispatch(HttpRequest request, HttpResponder responder) const;
  void DispatchGrpc(GrpcRequest request, GrpcResponder responder) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vivace::net

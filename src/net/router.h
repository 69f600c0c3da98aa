#pragma once
// Which handler answers which path. Built at start, then immutable.

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

/// Routes of one listener. Not thread-safe while it is being filled.
class Router {
 public:
  Router();
  ~Router();
  Router(Router&&) noexcept;

  /// `pattern` is a path whose segments may be `{}` (one segment, may hold anything after
  /// decoding) or, last, `{*}` (the rest). Exact segments win over {}. `name` labels metrics.
  /// A path known with another method answers 405 with Allow; an unknown one goes to the
  /// fallback, else 404.
  void Handle(std::string method, std::string pattern, std::string name, HttpHandler handler);
  /// Answers paths that no route knows (the web UI).
  void Fallback(HttpHandler handler);
  /// `method` is "/package.Service/Method". Unknown ones answer UNIMPLEMENTED.
  void HandleGrpc(std::string method, GrpcHandler handler);
  /// The code and text for gRPC services that are known to be refused, e.g. OTLP metrics.
  void RefuseGrpc(std::string method, GrpcStatus status);
  void SetCors(CorsConfig cors);

  /// Used by connections.
  void Dispatch(HttpRequest request, HttpResponder responder) const;
  void DispatchGrpc(GrpcRequest request, GrpcResponder responder) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vivace::net

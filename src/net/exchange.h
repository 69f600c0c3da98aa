#pragma once
// One HTTP request from its head to its answer, the same for HTTP/1.1 and HTTP/2.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/body.h"
#include "net/session.h"

namespace vivace::net {

/// What an answer depends on besides the handler.
struct RequestTraits {
  std::size_t route = 0;
  std::string method;
  bool accepts_gzip = false;
  bool cross_origin = false;  ///< Has Origin, and the listener allows it.
  Nanoseconds started{0};
};

/// Makes an answer ready for the wire: compression, CORS, Date, Content-Length and the rest;
/// counts it in the metrics. Any thread.
void FinishResponse(const ListenerContext& listener, const RequestTraits& traits,
                    HttpResponse& response);

/// Receives one request. Where a function returns an answer, the request is refused: the caller
/// sends that (it is finished) and drops what is left of the body.
class HttpIntake {
 public:
  /// `head` has method, headers, peer and over_http2.
  HttpIntake(std::shared_ptr<const ListenerContext> listener, HttpRequest head);

  /// Checks target, route and body headers. `content_length` if announced.
  std::optional<HttpResponse> Begin(std::string_view target,
                                    std::optional<std::uint64_t> content_length);
  std::optional<HttpResponse> Append(std::string_view bytes);
  std::optional<HttpResponse> End();
  /// An error that the session found, in the shape the router wants.
  HttpResponse Refuse(int status, std::string message);
  /// Calls the handler. After End() only.
  void Dispatch(std::weak_ptr<SessionPort> port, std::int32_t stream,
                std::shared_ptr<CallState> state, RunningCalls running);

  const RequestTraits& traits() const { return traits_; }

 private:
  HttpResponse RefuseFor(const Error& error);
  std::optional<HttpResponse> Preflight();

  const std::shared_ptr<const ListenerContext> listener_;
  HttpRequest request_;
  RequestTraits traits_;
  const HttpHandler* handler_ = nullptr;
  std::optional<BodyCollector> body_;
};

}  // namespace vivace::net

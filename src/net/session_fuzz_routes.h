#pragma once
// What the session fuzzers share: routes, small limits, and feeding in pieces.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "net/session_harness.h"

namespace vivace::net {

inline Router FuzzRouter() {
  Router router;
  const auto echo = [](HttpRequest request, HttpResponder responder) {
    CHECK(request.path.find("/../") == std::string::npos);
    CHECK(request.body.size() <= 4096);
    responder.Send(HttpResponse::Text(200, request.path + request.body));
  };
  router.Handle("GET", "/", "root", echo);
  router.Handle("POST", "/{*}", "echo", echo);
  router.HandleGrpc("/t/M", [](GrpcRequest request, GrpcResponder responder) {
    CHECK(request.message.size() <= 4096);
    responder.Write(request.message);
    responder.Finish({});
  });
  return router;
}

inline Limits FuzzLimits() {
  Limits limits;
  limits.header_bytes_max = 2048;
  limits.body_bytes_max = 4096;
  limits.streams_per_connection_max = 8;
  return limits;
}

/// The first byte of each piece gives its size; time passes between pieces. At the end all that
/// was held is given back.
inline void FeedInPieces(SessionHarness& session, std::string_view bytes) {
  while (!bytes.empty() && !session.session().Finished()) {
    const std::size_t size = static_cast<unsigned char>(bytes.front()) * std::size_t{8} + 1;
    bytes.remove_prefix(1);
    session.Feed(bytes.substr(0, size));
    bytes.remove_prefix(size < bytes.size() ? size : bytes.size());
    session.Wait(std::chrono::milliseconds(size));
  }
  session.session().Drain();
  session.End();
  session.Wait(std::chrono::minutes(5));
  CHECK(session.session().Finished());
  CHECK(session.accountant().used() == 0);
}

}  // namespace vivace::net

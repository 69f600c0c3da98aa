// Any bytes to an HTTP/2 session, in pieces whose sizes come from the input.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "net/http2_session.h"
#include "net/session_fuzz_routes.h"
#include "net/session_harness.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vivace::net::SessionHarness;
  SessionHarness session(&vivace::net::MakeHttp2Session, vivace::net::FuzzRouter(),
                         vivace::net::FuzzLimits());
  session.Output();
  vivace::net::FeedInPieces(session, {reinterpret_cast<const char*>(data), size});
  return 0;
}

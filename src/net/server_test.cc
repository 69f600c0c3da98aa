#include "net/server.h"

#include <chrono>
#include <string>
#include <string_view>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/server_fixture.h"

namespace vivace::net {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::StartsWith;

HttpHandler Echo() {
  return [](HttpRequest request, HttpResponder responder) {
    responder.Send(HttpResponse::Text(
        200, fmt::format("{} {} [{}]", request.method, request.path, request.body)));
  };
}

class ServerTest : public ServerFixture {
 protected:
  void ServeEcho(Limits limits = {}) {
    Router router;
    router.Handle("GET", "/echo", "echo", Echo());
    router.Handle("POST", "/echo", "echo", Echo());
    router.Handle("GET", "/echo/{}", "echo_one", Echo());
    Serve(std::move(router), limits);
  }
};

TEST_F(ServerTest, AnswersAGetWithTheUsualHeaders) {
  ServeEcho();
  const std::string answer =
      Exchange("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 12\r\n"));
  EXPECT_THAT(answer, HasSubstr("Date: "));
  EXPECT_THAT(answer, HasSubstr("Server: vivace\r\n"));
  EXPECT_THAT(answer, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, ::testing::EndsWith("\r\n\r\nGET /echo []"));
}

TEST_F(ServerTest, KeepsTheConnectionForPipelinedRequests) {
  ServeEcho();
  const std::string answer = Exchange(
      "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "2\r\ntw\r\n1;a=b\r\no\r\n0\r\nTrailer: x\r\n\r\n"
      "GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("POST /echo [one]"));
  EXPECT_THAT(answer, HasSubstr("POST /echo [two]"));
  EXPECT_THAT(answer, HasSubstr("GET /echo []"));
}

TEST_F(ServerTest, TakesBytesOneByOne) {
  ServeEcho();
  TestClient client(address_);
  for (const char c : std::string_view(
           "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
           "Connection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n")) {
    client.Send(std::string_view(&c, 1));
  }
  EXPECT_THAT(client.ReadAll(milliseconds(2000)), HasSubstr("POST /echo [abc]"));
}

}  // namespace
}  // namespace vivace::net

#include "net/server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/executor.h"
#include "net/inflate.h"
#include "net/test_client.h"

namespace vivace::net {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

HttpHandler Echo() {
  return [](HttpRequest request, HttpResponder responder) {
    responder.Send(HttpResponse::Text(
        200, fmt::format("{} {} [{}]", request.method, request.path, request.body)));
  };
}

// A server with one listener on a free port.
class ServerTest : public ::testing::Test {
 protected:
  void Serve(Router router, Limits limits = {}, std::size_t io_threads = 1) {
    server_ = std::make_unique<Server>(Server::Config{io_threads}, RealClock(), accountant_,
                                       metrics_);
    ListenerConfig config;
    config.name = "test";
    config.address = "127.0.0.1:0";
    config.limits = limits;
    auto address = server_->Listen(config, std::move(router));
    ASSERT_TRUE(address.ok()) << address.error().message();
    address_ = *address;
    const Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started.error().message();
  }

  void ServeEcho(Limits limits = {}) {
    Router router;
    router.Handle("GET", "/echo", "echo", Echo());
    router.Handle("POST", "/echo", "echo", Echo());
    router.Handle("GET", "/echo/{}", "echo_one", Echo());
    Serve(std::move(router), limits);
  }

  // Sends `request` and returns all that comes until the server closes or the time is over.
  std::string Exchange(std::string_view request, milliseconds timeout = milliseconds(2000)) {
    TestClient client(address_);
    client.Send(request);
    return client.ReadAll(timeout);
  }

  ByteAccountant accountant_{256ULL << 20};
  MetricsRegistry metrics_;
  std::string address_;
  std::unique_ptr<Server> server_;
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

#include "net/server.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/executor.h"
#include "net/grpc_wire.h"
#include "net/inflate.h"
#include "net/server_fixture.h"
#include "net/test_http2_client.h"

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

// Keeps the responders of its handlers for the test to answer.
class Hanging {
 public:
  HttpHandler Handler() {
    return [this](HttpRequest, HttpResponder responder) {
      const std::lock_guard lock(mutex_);
      responders_.push_back(std::move(responder));
    };
  }
  GrpcHandler GrpcCallHandler() {
    return [this](GrpcRequest, GrpcResponder responder) {
      const std::lock_guard lock(mutex_);
      calls_.push_back(std::move(responder));
    };
  }
  std::size_t count() {
    const std::lock_guard lock(mutex_);
    return responders_.size();
  }
  std::size_t calls() {
    const std::lock_guard lock(mutex_);
    return calls_.size();
  }
  HttpResponder at(std::size_t i) {
    const std::lock_guard lock(mutex_);
    return responders_.at(i);
  }
  GrpcResponder call(std::size_t i) {
    const std::lock_guard lock(mutex_);
    return calls_.at(i);
  }

 private:
  std::mutex mutex_;
  std::vector<HttpResponder> responders_;
  std::vector<GrpcResponder> calls_;
};

// Lowers how many descriptors the process may have to those it has and `more`.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t more) {
    EXPECT_EQ(getrlimit(RLIMIT_NOFILE, &before_), 0);
    const int highest = ::dup(0);
    ::close(highest);
    rlimit low = before_;
    low.rlim_cur = static_cast<rlim_t>(highest) + more;
    EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &low), 0);
  }
  ~DescriptorLimit() { EXPECT_EQ(setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_{};
};

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
  const std::string answer = Exchange("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
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
  for (const char c :
       std::string_view("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
                        "Connection: close\r\n\r\n3\r\nabc\r\n0\r\n\r\n")) {
    client.Send(std::string_view(&c, 1));
  }
  EXPECT_THAT(client.ReadAll(milliseconds(2000)), HasSubstr("POST /echo [abc]"));
}

TEST_F(ServerTest, TakesBodiesInEveryCodingAndRefusesOthers) {
  ServeEcho();
  const std::string text(3000, 't');
  const std::string gzip = *GzipCompress(text);
  const std::string answer =
      Exchange(fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                           "Connection: close\r\nContent-Length: {}\r\n\r\n{}",
                           gzip.size(), gzip));
  EXPECT_THAT(answer, HasSubstr("POST /echo [" + text + "]"));

  for (const std::string_view coding : {"br", "gzip, gzip", "gzip\r\nContent-Encoding: gzip"}) {
    EXPECT_THAT(
        Exchange(fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: {}\r\n"
                             "Connection: close\r\nContent-Length: 1\r\n\r\nx",
                             coding)),
        AllOf(StartsWith("HTTP/1.1 415 "), HasSubstr("Accept-Encoding: gzip, deflate, zstd\r\n")));
  }
  EXPECT_THAT(Exchange("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n"
                       "Connection: close\r\nContent-Length: 5\r\n\r\nplain"),
              StartsWith("HTTP/1.1 400 "));
}

TEST_F(ServerTest, ShapesItsErrorsWithTheRoutersHook) {
  Router router;
  router.Handle("POST", "/v1/traces", "traces", Echo());
  router.SetErrorShaper([](int status, std::string message, const HttpRequest& head) {
    return HttpResponse::Json(
        status, fmt::format("shaped {} {} {}", head.headers.Get("Content-Type"), status, message));
  });
  Limits limits;
  limits.body_bytes_max = 10;
  Serve(std::move(router), limits);
  const std::string end = "Content-Type: a/b\r\nHost: x\r\nConnection: close\r\n";
  EXPECT_THAT(Exchange("POST /v1/traces HTTP/1.1\r\nContent-Length: 11\r\n" + end + "\r\n"),
              HasSubstr("shaped a/b 413 "));
  EXPECT_THAT(Exchange("POST /v1/traces HTTP/1.1\r\nContent-Encoding: br\r\n" + end + "\r\n"),
              HasSubstr("shaped a/b 415 "));
  EXPECT_THAT(Exchange("GET /v1/traces HTTP/1.1\r\n" + end + "\r\n"),
              AllOf(HasSubstr("shaped a/b 405 "), HasSubstr("Allow: POST\r\n")));
  EXPECT_THAT(Exchange("POST /v1/logs HTTP/1.1\r\n" + end + "\r\n"), HasSubstr("shaped a/b 404 "));
  EXPECT_THAT(
      Exchange("POST /v1/traces HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + end + "\r\nzz\r\n"),
      HasSubstr("shaped a/b 400 "));
}

TEST_F(ServerTest, AnswersPreflightsAndMarksAnswersForOtherOrigins) {
  Router router;
  router.Handle("POST", "/v1/traces", "traces", Echo());
  router.SetCors({.enabled = true});
  Serve(std::move(router));
  EXPECT_THAT(Exchange("OPTIONS /v1/traces HTTP/1.1\r\nHost: x\r\nOrigin: http://page\r\n"
                       "Access-Control-Request-Method: POST\r\n"
                       "Access-Control-Request-Headers: content-type,x-a\r\n"
                       "Connection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 204 "), HasSubstr("Access-Control-Allow-Origin: *\r\n"),
                    HasSubstr("Access-Control-Allow-Methods: POST\r\n"),
                    HasSubstr("Access-Control-Allow-Headers: content-type,x-a\r\n"),
                    Not(HasSubstr("Content-Length"))));
  EXPECT_THAT(Exchange("POST /v1/traces HTTP/1.1\r\nHost: x\r\nOrigin: http://page\r\n"
                       "Connection: close\r\n\r\n"),
              HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_THAT(Exchange("POST /v1/traces HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              Not(HasSubstr("Access-Control")));
}

TEST_F(ServerTest, DoesNotSpeakCorsUnlessAsked) {
  ServeEcho();
  EXPECT_THAT(Exchange("OPTIONS /echo HTTP/1.1\r\nHost: x\r\nOrigin: http://page\r\n"
                       "Access-Control-Request-Method: POST\r\nConnection: close\r\n\r\n"),
              AllOf(StartsWith("HTTP/1.1 405 "), Not(HasSubstr("Access-Control"))));
}

TEST_F(ServerTest, CompressesLargeTextForThoseWhoAcceptIt) {
  Router router;
  router.Handle("GET", "/json", "json", [](HttpRequest, HttpResponder responder) {
    responder.Send(HttpResponse::Json(200, std::string(5000, 'j')));
  });
  router.Handle("GET", "/ready", "ready", [](HttpRequest, HttpResponder responder) {
    HttpResponse response = HttpResponse::Json(200, std::string(5000, 'j'));
    response.headers.Add("Content-Encoding", "br");
    responder.Send(std::move(response));
  });
  router.Handle("GET", "/binary", "binary", [](HttpRequest, HttpResponder responder) {
    HttpResponse response = HttpResponse::Text(200, std::string(5000, 'j'));
    response.headers.Remove("Content-Type");
    response.headers.Add("Content-Type", "application/protobuf");
    responder.Send(std::move(response));
  });
  Serve(std::move(router));
  const auto get = [this](std::string_view path, std::string_view accept) {
    return Exchange(
        fmt::format("GET {} HTTP/1.1\r\nHost: x\r\nAccept-Encoding: {}\r\n"
                    "Connection: close\r\n\r\n",
                    path, accept));
  };
  const std::string answer = get("/json", "deflate, gzip;q=0.5");
  EXPECT_THAT(answer, AllOf(HasSubstr("Content-Encoding: gzip\r\n"),
                            HasSubstr("Vary: Accept-Encoding\r\n")));
  std::string body;
  Inflater inflater(Encoding::kGzip);
  EXPECT_TRUE(inflater
                  .Append(answer.substr(answer.find("\r\n\r\n") + 4),
                          [&body](std::string_view piece) {
                            body.append(piece);
                            return Status();
                          })
                  .ok());
  EXPECT_EQ(body, std::string(5000, 'j'));
  EXPECT_THAT(get("/json", "gzip;q=0"), HasSubstr(std::string(5000, 'j')));
  EXPECT_THAT(get("/json", "br"), HasSubstr(std::string(5000, 'j')));
  EXPECT_THAT(get("/ready", "gzip"), Not(HasSubstr("Content-Encoding: gzip")));
  EXPECT_THAT(get("/binary", "gzip"), Not(HasSubstr("Content-Encoding: gzip")));
}

TEST_F(ServerTest, SpeaksHttp1AndHttp2OnTheSamePort) {
  ServeEcho();
  Http2TestClient client(address_);
  const Http2Reply& reply = client.Wait(client.Begin(
      {{":method", "POST"}, {":scheme", "http"}, {":path", "/echo"}, {":authority", "x"}}, "h2"));
  EXPECT_EQ(reply.Header(":status"), "200");
  EXPECT_EQ(reply.Header("server"), "vivace");
  EXPECT_EQ(reply.body, "POST /echo [h2]");
  EXPECT_THAT(Exchange("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("GET /echo []"));
  const Http2Reply& missing = client.Wait(client.Begin(
      {{":method", "GET"}, {":scheme", "http"}, {":path", "/none"}, {":authority", "x"}}, ""));
  EXPECT_EQ(missing.Header(":status"), "404");
}

TEST_F(ServerTest, AnswersAnHttp2UploadOverTheBoundAndKeepsTheConnection) {
  Limits limits;
  limits.body_bytes_max = 100'000;
  ServeEcho(limits);
  Http2TestClient client(address_);
  const Http2Reply& reply = client.Wait(client.Begin(
      {{":method", "POST"}, {":scheme", "http"}, {":path", "/echo"}, {":authority", "x"}},
      std::string(3'000'000, 'x')));
  EXPECT_EQ(reply.Header(":status"), "413");
  const Http2Reply& next = client.Wait(client.Begin(
      {{":method", "POST"}, {":scheme", "http"}, {":path", "/echo"}, {":authority", "x"}}, "ok"));
  EXPECT_EQ(next.body, "POST /echo [ok]");
}

TEST_F(ServerTest, DeliversTheAnswerThatEndsAnUploadOverTheBound) {
  Limits limits;
  limits.body_bytes_max = 100'000;
  ServeEcho(limits);
  TestClient client(address_);
  client.Send("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 8000000\r\n\r\n");
  // The client goes on sending for a while, as those do that do not read meanwhile.
  for (int i = 0; i < 40; ++i) client.Send(std::string(50'000, 'x'));
  EXPECT_THAT(client.ReadAll(milliseconds(3000)), StartsWith("HTTP/1.1 413 "));
}

TEST_F(ServerTest, RefusesConnectionsOverTheLimitAndRecovers) {
  Limits limits;
  limits.connections_max = 3;
  ServeEcho(limits);
  const std::string request = "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
  {
    TestClient a(address_), b(address_), c(address_);
    for (TestClient* client : {&a, &b, &c}) {
      client->Send(request);
      EXPECT_THAT(client->ReadUntil("[]", milliseconds(2000)), HasSubstr("GET /echo []"));
    }
    TestClient d(address_);
    d.Send(request);
    EXPECT_EQ(d.ReadAll(milliseconds(2000)), "");
    EXPECT_TRUE(d.closed());
  }
  std::string answer;
  for (int i = 0; i < 100 && answer.empty(); ++i) {
    std::this_thread::sleep_for(milliseconds(10));
    TestClient again(address_);
    again.Send(request);
    answer = again.ReadUntil("[]", milliseconds(500));
  }
  EXPECT_THAT(answer, HasSubstr("GET /echo []"));
  EXPECT_THAT(metrics_.Expose(), HasSubstr("vivace_connections_refused_total{listener=\"test\"}"));
}

TEST_F(ServerTest, SurvivesRunningOutOfDescriptors) {
  ServeEcho();
  TestClient kept(address_);
  kept.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  kept.ReadUntil("[]", milliseconds(2000));
  TestClient refused(address_, TestClient::kConnectLater);
  {
    DescriptorLimit none(0);  // No new descriptor from here on.
    refused.Connect();
    EXPECT_EQ(refused.ReadAll(milliseconds(3000)), "");
    EXPECT_TRUE(refused.closed()) << "closed, not left waiting";
    kept.Send("GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
    EXPECT_THAT(kept.ReadUntil("[]", milliseconds(2000)), HasSubstr("GET /echo []"));
  }
  EXPECT_THAT(Exchange("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
              HasSubstr("GET /echo []"));
}

TEST_F(ServerTest, EndsSlowHeadersIdleConnectionsAndStalledReaders) {
  Router router;
  router.Handle("GET", "/echo", "echo", Echo());
  router.Handle("GET", "/large", "large", [](HttpRequest, HttpResponder responder) {
    responder.Send(HttpResponse::Text(200, std::string(64U << 20, 'l')));
  });
  Limits limits;
  limits.header_timeout = milliseconds(150);
  limits.idle_timeout = milliseconds(300);
  limits.write_timeout = milliseconds(400);
  Serve(std::move(router), limits);
  TestClient slow(address_), idle(address_), stalled(address_);
  slow.Send("GET /ec");
  stalled.Send("GET /large HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(slow.ReadAll(milliseconds(2000)), StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(slow.closed());
  EXPECT_EQ(idle.ReadAll(milliseconds(2000)), "");
  EXPECT_TRUE(idle.closed());
  std::this_thread::sleep_for(milliseconds(800));
  EXPECT_LT(stalled.ReadAll(milliseconds(3000)).size(), 64U << 20);
  EXPECT_TRUE(stalled.closed());
}

TEST_F(ServerTest, SendsLargeAnswersWhole) {
  Router router;
  router.Handle("GET", "/large", "large", [](HttpRequest, HttpResponder responder) {
    responder.Send(HttpResponse::Text(200, std::string(30'000'000, 'l')));
  });
  Serve(std::move(router));
  const std::string answer =
      Exchange("GET /large HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", milliseconds(10'000));
  EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), std::string(30'000'000, 'l'));
}

TEST_F(ServerTest, TellsHandlersWithin100MsThatTheClientHasGone) {
  Hanging hanging;
  Router router;
  router.Handle("GET", "/hang", "hang", hanging.Handler());
  Serve(std::move(router));
  const std::string request = "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n";
  std::string pipelined;  // More than a session holds: reading is paused.
  while (pipelined.size() < 100'000) pipelined += request;

  struct Case {
    const char* what;
    const std::string& sent;
    bool reset;
  };
  for (const Case& c : {Case{"closed", request, false}, Case{"reset", request, true},
                        Case{"closed while reading is paused", pipelined, false}}) {
    // The best of a few rounds: the machine may be busy with other things.
    auto best = std::chrono::steady_clock::duration::max();
    for (int round = 0; round < 5 && best > milliseconds(100); ++round) {
      const std::size_t index = hanging.count();
      {
        TestClient client(address_);
        client.Send(c.sent);
        ASSERT_TRUE(Eventually([&] { return hanging.count() == index + 1; })) << c.what;
        EXPECT_FALSE(hanging.at(index).ClientGone()) << c.what;
        if (c.reset) client.Reset();
      }
      const auto begin = std::chrono::steady_clock::now();
      ASSERT_TRUE(Eventually([&] { return hanging.at(index).ClientGone(); })) << c.what;
      best = std::min(best, std::chrono::steady_clock::now() - begin);
    }
    EXPECT_LE(best, milliseconds(100)) << c.what;
  }
  server_.reset();
}

TEST_F(ServerTest, TakesAnswersFromOtherThreads) {
  ThreadPool pool({.name = "answers", .threads = 3, .queue_tasks_max = 1000});
  Router router;
  router.Handle("POST", "/echo", "echo", [&pool](HttpRequest request, HttpResponder responder) {
    auto shared = std::make_shared<HttpRequest>(std::move(request));
    IgnoreError(pool.Post([shared, responder] {
      responder.Send(HttpResponse::Text(200, "[" + shared->body + "]"));
    }),
                "a refused task drops the responder, and the test sees 500");
  });
  Serve(std::move(router));
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      TestClient client(address_);
      for (int i = 0; i < 200; ++i) {
        const std::string body = fmt::format("{}-{}", c, i);
        client.Send(fmt::format("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
                                body.size(), body));
        const std::string answer = client.ReadUntil("[" + body + "]", milliseconds(5000));
        if (answer.find("[" + body + "]") != std::string::npos) ++good;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good.load(), 800);
  server_.reset();
  pool.Stop();
}

TEST_F(ServerTest, AnswersWhatIsInFlightWhenItStops) {
  Hanging hanging;
  Router router;
  router.Handle("GET", "/hang", "hang", hanging.Handler());
  router.HandleGrpc("/test/Hang", hanging.GrpcCallHandler());
  Serve(std::move(router));
  TestClient h1(address_), idle(address_);
  h1.Send("GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
  Http2TestClient h2(address_);
  const std::int32_t stream =
      h2.Begin(Http2TestClient::GrpcFields("/test/Hang", {}), FrameGrpcMessage("x"));
  h2.RunUntil([&] { return hanging.count() == 1 && hanging.calls() == 1; }, milliseconds(3000));
  ASSERT_EQ(hanging.count() + hanging.calls(), 2U);

  std::thread stopper([&] { server_->Stop(milliseconds(5000)); });
  h2.RunUntil([&] { return h2.goaway(); }, milliseconds(3000));
  EXPECT_TRUE(h2.goaway());
  EXPECT_EQ(h2.goaway_code(), 0U);
  EXPECT_EQ(idle.ReadAll(milliseconds(1000)), "");
  EXPECT_TRUE(idle.closed());
  hanging.at(0).Send(HttpResponse::Text(200, "answered"));
  hanging.call(0).Write("message");
  hanging.call(0).Finish({});
  EXPECT_THAT(h1.ReadAll(milliseconds(3000)),
              AllOf(HasSubstr("answered"), HasSubstr("Connection: close")));
  const Http2Reply& reply = h2.Wait(stream);
  EXPECT_EQ(reply.Grpc("grpc-status"), "0");
  h2.RunUntil([&] { return h2.connection_closed(); }, milliseconds(3000));
  h2.socket().CloseSending();
  stopper.join();
  // Nobody listens any more.
  EXPECT_FALSE(TestClient(address_, TestClient::kConnectLater).Connect());
}

TEST_F(ServerTest, CutsWhatIsStillOpenAfterTheGrace) {
  Hanging hanging;
  Router router;
  router.Handle("GET", "/hang", "hang", hanging.Handler());
  Serve(std::move(router));
  TestClient client(address_);
  client.Send("GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_TRUE(Eventually([&] { return hanging.count() == 1; }));
  const auto begin = std::chrono::steady_clock::now();
  server_->Stop(milliseconds(200));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, milliseconds(2000));
  EXPECT_TRUE(hanging.at(0).ClientGone());
  hanging.at(0).Send(HttpResponse::Text(200, "too late"));
  EXPECT_EQ(client.ReadAll(milliseconds(1000)), "");
}

TEST_F(ServerTest, RefusesATakenPortAndBadAddressesWithTheRemedy) {
  ServeEcho();
  Server other({}, RealClock(), accountant_, metrics_);
  ListenerConfig config;
  config.name = "other";
  config.address = address_;
  const auto taken = other.Listen(config, Router());
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(taken.error().message(), AllOf(HasSubstr(address_), HasSubstr("taken")));
  for (const std::string bad :
       {"", "localhost", "127.0.0.1:", "127.0.0.1:70000", "::1:80", "127.0.0.1:http"}) {
    config.address = bad;
    const auto result = other.Listen(config, Router());
    ASSERT_FALSE(result.ok()) << bad;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument) << bad;
  }
  config.address = "[::1]:0";
  const auto v6 = other.Listen(config, Router());
  ASSERT_TRUE(v6.ok()) << v6.error().message();
  EXPECT_THAT(*v6, StartsWith("[::1]:"));
}

TEST_F(ServerTest, CountsRequestsByRouteMethodAndClass) {
  ServeEcho();
  Exchange("GET /echo HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  Exchange("BREW /never-a-label HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  const std::string text = metrics_.Expose();
  EXPECT_THAT(text, HasSubstr("vivace_request_duration_seconds_count{listener=\"test\","
                              "route=\"echo\",method=\"GET\",code=\"2xx\"} 1"));
  EXPECT_THAT(text, HasSubstr("route=\"other\",method=\"other\",code=\"4xx\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("never-a-label")));
  EXPECT_EQ(server_->ConnectionsAccepted("test"), 2U);
}

}  // namespace
}  // namespace vivace::net

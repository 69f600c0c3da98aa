#include "net/http1_session.h"

#include <string>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/session_harness.h"

namespace vivace::net {
namespace {

using std::chrono::milliseconds;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

Router EchoRouter() {
  Router router;
  const auto echo = [](HttpRequest request, HttpResponder responder) {
    responder.Send(HttpResponse::Text(
        200, fmt::format("{} {} [{}]", request.method, request.path, request.body)));
  };
  router.Handle("GET", "/echo", "echo", echo);
  router.Handle("POST", "/echo", "echo", echo);
  return router;
}

SessionHarness Echo(Limits limits = {}) {
  return SessionHarness(&MakeHttp1Session, EchoRouter(), limits);
}

// Hands its responders to the test.
Router HangRouter(std::vector<HttpResponder>& hanging) {
  Router router;
  router.Handle("GET", "/hang", "hang",
                [&hanging](HttpRequest, HttpResponder responder) { hanging.push_back(responder); });
  return router;
}

// A session whose handler leaves its requests unanswered for the test to answer.
struct HangingSession {
  // Responders are let go before what they count in.
  ~HangingSession() { hanging.clear(); }
  std::vector<HttpResponder> hanging;
  SessionHarness session{&MakeHttp1Session, HangRouter(hanging)};
};

TEST(Http1SessionTest, RefusesWhatAnotherServerMightReadDifferently) {
  struct Case {
    const char* what;
    const char* request;
    int status;
  };
  for (const Case& c : {
           Case{"both lengths",
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400},
           Case{"both lengths, other order",
                "POST /echo HTTP/1.1\r\nHost: x\r\n"
                "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
                400},
           Case{"two lengths",
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                "Content-Length: 6\r\n\r\nhello",
                400},
           Case{"two equal lengths",
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n"
                "Content-Length: 5\r\n\r\nhello",
                400},
           Case{"list of lengths",
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5, 5\r\n\r\n"
                "hello",
                400},
           Case{"negative length", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                400},
           Case{"signed length", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\n",
                400},
           Case{"hexadecimal length",
                "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 0x5\r\n\r\n", 400},
           Case{"empty length", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: \r\n\r\n", 400},
           Case{"length over 64 bits",
                "POST /echo HTTP/1.1\r\nHost: x\r\n"
                "Content-Length: 99999999999999999999\r\n\r\n",
                400},
           Case{"other transfer coding",
                "POST /echo HTTP/1.1\r\nHost: x\r\n"
                "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
                501},
           Case{"chunked not last",
                "POST /echo HTTP/1.1\r\nHost: x\r\n"
                "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
                501},
           Case{"chunked in HTTP/1.0",
                "POST /echo HTTP/1.0\r\n"
                "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                400},
           Case{"folded header", "GET /echo HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400},
           Case{"blank before the first header", "GET /echo HTTP/1.1\r\n Host: x\r\n\r\n", 400},
           Case{"blank before the colon", "GET /echo HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n", 400},
           Case{"bare line feed", "GET /echo HTTP/1.1\nHost: x\n\n", 400},
           Case{"bare line feed within", "GET /echo HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", 400},
           Case{"bare carriage return", "GET /echo HTTP/1.1\r\nHost: x\r\nA: b\rc\r\n\r\n", 400},
           Case{"no host", "GET /echo HTTP/1.1\r\n\r\n", 400},
           Case{"two hosts", "GET /echo HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
           Case{"no version", "GET /echo\r\n\r\n", 400},
           Case{"unknown version", "GET /echo HTTP/3.0\r\nHost: x\r\n\r\n", 505},
           Case{"two blanks", "GET  /echo HTTP/1.1\r\nHost: x\r\n\r\n", 400},
           Case{"TLS", "\x16\x03\x01\x02\r\n\r\n", 400},
       }) {
    SessionHarness session = Echo();
    const std::string answer =
        session.Feed(std::string(c.request) + "GET /echo HTTP/1.1\r\nHost: smuggled\r\n\r\n");
    EXPECT_THAT(answer, StartsWith(fmt::format("HTTP/1.1 {} ", c.status))) << c.what;
    EXPECT_THAT(answer, AllOf(HasSubstr("Connection: close"), Not(HasSubstr("GET /echo []"))))
        << c.what;
    EXPECT_TRUE(session.session().Finished()) << c.what;
  }
}

TEST(Http1SessionTest, RefusesBrokenChunks) {
  for (const std::string_view chunks :
       {"x\r\n", "-1\r\n", "5\r\nhelloX\r\n0\r\n\r\n", "5 \nhello\r\n", "fffffffffffffffff\r\n"}) {
    SessionHarness session = Echo();
    const std::string answer = session.Feed(fmt::format(
        "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n{}", chunks));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 400 ")) << chunks;
    EXPECT_TRUE(session.session().Finished());
  }
}

TEST(Http1SessionTest, TakesChunksHoweverTheyAreCut) {
  const std::string request =
      "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      "0005;a=\"b\"\r\nhello\r\nA\r\n, 10 bytes\r\n0;last\r\nTrailer: t\r\nB: c\r\n\r\n"
      "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n";
  for (std::size_t cut = 0; cut <= request.size(); ++cut) {
    SessionHarness session = Echo();
    std::string answer = session.Feed(std::string_view(request).substr(0, cut));
    answer += session.Output();  // Asked again with nothing new.
    answer += session.Feed(std::string_view(request).substr(cut));
    EXPECT_THAT(answer, AllOf(HasSubstr("POST /echo [hello, 10 bytes]"), HasSubstr("GET /echo []")))
        << cut;
  }
  // The empty body, cut within its end, with nothing new in between.
  SessionHarness session = Echo();
  session.Feed("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r");
  session.Output();
  EXPECT_THAT(session.Feed("\n"), HasSubstr("POST /echo []"));
}

TEST(Http1SessionTest, TakesLegalOddities) {
  SessionHarness session = Echo();
  EXPECT_THAT(session.Feed("\r\n\r\nGET http://example.org/echo HTTP/1.1\r\nhOsT:x\r\n\r\n"),
              HasSubstr("GET /echo []"));
  EXPECT_THAT(session.Feed("GET /%65cho HTTP/1.1\r\nHost:\r\nA:\t b \t\r\n\r\n"),
              HasSubstr("GET /echo []"));
  EXPECT_THAT(session.Feed("GET /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"),
              HasSubstr("GET /echo [body]"));
  EXPECT_THAT(session.Feed("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 204 "));
  EXPECT_FALSE(session.session().Finished());
}

TEST(Http1SessionTest, RefusesBadTargets) {
  for (const std::string_view target :
       {"/a/../echo", "/%2e%2e/echo", "/echo%00", "/echo%zz", "echo", "/echo?q=%zz", "/echo#x"}) {
    SessionHarness session = Echo();
    EXPECT_THAT(session.Feed(fmt::format("GET {} HTTP/1.1\r\nHost: x\r\n\r\n", target)),
                StartsWith("HTTP/1.1 400 "))
        << target;
  }
}

TEST(Http1SessionTest, BoundsTheHeader) {
  Limits limits;
  limits.header_bytes_max = 2000;
  const std::string start = "GET /echo HTTP/1.1\r\nHost: x\r\n";
  {
    SessionHarness session = Echo(limits);
    EXPECT_THAT(session.Feed(start + "A: " + std::string(2000, 'a') + "\r\n\r\n"),
                StartsWith("HTTP/1.1 431 "));
  }
  {
    SessionHarness session = Echo(limits);  // Without an end in sight.
    std::string answer;
    for (int i = 0; i < 300 && answer.empty(); ++i) {
      answer = session.Feed(i == 0 ? start : "A: aaaaa\r\n");
    }
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 "));
  }
  {
    SessionHarness session = Echo();  // Many small ones.
    std::string many = start;
    for (int i = 0; i < 300; ++i) many += "A: b\r\n";
    EXPECT_THAT(session.Feed(many + "\r\n"), StartsWith("HTTP/1.1 431 "));
  }
  SessionHarness session = Echo(limits);
  EXPECT_THAT(session.Feed(start + "A: " + std::string(1900, 'a') + "\r\n\r\n"),
              StartsWith("HTTP/1.1 200 "));
}

TEST(Http1SessionTest, BoundsChunkExtensionsAndTrailers) {
  Limits limits;
  limits.header_bytes_max = 2000;
  const std::string start = "POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  SessionHarness extension = Echo(limits);
  EXPECT_THAT(extension.Feed(start + "5;" + std::string(3000, 'a')), StartsWith("HTTP/1.1 400 "));
  SessionHarness trailers = Echo(limits);
  EXPECT_THAT(trailers.Feed(start + "0\r\nA: " + std::string(3000, 'a')),
              StartsWith("HTTP/1.1 400 "));
}

TEST(Http1SessionTest, DropsTrailersInsteadOfTakingThemForHeaders) {
  Router router;
  router.Handle("POST", "/", "x", [](HttpRequest request, HttpResponder responder) {
    responder.Send(HttpResponse::Text(200, request.headers.Has("X-Late") ? "late" : "none"));
  });
  SessionHarness session(&MakeHttp1Session, std::move(router));
  EXPECT_THAT(session.Feed("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "0\r\nX-Late: 1\r\n\r\n"),
              HasSubstr("\r\n\r\nnone"));
}

TEST(Http1SessionTest, AnswersExpectContinueBeforeTheBody) {
  SessionHarness session = Echo();
  EXPECT_EQ(session.Feed("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                         "Expect: 100-continue\r\n\r\n"),
            "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_THAT(session.Feed("hi"), HasSubstr("POST /echo [hi]"));

  // Refused at once: whether the body follows is open, so the connection ends.
  SessionHarness refused = Echo();
  const std::string answer = refused.Feed(
      "POST /unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("Connection: close")));
  EXPECT_TRUE(refused.session().Finished());

  SessionHarness other = Echo();
  EXPECT_THAT(other.Feed("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                         "Expect: miracles\r\n\r\nhi"),
              StartsWith("HTTP/1.1 417 "));
}

TEST(Http1SessionTest, GoesOnAfterARefusedSmallBodyAndEndsAfterALargeOne) {
  SessionHarness session = Echo();
  std::string answer = session.Feed(
      "POST /unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("GET /echo []")));

  SessionHarness large = Echo();
  answer = large.Feed("POST /unknown HTTP/1.1\r\nHost: x\r\nContent-Length: 500000\r\n\r\n");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 404 "), HasSubstr("Connection: close")));
}

TEST(Http1SessionTest, RefusesBodiesOverTheBoundWithAndWithoutLength) {
  Limits limits;
  limits.body_bytes_max = 1000;
  SessionHarness announced = Echo(limits);
  EXPECT_THAT(announced.Feed("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n"),
              StartsWith("HTTP/1.1 413 "));
  SessionHarness chunked = Echo(limits);
  EXPECT_THAT(chunked.Feed("POST /echo HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                           "3e9\r\n" +
                           std::string(1001, 'x')),
              StartsWith("HTTP/1.1 413 "));
  SessionHarness exact = Echo(limits);
  EXPECT_THAT(exact.Feed("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" +
                         std::string(1000, 'x')),
              StartsWith("HTTP/1.1 200 "));
}

TEST(Http1SessionTest, Answers503WithRetryAfterWhenTheProcessHoldsTooMuch) {
  SessionHarness session = Echo();
  auto all = session.accountant().Reserve(session.accountant().bytes_max());
  const std::string answer =
      session.Feed("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello");
  EXPECT_THAT(answer, AllOf(StartsWith("HTTP/1.1 503 "), HasSubstr("Retry-After: 2\r\n")));
  all->Release();
  EXPECT_THAT(session.Feed("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"),
              HasSubstr("[hello]"));
  EXPECT_EQ(session.accountant().used(), 0U);
}

TEST(Http1SessionTest, KeepsToHttp10) {
  SessionHarness once = Echo();
  EXPECT_THAT(once.Feed("GET /echo HTTP/1.0\r\n\r\n"), HasSubstr("Connection: close"));
  EXPECT_TRUE(once.session().Finished());
  SessionHarness kept = Echo();
  EXPECT_THAT(kept.Feed("GET /echo HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"),
              HasSubstr("Connection: keep-alive"));
  EXPECT_FALSE(kept.session().Finished());
}

TEST(Http1SessionTest, SendsNoBodyForHead) {
  SessionHarness session = Echo();
  const std::string answer = session.Feed("HEAD /echo HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_THAT(answer, AllOf(HasSubstr("Content-Length: 13\r\n"), ::testing::EndsWith("\r\n\r\n")));
}

TEST(Http1SessionTest, EndsIdleAndSlowConnections) {
  Limits limits;
  limits.idle_timeout = milliseconds(1000);
  limits.header_timeout = milliseconds(100);
  limits.body_timeout = milliseconds(300);
  SessionHarness idle = Echo(limits);
  EXPECT_EQ(idle.Wait(milliseconds(999)), "");
  EXPECT_FALSE(idle.session().Finished());
  EXPECT_EQ(idle.Wait(milliseconds(2)), "");
  EXPECT_TRUE(idle.session().Finished());

  // A byte now and then does not put the timeout off.
  SessionHarness header = Echo(limits);
  std::string answer;
  for (int i = 0; i < 12; ++i) {
    answer += header.Feed(i == 0 ? "GET" : "x") + header.Wait(milliseconds(10));
  }
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(header.session().Finished());

  SessionHarness body = Echo(limits);
  body.Feed("POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n");
  answer.clear();
  for (int i = 0; i < 40; ++i) answer += body.Feed("x") + body.Wait(milliseconds(10));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 408 "));
  EXPECT_TRUE(body.session().Finished());
  EXPECT_EQ(body.accountant().used(), 0U);
}

TEST(Http1SessionTest, PausesReadingWhilePipelinedRequestsWait) {
  HangingSession holder;
  auto& [hanging, session] = holder;
  const std::string request = "GET /hang HTTP/1.1\r\nHost: x\r\n\r\n";
  std::string many;
  while (many.size() < 70'000) many += request;
  EXPECT_EQ(session.Feed(many), "");
  ASSERT_EQ(hanging.size(), 1U);
  EXPECT_FALSE(session.session().WantsInput());
  hanging[0].Send(HttpResponse::Text(200, "one"));
  EXPECT_THAT(session.Output(), HasSubstr("one"));
  EXPECT_EQ(hanging.size(), 2U);
}

TEST(Http1SessionTest, BeginsNoFurtherRequestWhileAnswersPileUp) {
  int served = 0;
  Router router;
  router.Handle("GET", "/", "x", [&served](HttpRequest, HttpResponder responder) {
    ++served;
    responder.Send(HttpResponse::Text(200, std::string(100'000, 'x')));
  });
  SessionHarness session(&MakeHttp1Session, std::move(router));
  std::string many;
  for (int i = 0; i < 50; ++i) many += "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
  session.session().Receive(many);
  EXPECT_LE(served, 4);
  session.session().ReceiveEnd();
  std::size_t sent = 0;
  for (int i = 0; i < 50; ++i) sent += session.Output().size();
  EXPECT_EQ(served, 50);
  EXPECT_GT(sent, 50U * 100'000);
  EXPECT_TRUE(session.session().Finished());
}

TEST(Http1SessionTest, TellsHandlersThatTheClientHasGoneAndStillAnswersAHalfClosedOne) {
  HangingSession holder;
  auto& [hanging, session] = holder;
  session.Feed("GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
  ASSERT_EQ(hanging.size(), 1U);
  EXPECT_FALSE(hanging[0].ClientGone());
  session.End();
  EXPECT_TRUE(hanging[0].ClientGone());
  EXPECT_FALSE(session.session().Finished());
  hanging[0].Send(HttpResponse::Text(200, "late"));
  EXPECT_THAT(session.Output(), HasSubstr("late"));
  EXPECT_TRUE(session.session().Finished());
}

TEST(Http1SessionTest, Answers500WhenAHandlerDropsItsRequest) {
  Router router;
  router.Handle("GET", "/", "x", [](HttpRequest, HttpResponder) {});
  SessionHarness session(&MakeHttp1Session, std::move(router));
  EXPECT_THAT(session.Feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), StartsWith("HTTP/1.1 500 "));
}

TEST(Http1SessionTest, DrainsAfterTheAnswerInFlight) {
  HangingSession holder;
  auto& [hanging, session] = holder;
  session.Feed("GET /hang HTTP/1.1\r\nHost: x\r\n\r\n");
  session.session().Drain();
  EXPECT_FALSE(session.session().Finished());
  hanging[0].Send(HttpResponse::Text(200, "last"));
  EXPECT_THAT(session.Output(), AllOf(HasSubstr("last"), HasSubstr("Connection: close")));
  EXPECT_TRUE(session.session().Finished());

  SessionHarness idle = Echo();
  idle.session().Drain();
  EXPECT_TRUE(idle.session().Finished());
}

TEST(Http1SessionTest, KeepsHeadersOfAnswersOnTheirLines) {
  Router router;
  router.Handle("GET", "/", "x", [](HttpRequest, HttpResponder responder) {
    HttpResponse response = HttpResponse::Text(200, "x");
    response.headers.Add("X-Echo", "a\r\nSet-Cookie: b");
    response.headers.Add("Content-Length", "99");
    responder.Send(std::move(response));
  });
  SessionHarness session(&MakeHttp1Session, std::move(router));
  EXPECT_THAT(session.Feed("GET / HTTP/1.1\r\nHost: x\r\n\r\n"),
              AllOf(HasSubstr("X-Echo: a  Set-Cookie: b\r\n"), HasSubstr("Content-Length: 1\r\n"),
                    Not(HasSubstr("Content-Length: 99"))));
}

}  // namespace
}  // namespace vivace::net

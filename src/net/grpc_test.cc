// gRPC over a real listener.

#include "net/grpc.h"

#include <atomic>
#include <chrono>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include "net/grpc_wire.h"
#include "net/inflate.h"
#include "net/server_fixture.h"
#include "net/test_http2_client.h"

namespace vivace::net {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class GrpcTest : public ServerFixture {
 protected:
  // Methods that each test may call.
  void ServeMethods(Limits limits = {}) {
    Router router;
    router.HandleGrpc("/test.Echo/Unary", [](GrpcRequest request, GrpcResponder responder) {
      responder.Write("echo " + request.message);
      responder.Finish({});
    });
    router.HandleGrpc("/test.Echo/Fail", [](GrpcRequest, GrpcResponder responder) {
      responder.Finish(
          {GrpcCode::kUnavailable, "disk is full: 100% \xc3\xa9", std::chrono::seconds(2)});
    });
    router.HandleGrpc("/test.Echo/Count", [](GrpcRequest request, GrpcResponder responder) {
      const int count = std::stoi(request.message);
      for (int i = 0; i < count; ++i) responder.Write(std::to_string(i));
      responder.Finish({});
    });
    router.HandleGrpc("/test.Echo/Hang", [this](GrpcRequest, GrpcResponder responder) {
      const std::lock_guard lock(mutex_);
      hanging_.push_back(responder);
    });
    router.HandleGrpc("/test.Echo/Drop", [](GrpcRequest, GrpcResponder) {});
    router.HandleGrpc("/test.Echo/Big", [](GrpcRequest request, GrpcResponder responder) {
      responder.Write(std::string(static_cast<std::size_t>(std::stoi(request.message)), 'b'));
      responder.Finish({});
    });
    router.RefuseGrpc("/test.Metrics/Export",
                      {GrpcCode::kUnimplemented, "traces only", std::nullopt});
    Serve(std::move(router), limits);
  }

  std::size_t hanging() {
    const std::lock_guard lock(mutex_);
    return hanging_.size();
  }
  void TearDown() override {
    server_.reset();
    hanging_.clear();
  }

  std::mutex mutex_;
  std::vector<GrpcResponder> hanging_;
};

TEST_F(GrpcTest, AnswersAUnaryCall) {
  ServeMethods();
  Http2TestClient client(address_);
  const Http2Reply& reply = client.Call("/test.Echo/Unary", "hello");
  EXPECT_EQ(reply.Header(":status"), "200");
  EXPECT_EQ(reply.Header("content-type"), "application/grpc");
  EXPECT_THAT(GrpcMessages(reply.body), ElementsAre("echo hello"));
  EXPECT_EQ(reply.Grpc("grpc-status"), "0");
  EXPECT_EQ(reply.reset_code, 0U);
}

TEST_F(GrpcTest, StreamsMessagesInOrder) {
  ServeMethods();
  Http2TestClient client(address_);
  const Http2Reply& reply = client.Call("/test.Echo/Count", "1000");
  const std::vector<std::string> messages = GrpcMessages(reply.body);
  ASSERT_EQ(messages.size(), 1000U);
  for (std::size_t i = 0; i < messages.size(); ++i) ASSERT_EQ(messages[i], std::to_string(i));
  EXPECT_EQ(reply.Grpc("grpc-status"), "0");
}

TEST_F(GrpcTest, SendsErrorsAsTrailersOnlyWithTheRetryHintInBothPlaces) {
  ServeMethods();
  Http2TestClient client(address_);
  const Http2Reply& reply = client.Call("/test.Echo/Fail", "");
  EXPECT_TRUE(reply.trailers.empty());
  EXPECT_EQ(reply.Header("grpc-status"), "14");
  EXPECT_EQ(reply.Header("grpc-message"), "disk is full: 100%25 %C3%A9");
  // RetryInfo{retry_delay{seconds: 2}} = 0a 02 08 02.
  EXPECT_EQ(reply.Header("google.rpc.retryinfo-bin"), "CgIIAg");
  EXPECT_FALSE(reply.Header("grpc-status-details-bin").empty());
}

TEST_F(GrpcTest, AnswersUnimplementedForUnknownAndRefusedMethods) {
  ServeMethods();
  Http2TestClient client(address_);
  EXPECT_EQ(client.Call("/test.Echo/Nothing", "x").Grpc("grpc-status"), "12");
  const Http2Reply& refused = client.Call("/test.Metrics/Export", "x");
  EXPECT_EQ(refused.Grpc("grpc-status"), "12");
  EXPECT_EQ(refused.Grpc("grpc-message"), "traces only");
  // Without its leading slash a path names no method.
  EXPECT_NE(client.Call("test.Echo/Unary", "x").Grpc("grpc-status"), "0");
}

TEST_F(GrpcTest, InflatesGzipMessagesAndRefusesOtherCodings) {
  ServeMethods();
  Http2TestClient client(address_);
  const std::string message(5000, 'm');
  std::string frame = FrameGrpcMessage(*GzipCompress(message));
  frame[0] = 1;
  const Http2Reply& reply = client.Wait(client.Begin(
      Http2TestClient::GrpcFields("/test.Echo/Unary", {{"grpc-encoding", "gzip"}}), frame));
  EXPECT_THAT(GrpcMessages(reply.body), ElementsAre("echo " + message));

  const Http2Reply& refused = client.Call("/test.Echo/Unary", "x", {{"grpc-encoding", "snappy"}});
  EXPECT_EQ(refused.Grpc("grpc-status"), "12");
  EXPECT_EQ(refused.Header("grpc-accept-encoding"), "identity,gzip");

  const Http2Reply& unmarked =
      client.Wait(client.Begin(Http2TestClient::GrpcFields("/test.Echo/Unary", {}), frame));
  EXPECT_EQ(unmarked.Grpc("grpc-status"), "13");
}

TEST_F(GrpcTest, RefusesMessagesOverTheBoundWithoutRetryHint) {
  Limits limits;
  limits.body_bytes_max = 10'000;
  ServeMethods(limits);
  Http2TestClient client(address_);
  const Http2Reply& large = client.Call("/test.Echo/Unary", std::string(10'001, 'x'));
  EXPECT_EQ(large.Grpc("grpc-status"), "8");
  EXPECT_EQ(large.Grpc("google.rpc.retryinfo-bin"), "");

  std::string bomb = FrameGrpcMessage(*GzipCompress(std::string(1'000'000, 'x')));
  bomb[0] = 1;
  const Http2Reply& inflated = client.Wait(client.Begin(
      Http2TestClient::GrpcFields("/test.Echo/Unary", {{"grpc-encoding", "gzip"}}), bomb));
  EXPECT_EQ(inflated.Grpc("grpc-status"), "8");
  EXPECT_EQ(client.Call("/test.Echo/Unary", "after").Grpc("grpc-status"), "0");
}

TEST_F(GrpcTest, RefusesCallsThatAreNotOneWholeMessage) {
  ServeMethods();
  Http2TestClient client(address_);
  const auto fields = Http2TestClient::GrpcFields("/test.Echo/Unary", {});
  EXPECT_EQ(client.Wait(client.Begin(fields, "")).Grpc("grpc-status"), "12");
  const std::string frame = FrameGrpcMessage("hello");
  EXPECT_EQ(client.Wait(client.Begin(fields, frame.substr(0, 3))).Grpc("grpc-status"), "13");
  EXPECT_EQ(client.Wait(client.Begin(fields, frame.substr(0, 7))).Grpc("grpc-status"), "13");
  EXPECT_EQ(client.Wait(client.Begin(fields, frame + frame)).Grpc("grpc-status"), "12");
  std::string flagged = frame;
  flagged[0] = 2;
  EXPECT_EQ(client.Wait(client.Begin(fields, flagged)).Grpc("grpc-status"), "13");
}

TEST_F(GrpcTest, EndsACallAtItsDeadlineAndTellsTheHandler) {
  ServeMethods();
  Http2TestClient client(address_);
  const auto begin = std::chrono::steady_clock::now();
  const Http2Reply& reply = client.Call("/test.Echo/Hang", "", {{"grpc-timeout", "200m"}});
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(reply.Grpc("grpc-status"), "4");
  EXPECT_GE(took, milliseconds(200));
  EXPECT_LT(took, milliseconds(3000));
  ASSERT_EQ(hanging(), 1U);
  EXPECT_TRUE(hanging_[0].Cancelled());
  EXPECT_FALSE(hanging_[0].Write("too late"));

  EXPECT_EQ(client.Call("/test.Echo/Unary", "", {{"grpc-timeout", "abc"}}).Grpc("grpc-status"),
            "3");
}

TEST_F(GrpcTest, TellsTheHandlerThatTheClientCancelled) {
  ServeMethods();
  Http2TestClient client(address_);
  const std::int32_t stream =
      client.Begin(Http2TestClient::GrpcFields("/test.Echo/Hang", {}), FrameGrpcMessage("x"));
  client.RunUntil([&] { return hanging() == 1; }, milliseconds(3000));
  ASSERT_EQ(hanging(), 1U);
  EXPECT_FALSE(hanging_[0].Cancelled());
  client.Reset(stream, NGHTTP2_CANCEL);
  client.Step(milliseconds(0));
  EXPECT_TRUE(Eventually([&] { return hanging_[0].Cancelled(); }));
}

TEST_F(GrpcTest, TellsTheHandlerThatTheConnectionIsGone) {
  ServeMethods();
  {
    Http2TestClient client(address_);
    client.Begin(Http2TestClient::GrpcFields("/test.Echo/Hang", {}), FrameGrpcMessage("x"));
    client.RunUntil([&] { return hanging() == 1; }, milliseconds(3000));
    ASSERT_EQ(hanging(), 1U);
  }
  EXPECT_TRUE(Eventually([&] { return hanging_[0].Cancelled(); }));
}

TEST_F(GrpcTest, EndsACallWithInternalWhenItsHandlerDropsIt) {
  ServeMethods();
  Http2TestClient client(address_);
  EXPECT_EQ(client.Call("/test.Echo/Drop", "").Grpc("grpc-status"), "13");
}

TEST_F(GrpcTest, TakesAnswersFromManyThreadsAtOnce) {
  ServeMethods();
  Http2TestClient client(address_);
  std::vector<std::int32_t> streams;
  for (int i = 0; i < 64; ++i) {
    streams.push_back(
        client.Begin(Http2TestClient::GrpcFields("/test.Echo/Hang", {}), FrameGrpcMessage("x")));
  }
  client.RunUntil([&] { return hanging() == 64; }, milliseconds(5000));
  ASSERT_EQ(hanging(), 64U);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = t; i < 64; i += 4) {
        for (int message = 0; message < 20; ++message) {
          EXPECT_TRUE(hanging_[i].Write(std::string(1000, 'a')));
        }
        hanging_[i].Finish({});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::int32_t stream : streams) {
    const Http2Reply& reply = client.Wait(stream);
    EXPECT_EQ(GrpcMessages(reply.body).size(), 20U);
    EXPECT_EQ(reply.Grpc("grpc-status"), "0");
  }
}

TEST_F(GrpcTest, SendsLargeMessagesThroughSmallWindows) {
  ServeMethods();
  Http2TestClient client(address_, {.window_bytes = 70'000, .auto_window_update = true});
  const Http2Reply& reply = client.Call("/test.Echo/Big", "9000000");
  ASSERT_EQ(GrpcMessages(reply.body).size(), 1U);
  EXPECT_EQ(GrpcMessages(reply.body)[0], std::string(9'000'000, 'b'));
  EXPECT_EQ(reply.Grpc("grpc-status"), "0");
}

TEST_F(GrpcTest, ReportsBytesThatAClientDoesNotTake) {
  ServeMethods();
  Http2TestClient client(address_, {.window_bytes = 1000, .auto_window_update = false});
  client.Begin(Http2TestClient::GrpcFields("/test.Echo/Hang", {}), FrameGrpcMessage("x"));
  client.RunUntil([&] { return hanging() == 1; }, milliseconds(3000));
  ASSERT_EQ(hanging(), 1U);
  hanging_[0].Write(std::string(50'000, 'x'));
  EXPECT_TRUE(Eventually([&] {
    client.Step(milliseconds(1));
    return hanging_[0].BufferedBytes() == 49'005;
  }));
}

TEST_F(GrpcTest, ResetsAStreamWhoseWindowStaysShut) {
  Limits limits;
  limits.write_timeout = milliseconds(200);
  ServeMethods(limits);
  Http2TestClient client(address_, {.window_bytes = 1000, .auto_window_update = false});
  const Http2Reply& reply = client.Call("/test.Echo/Big", "50000");
  EXPECT_EQ(reply.reset_code, static_cast<std::uint32_t>(NGHTTP2_CANCEL));
}

TEST_F(GrpcTest, RefusesWithUnavailableWhenTheProcessHoldsTooMuch) {
  ServeMethods();
  auto all = accountant_.Reserve(accountant_.bytes_max());
  ASSERT_TRUE(all.ok());
  Http2TestClient client(address_);
  const Http2Reply& reply = client.Call("/test.Echo/Unary", "hello");
  EXPECT_EQ(reply.Grpc("grpc-status"), "14");
  EXPECT_EQ(reply.Grpc("google.rpc.retryinfo-bin"), "CgIIAg");
  all->Release();
  EXPECT_EQ(client.Call("/test.Echo/Unary", "hello").Grpc("grpc-status"), "0");
  EXPECT_TRUE(Eventually([&] { return accountant_.used() == 0; }));
}

}  // namespace
}  // namespace vivace::net

#include "app/own_api.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::app {
namespace {

using testing::HasSubstr;

class KeepingSink final : public net::HttpResponder::Sink {
 public:
  void Send(net::HttpResponse response) override { sent = std::move(response); }
  bool ClientGone() const override { return false; }
  std::optional<net::HttpResponse> sent;
};

class CountingSpans final : public receivers::SpanSink {
 public:
  void Append(std::string, otlp::Batch batch, std::function<void(Status)> done) override {
    if (failure) {
      done(*failure);
      return;
    }
    spans += batch.span_count;
    done(OkStatus());
  }
  std::uint64_t spans = 0;
  std::optional<Error> failure;
};

class OwnApiTest : public testing::Test {
 protected:
  OwnApiTest() { RegisterOwnApi(router_, context_); }

  net::HttpResponse Call(const std::string& method, const std::string& path, std::string body = "",
                         net::Headers headers = {}, bool from_loopback = true) {
    auto sink = std::make_shared<KeepingSink>();
    net::HttpRequest request;
    request.method = method;
    request.path = request.raw_path = path;
    request.headers = std::move(headers);
    request.body = std::move(body);
    request.peer_is_loopback = from_loopback;
    request.peer = "203.0.113.9:1";
    router_.Dispatch(std::move(request), net::HttpResponder(sink));
    workers_.RunAll();
    if (!sink->sent) {
      ADD_FAILURE() << "no answer";
      return {};
    }
    return std::move(*sink->sent);
  }
  static net::Headers With(const std::string& name, const std::string& value) {
    net::Headers headers;
    headers.Add(name, value);
    return headers;
  }

  CountingSpans spans_;
  receivers::FirstData first_data_;
  ManualExecutor workers_;
  ManualClock clock_;
  SeededRandom random_{1};
  Status flush_result_;
  std::string otlp_http_ = "127.0.0.1:4318";
  std::string otlp_grpc_ = "127.0.0.1:4317";
  OwnApiContext context_{.spans = spans_,
                         .first_data = first_data_,
                         .workers = workers_,
                         .clock = clock_,
                         .random = random_,
                         .flush = [this] { return flush_result_; },
                         .otlp_connections = [] { return std::uint64_t{7}; },
                         .otlp_http_address = otlp_http_,
                         .otlp_grpc_address = otlp_grpc_};
  net::Router router_;
};

TEST_F(OwnApiTest, TheDemoTraceIsStoredBeforeItIsAnswered) {
  const auto answer = Call("POST", "/vivace/v1/demo-trace");
  EXPECT_EQ(answer.status, 200);
  EXPECT_THAT(answer.body, HasSubstr("\"traceId\":\""));
  EXPECT_THAT(answer.body, HasSubstr("\"spans\":" + std::to_string(spans_.spans)));
  EXPECT_GE(spans_.spans, 50U);
}

TEST_F(OwnApiTest, AStoreThatCannotTakeItIsSaidSo) {
  spans_.failure = Error(ErrorCode::kUnavailable, "the disk is full");
  const auto answer = Call("POST", "/vivace/v1/demo-trace");
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.body, "the disk is full\n");
}

TEST_F(OwnApiTest, FirstDataTellsWhatHasCome) {
  EXPECT_THAT(Call("GET", "/vivace/v1/first-data").body,
              HasSubstr(R"("acceptedSpans":0,"refusedSpans":0,"lastRefusal":null,)"
                        R"("lastTraceId":null,"otlpHttp":"127.0.0.1:4318")"));
  first_data_.CountRequest(100);
  first_data_.CountAccepted(3, *TraceId::FromHex("abc"));
  first_data_.CountRefused(2, {.reason = "bad id", .transport = "grpc", .unix_ns = 5'000'000});
  const std::string body = Call("GET", "/vivace/v1/first-data").body;
  EXPECT_THAT(body, HasSubstr(R"("connections":7,"requests":1,"bytes":100,"acceptedSpans":3)"));
  EXPECT_THAT(body, HasSubstr(R"({"reason":"bad id","transport":"grpc","atUnixMs":5})"));
  EXPECT_THAT(body, HasSubstr(R"("lastTraceId":"00000000000000000000000000000abc")"));
}

TEST_F(OwnApiTest, ImportsAFileAndNamesItsTraces) {
  const auto answer = Call("POST", "/vivace/v1/import", R"({"resourceSpans":[{"scopeSpans":[{
      "spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",
      "name":"a","startTimeUnixNano":"1","endTimeUnixNano":"2"}]}]}]})",
                           With("Content-Type", "application/json"));
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(answer.body, HasSubstr("\"acceptedSpans\":1"));
  EXPECT_THAT(answer.body, HasSubstr("0af7651916cd43dd8448eb211c80319c"));
  EXPECT_EQ(Call("POST", "/vivace/v1/import", "{", With("Content-Type", "application/json")).status,
            400);
}

TEST_F(OwnApiTest, FlushIsForThisMachineAndPassesFailuresOn) {
  EXPECT_EQ(Call("POST", "/vivace/v1/flush").status, 200);
  EXPECT_EQ(Call("POST", "/vivace/v1/flush", "", {}, false).status, 403);
  flush_result_ = Error(ErrorCode::kUnavailable, "disk full");
  EXPECT_EQ(Call("POST", "/vivace/v1/flush").status, 503);
}

TEST_F(OwnApiTest, PagesOfOtherSitesMayNotChangeAnything) {
  for (const std::string path :
       {"/vivace/v1/demo-trace", "/vivace/v1/import", "/vivace/v1/flush"}) {
    EXPECT_EQ(Call("POST", path, "", With("Sec-Fetch-Site", "cross-site")).status, 403) << path;
    EXPECT_EQ(Call("POST", path, "", With("Origin", "https://elsewhere.example")).status, 403)
        << path;
  }
  EXPECT_EQ(spans_.spans, 0U);
  net::Headers own = With("Origin", "http://127.0.0.1:3200");
  own.Add("Host", "127.0.0.1:3200");
  EXPECT_EQ(Call("POST", "/vivace/v1/demo-trace", "", own).status, 200);
}

}  // namespace
}  // namespace vivace::app

#include "receivers/otlp_receiver.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "otlp/decode.h"
#include "otlp/encode.h"
#include "otlp/json_encode.h"
#include "otlp/recorded_bodies_for_test.h"
#include "receivers/answer_reader_for_test.h"
#include "receivers/fake_sink_for_test.h"

namespace vivace::receivers {
namespace {

using testing::HasSubstr;

constexpr char kProtobuf[] = "application/x-protobuf";
constexpr char kJson[] = "application/json";
constexpr char kExport[] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

struct HttpCatcher final : net::HttpResponder::Sink {
  void Send(net::HttpResponse answer) override {
    EXPECT_FALSE(response.has_value()) << "answered twice";
    response = std::move(answer);
  }
  bool ClientGone() const override { return false; }
  std::optional<net::HttpResponse> response;
};

struct GrpcCatcher final : net::GrpcResponder::Sink {
  bool Write(std::string message) override {
    messages.push_back(std::move(message));
    return true;
  }
  void Finish(net::GrpcStatus answer) override {
    EXPECT_FALSE(status.has_value()) << "finished twice";
    status = std::move(answer);
  }
  bool Cancelled() const override { return false; }
  std::size_t BufferedBytes() const override { return 0; }
  std::vector<std::string> messages;
  std::optional<net::GrpcStatus> status;
};

class OtlpReceiverTest : public testing::Test {
 protected:
  OtlpReceiverTest() {
    RegisterOtlp(
        router_,
        ReceiverContext{
            .spans = sink_, .first_data = first_data_, .clock = clock_, .metrics = metrics_});
  }

  std::shared_ptr<HttpCatcher> SendHttp(std::string body, std::string content_type,
                                        std::string path = "/v1/traces",
                                        std::string method = "POST") {
    net::HttpRequest request;
    request.method = std::move(method);
    request.path = path;
    request.raw_path = std::move(path);
    if (!content_type.empty()) request.headers.Add("Content-Type", std::move(content_type));
    request.body = std::move(body);
    auto catcher = std::make_shared<HttpCatcher>();
    router_.Dispatch(std::move(request), net::HttpResponder(catcher));
    return catcher;
  }
  net::HttpResponse Http(std::string body, std::string content_type,
                         std::string path = "/v1/traces", std::string method = "POST") {
    const auto catcher =
        SendHttp(std::move(body), std::move(content_type), std::move(path), std::move(method));
    EXPECT_TRUE(catcher->response.has_value()) << "no answer";
    return catcher->response.value_or(net::HttpResponse{});
  }
  std::shared_ptr<GrpcCatcher> Grpc(std::string message, std::string method = kExport) {
    net::GrpcRequest request;
    request.method = std::move(method);
    request.message = std::move(message);
    auto catcher = std::make_shared<GrpcCatcher>();
    router_.DispatchGrpc(std::move(request), net::GrpcResponder(catcher));
    return catcher;
  }

  static TraceData Data(std::uint64_t spans) {
    TraceData data;
    data.resource_spans.resize(1);
    data.resource_spans[0].scope_spans.resize(1);
    for (std::uint64_t i = 1; i <= spans; ++i) {
      Span& span = data.resource_spans[0].scope_spans[0].spans.emplace_back();
      span.trace_id = *TraceId::FromHex("abc");
      span.span_id = SpanId::FromNumber(i);
      span.name = "span";
    }
    return data;
  }
  /// One good span and one whose trace id is a byte short, in protobuf.
  static std::string PartlyBad() {
    ByteWriter span;
    span.Varint(1 << 3 | 2);
    span.Text("fifteen bytes..");
    span.Varint(2 << 3 | 2);
    span.Text("12345678");
    ByteWriter scope;
    scope.Varint(2 << 3 | 2);
    scope.Text(span.Take());
    ByteWriter resource;
    resource.Varint(2 << 3 | 2);
    resource.Text(scope.Take());
    ByteWriter request;
    request.Varint(1 << 3 | 2);
    request.Text(resource.Take());
    return otlp::Encode(Data(1)) + request.Take();
  }
  TraceData Stored() const { return *otlp::Decode(AsBytes(*sink_.batches.back().bytes)); }

  FakeSink sink_;
  FirstData first_data_;
  ManualClock clock_;
  MetricsRegistry metrics_;
  net::Router router_;
};

TEST_F(OtlpReceiverTest, AnswersFullSuccessInTheEncodingOfTheRequest) {
  const TraceData data = Data(3);
  const net::HttpResponse protobuf = Http(otlp::Encode(data), kProtobuf);
  EXPECT_EQ(protobuf.status, 200);
  EXPECT_EQ(protobuf.headers.Get("Content-Type"), kProtobuf);
  EXPECT_EQ(protobuf.body, "");
  EXPECT_EQ(Stored(), data);

  const net::HttpResponse json =
      Http(otlp::EncodeOtlpJson(data), "application/json; charset=utf-8");
  EXPECT_EQ(json.status, 200);
  EXPECT_EQ(json.headers.Get("Content-Type"), kJson);
  EXPECT_EQ(json.body, "{}");
  EXPECT_EQ(Stored(), data);

  const auto grpc = Grpc(otlp::Encode(data));
  EXPECT_EQ(grpc->status->code, net::GrpcCode::kOk);
  EXPECT_THAT(grpc->messages, testing::ElementsAre(""));
  EXPECT_EQ(Stored(), data);
  EXPECT_THAT(sink_.tenants, testing::Each("single-tenant"));
}

TEST_F(OtlpReceiverTest, RecordedBodiesArriveInEveryFieldByEachTransport) {
  const std::vector<std::string> bodies = otlp::RecordedBodies();
  ASSERT_EQ(bodies.size(), 101u) << "run in the repository's root";
  for (const std::string& body : bodies) {
    const TraceData data = *otlp::Decode(AsBytes(body));
    ASSERT_EQ(Http(body, kProtobuf).status, 200);
    EXPECT_EQ(*sink_.batches.back().bytes, body);
    ASSERT_EQ(Http(otlp::EncodeOtlpJson(data), kJson).status, 200);
    EXPECT_EQ(Stored(), data);
    ASSERT_EQ(Grpc(body)->status->code, net::GrpcCode::kOk);
    EXPECT_EQ(*sink_.batches.back().bytes, body);
  }
  EXPECT_EQ(first_data_.Look().accepted_spans, 3 * 4743u);
}

TEST_F(OtlpReceiverTest, AnswersOnlyOnceTheSpansAreStored) {
  sink_.answer_later = true;
  const auto http = SendHttp(otlp::Encode(Data(1)), kProtobuf);
  const auto grpc = Grpc(otlp::Encode(Data(1)));
  EXPECT_FALSE(http->response.has_value());
  EXPECT_FALSE(grpc->status.has_value());
  EXPECT_EQ(first_data_.Look().accepted_spans, 0u);
  for (const auto& done : sink_.waiting) done(OkStatus());
  EXPECT_EQ(http->response->status, 200);
  EXPECT_EQ(grpc->status->code, net::GrpcCode::kOk);
  EXPECT_EQ(first_data_.Look().accepted_spans, 2u);
}

TEST_F(OtlpReceiverTest, EmptyRequestsSucceedWithoutTheSink) {
  EXPECT_EQ(Http("", kProtobuf).status, 200);
  EXPECT_EQ(Http("{}", kJson).body, "{}");
  EXPECT_EQ(Grpc("")->status->code, net::GrpcCode::kOk);
  EXPECT_TRUE(sink_.batches.empty());
}

TEST_F(OtlpReceiverTest, BadSpansAreRefusedByPartialSuccess) {
  const net::HttpResponse protobuf = Http(PartlyBad(), kProtobuf);
  EXPECT_EQ(protobuf.status, 200);
  const auto partial = ReadExportResponse(protobuf.body);
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->rejected_spans, 1);
  EXPECT_THAT(partial->message, HasSubstr("trace ids must be 16 bytes, the first has 15 bytes"));
  EXPECT_EQ(Stored().SpanCount(), 1u);

  const auto grpc = Grpc(PartlyBad());
  EXPECT_EQ(grpc->status->code, net::GrpcCode::kOk);
  EXPECT_EQ(ReadExportResponse(grpc->messages.at(0))->rejected_spans, 1);

  const net::HttpResponse json = Http(
      R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz","spanId":"01"}]}]}]})", kJson);
  EXPECT_EQ(json.status, 200);
  EXPECT_THAT(json.body, HasSubstr(R"("rejectedSpans":"1")"));
  EXPECT_EQ(sink_.batches.size(), 2u) << "nothing to store, so the sink is not asked";

  const FirstData::Picture picture = first_data_.Look();
  EXPECT_EQ(picture.refused_spans, 3u);
  EXPECT_EQ(picture.last_refusal->transport, "http_json");
  EXPECT_EQ(picture.last_refusal->unix_ns, clock_.UnixNanos());
}

TEST_F(OtlpReceiverTest, UndecodableRequestsAre400WithAStatusInTheirEncoding) {
  const net::HttpResponse protobuf = Http(
      "\x0a\x05"
      "abc",
      kProtobuf);
  EXPECT_EQ(protobuf.status, 400);
  EXPECT_EQ(protobuf.headers.Get("Content-Type"), kProtobuf);
  EXPECT_EQ(ReadRpcStatus(protobuf.body).code, 3);
  EXPECT_THAT(ReadRpcStatus(protobuf.body).message, HasSubstr("at byte 0 of 5"));

  const net::HttpResponse json = Http(R"({"resourceSpans":7})", kJson);
  EXPECT_EQ(json.status, 400);
  EXPECT_EQ(json.headers.Get("Content-Type"), kJson);
  EXPECT_THAT(json.body, HasSubstr(R"("code":3)"));
  EXPECT_THAT(json.body, HasSubstr("in resourceSpans: expected an array"));
  EXPECT_FALSE(json.headers.Has("Retry-After"));

  const auto grpc = Grpc("\xff");
  EXPECT_EQ(grpc->status->code, net::GrpcCode::kInvalidArgument);
  EXPECT_FALSE(grpc->status->retry_after);
  EXPECT_TRUE(grpc->messages.empty());
  EXPECT_TRUE(sink_.batches.empty());
  EXPECT_THAT(first_data_.Look().last_refusal->reason, HasSubstr("protobuf"));
}

TEST_F(OtlpReceiverTest, ABodyInTheOtherEncodingIsRecognised) {
  EXPECT_THAT(ReadRpcStatus(Http(otlp::EncodeOtlpJson(Data(1)), kProtobuf).body).message,
              HasSubstr("it looks like JSON"));
  EXPECT_THAT(Http(otlp::Encode(Data(1)), kJson).body, HasSubstr("it looks like protobuf"));
}

TEST_F(OtlpReceiverTest, OtherMediaTypesAre415AndTheRightOnesAreNamed) {
  for (const char* type : {"", "text/plain", "application/grpc"}) {
    const net::HttpResponse response = Http(otlp::Encode(Data(1)), type);
    EXPECT_EQ(response.status, 415);
    EXPECT_THAT(response.body, HasSubstr("application/x-protobuf or application/json"));
  }
  EXPECT_TRUE(sink_.batches.empty());
}

TEST_F(OtlpReceiverTest, ErrorsOfTheStoreBecomeStatusesThatClientsObey) {
  struct Case {
    ErrorCode code;
    int http_status;
    net::GrpcCode grpc_code;
    bool is_retryable;
  };
  const Case cases[] = {
      {ErrorCode::kUnavailable, 503, net::GrpcCode::kUnavailable, true},
      {ErrorCode::kResourceExhausted, 429, net::GrpcCode::kResourceExhausted, true},
      {ErrorCode::kIo, 503, net::GrpcCode::kUnavailable, true},
      {ErrorCode::kDeadlineExceeded, 503, net::GrpcCode::kUnavailable, true},
      {ErrorCode::kInvalidArgument, 400, net::GrpcCode::kInvalidArgument, false},
      {ErrorCode::kInternal, 500, net::GrpcCode::kInternal, false},
  };
  for (const Case& one : cases) {
    sink_.answer = Error(one.code, "the reason");
    const net::HttpResponse http = Http(otlp::Encode(Data(1)), kProtobuf);
    EXPECT_EQ(http.status, one.http_status);
    EXPECT_EQ(http.headers.Get("Retry-After"), one.is_retryable ? "2" : "");
    EXPECT_EQ(ReadRpcStatus(http.body).message, "the reason");
    const auto grpc = Grpc(otlp::Encode(Data(1)));
    EXPECT_EQ(grpc->status->code, one.grpc_code);
    EXPECT_EQ(grpc->status->message, "the reason");
    EXPECT_EQ(grpc->status->retry_after.has_value(), one.is_retryable);
    if (one.is_retryable) {
      EXPECT_EQ(grpc->status->retry_after->count(), 2);
    }
  }
  EXPECT_EQ(first_data_.Look().accepted_spans, 0u);
}

TEST_F(OtlpReceiverTest, OtherSignalsAreToldThatTracesOnlyAreTaken) {
  for (const char* path : {"/v1/metrics", "/v1/logs", "/v1development/profiles"}) {
    const net::HttpResponse protobuf = Http("", kProtobuf, path);
    EXPECT_EQ(protobuf.status, 404) << path;
    EXPECT_THAT(ReadRpcStatus(protobuf.body).message, HasSubstr("traces only"));
    const net::HttpResponse json = Http("{}", kJson, path);
    EXPECT_EQ(json.status, 404);
    EXPECT_THAT(json.body, HasSubstr("traces only"));
  }
  for (const char* method : {"/opentelemetry.proto.collector.metrics.v1.MetricsService/Export",
                             "/opentelemetry.proto.collector.logs.v1.LogsService/Export"}) {
    const auto grpc = Grpc("", method);
    EXPECT_EQ(grpc->status->code, net::GrpcCode::kUnimplemented);
    EXPECT_THAT(grpc->status->message, HasSubstr("traces only"));
  }
}

TEST_F(OtlpReceiverTest, UnknownPathsAndMethodsSayWhereOtlpGoes) {
  const net::HttpResponse unknown = Http("", kProtobuf, "/v2/traces");
  EXPECT_EQ(unknown.status, 404);
  EXPECT_THAT(ReadRpcStatus(unknown.body).message, HasSubstr("POST /v1/traces"));
  const net::HttpResponse get = Http("", "", "/v1/traces", "GET");
  EXPECT_EQ(get.status, 405);
  EXPECT_EQ(get.headers.Get("Allow"), "POST");
  EXPECT_EQ(Grpc("", "/no.Such/Method")->status->code, net::GrpcCode::kUnimplemented);
}

TEST_F(OtlpReceiverTest, PlainHttpAtTheGrpcMethodIsToldSo) {
  const net::HttpResponse response = Http("{}", kJson, kExport);
  EXPECT_EQ(response.status, 415);
  EXPECT_THAT(response.body, HasSubstr("this is a gRPC method"));
}

TEST_F(OtlpReceiverTest, ErrorsOfTheListenerHaveTheSameShape) {
  net::HttpRequest head;
  head.method = "POST";
  head.path = "/v1/traces";
  head.headers.Add("Content-Type", kProtobuf);
  const net::HttpResponse too_large = router_.MakeError(413, "body is too large", head);
  EXPECT_EQ(too_large.status, 413);
  EXPECT_EQ(ReadRpcStatus(too_large.body).code, 8);
  EXPECT_EQ(ReadRpcStatus(too_large.body).message, "body is too large");
  EXPECT_FALSE(too_large.headers.Has("Retry-After"));
  EXPECT_EQ(router_.MakeError(503, "busy", head).headers.Get("Retry-After"), "2");
  EXPECT_EQ(first_data_.Look().last_refusal->reason, "busy");
}

TEST_F(OtlpReceiverTest, BrowsersMaySendAcrossOrigins) { EXPECT_TRUE(router_.cors().enabled); }

TEST_F(OtlpReceiverTest, CountsByTransportAndReason) {
  Http(otlp::Encode(Data(2)), kProtobuf);
  Http(otlp::EncodeOtlpJson(Data(3)), kJson);
  Grpc(PartlyBad());
  Http("\xff", kProtobuf);
  const std::string text = metrics_.Expose();
  for (const char* line : {
           "vivace_receiver_accepted_spans_total{transport=\"http_protobuf\"} 2",
           "vivace_receiver_accepted_spans_total{transport=\"http_json\"} 3",
           "vivace_receiver_accepted_spans_total{transport=\"grpc\"} 1",
           "vivace_receiver_requests_total{transport=\"http_protobuf\"} 2",
       }) {
    EXPECT_THAT(text, HasSubstr(line));
  }
  EXPECT_THAT(text, testing::ContainsRegex("refused_spans_total.*grpc.*invalid_trace_id.* 1\n"));
  EXPECT_THAT(text, testing::ContainsRegex("failed_requests.*http_protobuf.*undecodable.* 1\n"));
  const FirstData::Picture picture = first_data_.Look();
  EXPECT_EQ(picture.requests, 4u);
  EXPECT_EQ(picture.accepted_spans, 6u);
  EXPECT_EQ(picture.last_trace_id, TraceId::FromHex("abc"));
}

TEST_F(OtlpReceiverTest, MemoryForJsonIsAskedForFirst) {
  ByteAccountant accountant(1000);
  net::HttpRequest request;
  request.method = "POST";
  request.path = request.raw_path = "/v1/traces";
  request.headers.Add("Content-Type", kJson);
  request.body = "{\"a\":\"" + std::string(400, 'x') + "\"}";
  request.body_bytes = *accountant.Reserve(request.body.size());
  auto catcher = std::make_shared<HttpCatcher>();
  router_.Dispatch(std::move(request), net::HttpResponder(catcher));
  EXPECT_EQ(catcher->response->status, 503);
  EXPECT_EQ(catcher->response->headers.Get("Retry-After"), "2");
  EXPECT_EQ(accountant.used(), 0u);
}

TEST_F(OtlpReceiverTest, TheBodyIsAccountedForUntilTheAnswer) {
  ByteAccountant accountant(100'000);
  sink_.answer_later = true;
  net::HttpRequest request;
  request.method = "POST";
  request.path = request.raw_path = "/v1/traces";
  request.headers.Add("Content-Type", kProtobuf);
  request.body = otlp::Encode(Data(5));
  request.body_bytes = *accountant.Reserve(request.body.size());
  router_.Dispatch(std::move(request), net::HttpResponder(std::make_shared<HttpCatcher>()));
  EXPECT_GT(accountant.used(), 0u);
  sink_.waiting.at(0)(OkStatus());
  sink_.waiting.clear();
  EXPECT_EQ(accountant.used(), 0u);
}

TEST_F(OtlpReceiverTest, SeveralRoutersShareOneContext) {
  net::Router second;
  RegisterOtlp(
      second, ReceiverContext{
                  .spans = sink_, .first_data = first_data_, .clock = clock_, .metrics = metrics_});
  auto catcher = std::make_shared<GrpcCatcher>();
  second.DispatchGrpc({.method = kExport,
                       .metadata = {},
                       .message = otlp::Encode(Data(1)),
                       .peer = "",
                       .deadline = {},
                       .message_bytes = {}},
                      net::GrpcResponder(catcher));
  Http(otlp::Encode(Data(1)), kProtobuf);
  EXPECT_EQ(sink_.batches.size(), 2u);
  EXPECT_EQ(first_data_.Look().accepted_spans, 2u);
}

}  // namespace
}  // namespace vivace::receivers

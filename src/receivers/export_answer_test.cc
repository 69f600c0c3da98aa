#include "receivers/export_answer.h"

#include <gtest/gtest.h>

#include "receivers/answer_reader_for_test.h"

namespace vivace::receivers {
namespace {

TEST(ExportAnswerTest, MediaTypesMatchWithoutCaseAndParameters) {
  EXPECT_EQ(EncodingOfContentType("application/x-protobuf"), Encoding::kProtobuf);
  EXPECT_EQ(EncodingOfContentType(" Application/X-Protobuf ; a=b"), Encoding::kProtobuf);
  EXPECT_EQ(EncodingOfContentType("application/json; charset=utf-8"), Encoding::kJson);
  for (const char* other : {"", ";", "text/plain", "application/jsonx", "application/grpc",
                            "application/x-www-form-urlencoded", "json"}) {
    EXPECT_EQ(EncodingOfContentType(other), std::nullopt) << other;
  }
}

TEST(ExportAnswerTest, FullSuccessLeavesPartialSuccessUnset) {
  EXPECT_EQ(EncodeExportResponse(Encoding::kProtobuf, 0, ""), "");
  EXPECT_EQ(EncodeExportResponse(Encoding::kJson, 0, ""), "{}");
}

TEST(ExportAnswerTest, PartialSuccessHoldsCountAndReason) {
  const auto partial = ReadExportResponse(EncodeExportResponse(Encoding::kProtobuf, 300, "why"));
  ASSERT_TRUE(partial);
  EXPECT_EQ(partial->rejected_spans, 300);
  EXPECT_EQ(partial->message, "why");
  EXPECT_EQ(EncodeExportResponse(Encoding::kJson, 300, "a \"b\""),
            R"({"partialSuccess":{"rejectedSpans":"300","errorMessage":"a \"b\""}})");
}

TEST(ExportAnswerTest, StatusHoldsCodeAndMessage) {
  const ReadStatus status =
      ReadRpcStatus(EncodeRpcStatus(Encoding::kProtobuf, net::GrpcCode::kUnavailable, "later"));
  EXPECT_EQ(status.code, 14);
  EXPECT_EQ(status.message, "later");
  EXPECT_EQ(EncodeRpcStatus(Encoding::kJson, net::GrpcCode::kInvalidArgument, "bad"),
            R"({"code":3,"message":"bad"})");
}

TEST(ExportAnswerTest, ErrorsCarryAHintWhereARetryHelps) {
  for (const int status : {429, 503}) {
    EXPECT_EQ(MakeErrorResponse(Encoding::kJson, status, "x").headers.Get("Retry-After"), "2");
  }
  for (const int status : {400, 404, 405, 413, 415, 500}) {
    EXPECT_FALSE(MakeErrorResponse(Encoding::kJson, status, "x").headers.Has("Retry-After"));
  }
}

TEST(ExportAnswerTest, ErrorsWithoutAKnownEncodingAreText) {
  const net::HttpResponse response = MakeErrorResponse(std::nullopt, 415, "send OTLP");
  EXPECT_EQ(response.status, 415);
  EXPECT_EQ(response.body, "send OTLP\n");
  EXPECT_EQ(response.headers.Get("Content-Type").substr(0, 10), "text/plain");
}

TEST(ExportAnswerTest, CodesGoWithTheHttpStatus) {
  const std::pair<int, int> pairs[] = {{400, 3},  {401, 16}, {403, 7},  {404, 12},
                                       {405, 12}, {408, 4},  {413, 8},  {415, 3},
                                       {429, 8},  {500, 13}, {503, 14}, {504, 4}};
  for (const auto& [status, code] : pairs) {
    EXPECT_EQ(ReadRpcStatus(MakeErrorResponse(Encoding::kProtobuf, status, "x").body).code, code)
        << status;
  }
}

}  // namespace
}  // namespace vivace::receivers

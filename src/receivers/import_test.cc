#include "receivers/import.h"

#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "otlp/decode.h"
#include "otlp/encode.h"
#include "otlp/json_encode.h"
#include "otlp/random_data_for_test.h"
#include "receivers/fake_sink_for_test.h"

namespace vivace::receivers {
namespace {

using testing::HasSubstr;

class ImportTest : public testing::Test {
 protected:
  Result<ImportOutcome> Run(std::string body, std::string content_type = "") {
    net::HttpRequest request;
    request.body = std::move(body);
    if (!content_type.empty()) request.headers.Add("Content-Type", std::move(content_type));
    std::optional<Result<ImportOutcome>> outcome;
    Import(std::move(request), sink_, [&](Result<ImportOutcome> result) {
      EXPECT_FALSE(outcome.has_value()) << "called twice";
      outcome.emplace(std::move(result));
    });
    if (!outcome) return Error(ErrorCode::kInternal, "no answer yet");
    return *std::move(outcome);
  }
  TraceData Stored() const { return *otlp::Decode(AsBytes(*sink_.batches.back().bytes)); }

  /// One span in each of `traces` traces.
  static TraceData Data(std::uint64_t traces) {
    TraceData data;
    data.resource_spans.resize(1);
    data.resource_spans[0].scope_spans.resize(1);
    for (std::uint64_t i = 1; i <= traces; ++i) {
      Span span = otlp::RandomData(i).OneSpan();
      span.trace_id = *TraceId::FromHex(SpanId::FromNumber(i).ToHex());
      data.resource_spans[0].scope_spans[0].spans.push_back(std::move(span));
    }
    return data;
  }

  FakeSink sink_;
};

TEST_F(ImportTest, TakesJsonJsonLinesAndProtobufByTheirContent) {
  const TraceData data = Data(3);
  const std::string json = otlp::EncodeOtlpJson(data);
  for (const std::string& file : {json, "\n  " + json + "\n", otlp::Encode(data)}) {
    const auto outcome = Run(file);
    ASSERT_TRUE(outcome.ok()) << outcome.error().message();
    EXPECT_EQ(outcome->accepted_spans, 3u);
    EXPECT_EQ(outcome->rejected_spans, 0u);
    EXPECT_EQ(outcome->error_message, "");
    EXPECT_EQ(outcome->trace_ids.size(), 3u);
    EXPECT_EQ(Stored(), data);
  }
  const auto lines = Run(json + "\n" + json + "\n", "application/x-ndjson");
  ASSERT_TRUE(lines.ok());
  EXPECT_EQ(lines->accepted_spans, 6u);
  EXPECT_EQ(lines->trace_ids.size(), 3u);
  EXPECT_EQ(sink_.tenants.back(), "single-tenant");
}

TEST_F(ImportTest, TakesProtobufThatBeginsLikeJson) {
  // A resource group of 123 bytes makes the first two bytes "\n{".
  TraceData data = Data(1);
  Span& span = data.resource_spans[0].scope_spans[0].spans[0];
  span = Span{};
  span.span_id = SpanId::FromNumber(1);
  while (otlp::Encode(data).size() < 125) span.name.push_back('x');
  const std::string file = otlp::Encode(data);
  ASSERT_EQ(file.substr(0, 2), "\n{");
  EXPECT_TRUE(Run(file).ok());
  EXPECT_TRUE(Run(file, "application/x-protobuf").ok());
  EXPECT_EQ(Stored(), data);
}

TEST_F(ImportTest, NamesAtMostAHundredTraces) {
  const auto outcome = Run(otlp::Encode(Data(250)));
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->accepted_spans, 250u);
  EXPECT_EQ(outcome->trace_ids.size(), kImportTraceIdsMax);
}

TEST_F(ImportTest, CountsRefusedSpansAndSaysWhy) {
  const auto outcome = Run(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"12"}]}]}]})");
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome->accepted_spans, 0u);
  EXPECT_EQ(outcome->rejected_spans, 1u);
  EXPECT_THAT(outcome->error_message, HasSubstr("trace ids must be 16 bytes"));
  EXPECT_TRUE(sink_.batches.empty());
}

TEST_F(ImportTest, FilesThatCannotBeReadAreAnError) {
  for (const char* file : {"hello", "{", "{\"resourceSpans\":3}", "\n{"}) {
    const auto outcome = Run(file);
    ASSERT_FALSE(outcome.ok()) << file;
    EXPECT_EQ(outcome.error().code(), ErrorCode::kInvalidArgument);
  }
  EXPECT_THAT(Run("hello").error().message(), HasSubstr("neither OTLP JSON"));
}

TEST_F(ImportTest, PassesTheSinksErrorOn) {
  sink_.answer = Error(ErrorCode::kUnavailable, "disk full");
  const auto outcome = Run(otlp::Encode(Data(1)));
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().message(), "disk full");
}

TEST_F(ImportTest, AnswersOnlyOnceTheSpansAreStored) {
  sink_.answer_later = true;
  std::optional<Result<ImportOutcome>> outcome;
  net::HttpRequest request;
  request.body = otlp::Encode(Data(1));
  Import(std::move(request), sink_, [&](Result<ImportOutcome> result) { outcome.emplace(result); });
  EXPECT_FALSE(outcome);
  sink_.waiting.at(0)(OkStatus());
  ASSERT_TRUE(outcome);
  EXPECT_TRUE(outcome->ok());
}

}  // namespace
}  // namespace vivace::receivers

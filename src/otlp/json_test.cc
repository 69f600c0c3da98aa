// OTLP JSON both ways, and Tempo's form.

#include <cmath>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "otlp/decode.h"
#include "otlp/json_decode.h"
#include "otlp/json_encode.h"
#include "otlp/limits.h"
#include "otlp/random_data_for_test.h"
#include "otlp/recorded_bodies_for_test.h"

namespace vivace::otlp {
namespace {

using testing::HasSubstr;

/// A document with one span: its ids and what is given.
std::string OneSpan(const std::string& fields) {
  return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{)"
         R"("traceId":"0123456789abcdef0123456789ABCDEF","spanId":"00000000000000Ab")" +
         (fields.empty() ? "" : "," + fields) + "}]}]}]}";
}
Span DecodeSpan(const std::string& fields) {
  const auto decoded = DecodeJson(OneSpan(fields));
  EXPECT_TRUE(decoded.ok()) << (decoded.ok() ? "" : decoded.error().message());
  if (!decoded.ok() || decoded->data.SpanCount() != 1) {
    ADD_FAILURE() << "no span out of " << fields;
    return {};
  }
  return decoded->data.resource_spans[0].scope_spans[0].spans[0];
}
/// The value of a span's attribute given as `json`.
AttributeValue DecodeValue(const std::string& json) {
  const Span span = DecodeSpan(R"("attributes":[{"key":"k","value":)" + json + "}]");
  return span.attributes.empty() ? AttributeValue{} : span.attributes[0].value;
}
std::string ErrorOf(const std::string& text) {
  const auto decoded = DecodeJson(text);
  EXPECT_FALSE(decoded.ok()) << text;
  if (decoded.ok()) return "";
  EXPECT_EQ(decoded.error().code(), ErrorCode::kInvalidArgument);
  return decoded.error().message();
}
std::string ErrorOfValue(const std::string& json) {
  return ErrorOf(OneSpan(R"("attributes":[{"key":"k","value":)" + json + "}]"));
}
/// The message of a document whose only span is refused.
std::string RefusalOf(const std::string& span) {
  const auto decoded =
      DecodeJson(R"({"resourceSpans":[{"scopeSpans":[{"spans":[)" + span + "]}]}]}");
  EXPECT_TRUE(decoded.ok()) << span;
  if (!decoded.ok()) return "";
  EXPECT_EQ(decoded->refusals.total(), 1u) << span;
  EXPECT_EQ(decoded->data.SpanCount(), 0u);
  return decoded->refusals.Message();
}

TEST(JsonTest, DecodeGivesBackWhatWasEncoded) {
  for (std::uint64_t seed = 2000; seed < 2500; ++seed) {
    const TraceData data = RandomData(seed).Data();
    const auto decoded = DecodeJson(EncodeOtlpJson(data));
    ASSERT_TRUE(decoded.ok()) << "seed " << seed << ": " << decoded.error().message();
    EXPECT_EQ(decoded->data, data) << "seed " << seed;
    EXPECT_EQ(decoded->refusals.total(), 0u);
  }
}

TEST(JsonTest, RecordedBodiesSurviveJsonInEveryField) {
  const std::vector<std::string> bodies = RecordedBodies();
  ASSERT_EQ(bodies.size(), 101u) << "run in the repository's root";
  for (const std::string& body : bodies) {
    const TraceData data = *Decode(AsBytes(body));
    const auto decoded = DecodeJson(EncodeOtlpJson(data));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message();
    EXPECT_EQ(decoded->data, data);
  }
}

TEST(JsonTest, ReadsEveryFieldOfTheSpecification) {
  const auto decoded = DecodeJson(R"({"resourceSpans":[{
    "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}],
                "droppedAttributesCount":1},
    "schemaUrl":"https://r",
    "scopeSpans":[{
      "scope":{"name":"lib","version":"2","droppedAttributesCount":2,
               "attributes":[{"key":"a","value":{"boolValue":true}}]},
      "schemaUrl":"https://s",
      "spans":[{
        "traceId":"00000000000000000000000000000001","spanId":"0000000000000002",
        "parentSpanId":"0000000000000003","traceState":"x=y","flags":257,"name":"GET /",
        "kind":2,"startTimeUnixNano":"1700000000000000001","endTimeUnixNano":1700000000000000002,
        "attributes":[{"key":"n","value":{"intValue":"9007199254740993"}}],
        "droppedAttributesCount":3,
        "events":[{"timeUnixNano":"5","name":"e","attributes":[],"droppedAttributesCount":4}],
        "droppedEventsCount":5,
        "links":[{"traceId":"ab","spanId":"","traceState":"t","droppedAttributesCount":6,
                  "attributes":[{"key":"l","value":{"doubleValue":0.5}}],"flags":7}],
        "droppedLinksCount":8,
        "status":{"code":2,"message":"broken"}}]}]}]})");
  ASSERT_TRUE(decoded.ok()) << decoded.error().message();
  Span span;
  span.trace_id = *TraceId::FromHex("1");
  span.span_id = SpanId::FromNumber(2);
  span.parent_span_id = SpanId::FromNumber(3).AsText();
  span.trace_state = "x=y";
  span.flags = 257;
  span.name = "GET /";
  span.kind = SpanKind::kServer;
  span.start_unix_ns = 1700000000000000001;
  span.end_unix_ns = 1700000000000000002;
  span.attributes = {{"n", {std::int64_t{9007199254740993}}}};
  span.dropped_attributes_count = 3;
  span.events = {{5, "e", {}, 4}};
  span.dropped_events_count = 5;
  span.links = {{"\xab", "", "t", {{"l", {0.5}}}, 6, 7}};
  span.dropped_links_count = 8;
  span.status_code = StatusCode::kError;
  span.status_message = "broken";
  const TraceData expected{{{{{{"service.name", {std::string("cart")}}}, 1},
                             "https://r",
                             {{{"lib", "2", {{"a", {true}}}, 2}, "https://s", {span}}}}}};
  EXPECT_EQ(decoded->data, expected);
}

TEST(JsonTest, IdsAreHexOfAnyCase) {
  const Span span = DecodeSpan(R"("parentSpanId":"aBcDeF0123456789")");
  EXPECT_EQ(span.trace_id.ToHex(), "0123456789abcdef0123456789abcdef");
  EXPECT_EQ(span.span_id.ToHex(), "00000000000000ab");
  EXPECT_EQ(SpanId::FromBytes(span.parent_span_id)->ToHex(), "abcdef0123456789");
  EXPECT_EQ(DecodeSpan(R"("parentSpanId":"")").parent_span_id, "");
  EXPECT_EQ(DecodeSpan(R"("parentSpanId":"0000000000000000")").parent_span_id,
            std::string(8, '\0'));
}

TEST(JsonTest, SpansWithBadIdsAreRefusedAlone) {
  const std::string trace = R"("traceId":"0123456789abcdef0123456789abcdef")";
  const std::string span = R"("spanId":"0000000000000001")";
  const char* const bad_trace_ids[] = {R"("traceId":"0123456789abcdef0123456789abcd")",
                                       R"("traceId":"abc")",
                                       R"("traceId":"")",
                                       R"("traceId":null)",
                                       R"("traceId":"ASNFZ4mrze8BI0VniavN7w==")",
                                       R"("other":1)"};
  for (const char* id : bad_trace_ids) {
    EXPECT_THAT(RefusalOf("{" + std::string(id) + "," + span + "}"),
                HasSubstr("trace ids must be 16 bytes"));
  }
  for (const char* id : {R"("spanId":"00000000000000")", R"("spanId":"0000000000000000")",
                         R"("spanId":"xyzxyzxyzxyzxyzx")", R"("spanId":"")"}) {
    EXPECT_THAT(RefusalOf("{" + trace + "," + std::string(id) + "}"),
                HasSubstr("span ids must be 8 bytes"));
  }
  EXPECT_THAT(RefusalOf("{" + trace + "," + span + R"(,"parentSpanId":"no hex"})"),
              HasSubstr("ids of parents and links must be hex"));
  EXPECT_THAT(RefusalOf("{" + trace + "," + span + R"(,"links":[{"traceId":"!"},{}]})"),
              HasSubstr("ids of parents and links must be hex"));

  const auto decoded = DecodeJson(R"({"resourceSpans":[{"scopeSpans":[{"spans":[{},)"
                                  R"({)" +
                                  trace + "," + span + R"(,"name":"good"},{}]}]}]})");
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->refusals.total(), 2u);
  ASSERT_EQ(decoded->data.SpanCount(), 1u);
  EXPECT_EQ(decoded->data.resource_spans[0].scope_spans[0].spans[0].name, "good");
}

TEST(JsonTest, WideIntegersAreTextsOrNumbersAsLongAsTheyAreWholeAndFit) {
  const auto integer = [](const std::string& json) {
    const AttributeValue value = DecodeValue(R"({"intValue":)" + json + "}");
    return value.AsInt() == nullptr ? 424242 : *value.AsInt();
  };
  EXPECT_EQ(integer("9007199254740993"), 9007199254740993);
  EXPECT_EQ(integer(R"("9007199254740993")"), 9007199254740993);
  EXPECT_EQ(integer("9223372036854775807"), INT64_MAX);
  EXPECT_EQ(integer(R"("-9223372036854775808")"), INT64_MIN);
  EXPECT_EQ(integer("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(integer("1e9"), 1'000'000'000);
  EXPECT_EQ(integer("1.0"), 1);
  EXPECT_EQ(integer("-0"), 0);
  EXPECT_EQ(integer("12.5e1"), 125);
  EXPECT_EQ(integer("0e99999999999"), 0);
  EXPECT_EQ(DecodeSpan(R"("startTimeUnixNano":"18446744073709551615")").start_unix_ns, UINT64_MAX);
  EXPECT_EQ(DecodeSpan(R"("endTimeUnixNano":18446744073709551615)").end_unix_ns, UINT64_MAX);
  EXPECT_EQ(DecodeSpan(R"("startTimeUnixNano":1.7e18)").start_unix_ns, 1700000000000000000u);

  for (const char* bad :
       {"9223372036854775808", "\"-9223372036854775809\"", "1.5", "1e19", "1e-1", "\" 1\"",
        "\"1 \"", "\"\"", "\"0x1\"", "\"+1\"", "true", "{}", "[]", "1e99999999999", "\"01\""}) {
    EXPECT_THAT(ErrorOfValue(R"({"intValue":)" + std::string(bad) + "}"),
                HasSubstr("attributes[0].value.intValue"));
  }
  for (const char* bad : {"-1", "18446744073709551616", "\"-1\"", "0.5"}) {
    EXPECT_THAT(ErrorOf(OneSpan(R"("startTimeUnixNano":)" + std::string(bad))),
                HasSubstr("spans[0].startTimeUnixNano"));
  }
  EXPECT_THAT(ErrorOf(OneSpan(R"("flags":4294967296)")), HasSubstr("from 0 to 4294967295"));
}

TEST(JsonTest, EnumsAreNumbersOrNamesAndUnknownNumbersAreKept) {
  EXPECT_EQ(DecodeSpan(R"("kind":3)").kind, SpanKind::kClient);
  EXPECT_EQ(DecodeSpan(R"("kind":"SPAN_KIND_PRODUCER")").kind, SpanKind::kProducer);
  EXPECT_EQ(DecodeSpan(R"("kind":99)").kind, static_cast<SpanKind>(99));
  EXPECT_EQ(DecodeSpan(R"("kind":-1)").kind, static_cast<SpanKind>(-1));
  EXPECT_EQ(DecodeSpan(R"("status":{"code":"STATUS_CODE_ERROR"})").status_code, StatusCode::kError);
  EXPECT_THAT(ErrorOf(OneSpan(R"("kind":"SERVER")")), HasSubstr("unknown name SERVER"));
  EXPECT_THAT(ErrorOf(OneSpan(R"("kind":2147483648)")), HasSubstr("32 bits"));
}

TEST(JsonTest, UnknownFieldsOfAnyShapeAreIgnoredEverywhere) {
  const std::string unknown =
      R"("future":{"a":[1,-2.5e300,1e400,"\u00e9",true,false,null,{"b":[[]]},{}],"kind":5},)"
      R"("trace_id":"zz","x":123456789012345678901234567890,)";
  const auto decoded =
      DecodeJson("{" + unknown + R"("resourceSpans":[{)" + unknown + R"("resource":{)" + unknown +
                 R"("attributes":[{)" + unknown + R"("key":"k","value":{)" + unknown +
                 R"("arrayValue":{)" + unknown + R"("values":[{"kvlistValue":{)" + unknown +
                 R"("values":[]}}]}}}]},"scopeSpans":[{)" + unknown + R"("scope":{)" + unknown +
                 R"("name":"s"},"spans":[{)" + unknown +
                 R"("traceId":"00000000000000000000000000000001","spanId":"0000000000000001",)"
                 R"("events":[{)" +
                 unknown + R"("name":"e"}],"links":[{)" + unknown + R"("spanId":""}],"status":{)" +
                 unknown + R"("code":1}}]}]}]})");
  ASSERT_TRUE(decoded.ok()) << decoded.error().message();
  EXPECT_EQ(decoded->data.SpanCount(), 1u);
  EXPECT_EQ(decoded->data.resource_spans[0].resource.attributes[0].value,
            (AttributeValue{ArrayValue{{{MapValue{}}}}}));
}

TEST(JsonTest, SnakeCaseNamesAreUnknown) {
  EXPECT_EQ(DecodeSpan(R"("start_time_unix_nano":"5","trace_state":"x")"), DecodeSpan(""));
  EXPECT_EQ(DecodeJson(R"({"resource_spans":[{}]})")->data, TraceData{});
}

TEST(JsonTest, ALargeUnknownSubtreeIsPassedOver) {
  std::string list = "[0";
  for (int i = 0; i < 200'000; ++i) list += ",{\"a\":1}";
  EXPECT_EQ(DecodeSpan(R"("future":)" + list + "],\"name\":\"n\"").name, "n");
}

TEST(JsonTest, NullMeansTheDefault) {
  Span expected = DecodeSpan("");
  for (const char* field :
       {"traceState", "name", "kind", "startTimeUnixNano", "attributes", "events", "links",
        "status", "droppedLinksCount", "flags", "parentSpanId"}) {
    EXPECT_EQ(DecodeSpan("\"" + std::string(field) + "\":null"), expected) << field;
  }
  EXPECT_EQ(DecodeValue("null"), AttributeValue{});
  EXPECT_EQ(DecodeValue(R"({"stringValue":null})"), AttributeValue{});
  EXPECT_EQ(DecodeValue("{}"), AttributeValue{});
  EXPECT_EQ(DecodeJson(R"({"resourceSpans":null})")->data, TraceData{});
  EXPECT_EQ(DecodeJson("{}")->data, TraceData{});
  EXPECT_EQ(DecodeJson(R"({"resourceSpans":[{"resource":null,"scopeSpans":null}]})")->data,
            TraceData{{ResourceSpans{}}});
}

TEST(JsonTest, OfANameGivenTwiceTheLastCounts) {
  EXPECT_EQ(DecodeSpan(R"("name":"a","name":"b")").name, "b");
  EXPECT_EQ(DecodeSpan(R"("name":"a","name":null)").name, "");
  EXPECT_EQ(DecodeSpan(R"("attributes":[{"key":"a"}],"attributes":[])").attributes.size(), 0u);
  EXPECT_EQ(DecodeSpan(R"("status":{"code":2,"message":"m"},"status":{"code":1})").status_message,
            "");
  EXPECT_EQ(DecodeValue(R"({"intValue":1,"stringValue":"x"})"), AttributeValue{std::string("x")});
  EXPECT_EQ(
      DecodeJson(R"({"resourceSpans":[{},{}],"resourceSpans":[{}]})")->data.resource_spans.size(),
      1u);
}

TEST(JsonTest, BytesAreBase64OfBothAlphabetsPaddedOrNot) {
  const AttributeValue expected{BytesValue{"\xfb\xff\xfe"}};
  EXPECT_EQ(DecodeValue(R"({"bytesValue":"+//+"})"), expected);
  EXPECT_EQ(DecodeValue(R"({"bytesValue":"-__-"})"), expected);
  EXPECT_EQ(DecodeValue(R"({"bytesValue":"YQ=="})"), AttributeValue{BytesValue{"a"}});
  EXPECT_EQ(DecodeValue(R"({"bytesValue":"YQ"})"), AttributeValue{BytesValue{"a"}});
  EXPECT_EQ(DecodeValue(R"({"bytesValue":""})"), AttributeValue{BytesValue{}});
  for (const char* bad : {"Y", "YQ=", "Y===", "YQ==YQ==", "Y Q=", "=", "!!!!"}) {
    EXPECT_THAT(ErrorOfValue(R"({"bytesValue":")" + std::string(bad) + "\"}"),
                HasSubstr("expected bytes in base64"))
        << bad;
  }
}

TEST(JsonTest, DoublesKeepTheirBits) {
  const auto number = [](const std::string& json) {
    const AttributeValue value = DecodeValue(R"({"doubleValue":)" + json + "}");
    return value.AsDouble() == nullptr ? 424242 : *value.AsDouble();
  };
  EXPECT_TRUE(std::isnan(number(R"("NaN")")));
  EXPECT_EQ(number(R"("Infinity")"), INFINITY);
  EXPECT_EQ(number(R"("-Infinity")"), -INFINITY);
  EXPECT_TRUE(std::signbit(number("-0")));
  EXPECT_EQ(number("5e-324"), 5e-324);
  EXPECT_EQ(number("0.1"), 0.1);
  EXPECT_EQ(number("12"), 12);
  EXPECT_EQ(number(R"("1.5")"), 1.5);
  for (const char* bad : {"1e400", "\"nan\"", "\"inf\"", "\"\"", "\"0x1p3\"", "true", "01", "1."}) {
    EXPECT_THAT(ErrorOfValue(R"({"doubleValue":)" + std::string(bad) + "}"),
                HasSubstr("doubleValue"));
  }
}

TEST(JsonTest, WrongTypesAreNamedWithTheirPath) {
  EXPECT_THAT(ErrorOf(R"({"resourceSpans":{}})"), HasSubstr("in resourceSpans: expected an array"));
  EXPECT_THAT(ErrorOf(R"({"resourceSpans":[1]})"), HasSubstr("resourceSpans[0]: expected an obj"));
  EXPECT_THAT(ErrorOf(OneSpan(R"("name":5)")),
              HasSubstr("in resourceSpans[0].scopeSpans[0].spans[0].name: expected a text"));
  EXPECT_THAT(ErrorOf(OneSpan(R"("status":[])")), HasSubstr("status: expected an object"));
  EXPECT_THAT(ErrorOfValue(R"({"boolValue":"true"})"), HasSubstr("expected true or false"));
  EXPECT_THAT(ErrorOfValue(R"({"stringValue":1})"), HasSubstr("at byte"));
}

TEST(JsonTest, WhatIsNotJsonIsRefused) {
  for (const char* bad : {"",
                          " ",
                          "x",
                          "[]",
                          "1",
                          "\"\"",
                          "null",
                          "{",
                          "{\"a\"",
                          "{\"a\":}",
                          "{\"a\":1,}",
                          "{\"a\":tru}",
                          "{\"a\":[1 2]}",
                          "{\"a\":\"\\q\"}",
                          "{} {}",
                          "{}x",
                          "{\"a\":\"\xff\"}",
                          "{\"a\":\"\n\"}",
                          "{a:1}",
                          "{\"a\":[1,]}",
                          "{\"a\":01}",
                          "{\"a\":[}",
                          "{\"a\":\"\\ud800\"}",
                          "\x0a\x02\x12\x00"}) {
    EXPECT_THAT(ErrorOf(bad), HasSubstr("not an OTLP trace request in JSON"));
  }
}

TEST(JsonTest, NestingIsBounded) {
  const auto unknown = [](int levels) {
    return "{\"a\":" + std::string(static_cast<std::size_t>(levels - 1), '[') +
           std::string(static_cast<std::size_t>(levels - 1), ']') + "}";
  };
  EXPECT_TRUE(DecodeJson(unknown(kJsonDepthMax)).ok());
  EXPECT_THAT(ErrorOf(unknown(kJsonDepthMax + 1)), HasSubstr("nested deeper than 64 levels"));
  EXPECT_THAT(ErrorOf(unknown(1'000'000)), HasSubstr("JSON"));
  std::string value = R"({"intValue":1})";
  for (int i = 0; i < 40; ++i) value = R"({"arrayValue":{"values":[)" + value + "]}}";
  EXPECT_THAT(ErrorOfValue(value), HasSubstr("nested deeper"));
}

TEST(JsonTest, LinesOfAFileAreJoinedAndErrorsNameTheLine) {
  const std::string one = OneSpan(R"("name":"a")");
  const auto decoded = DecodeJsonLines("\n" + one + "\r\n\n" + one + "\n" + one);
  ASSERT_TRUE(decoded.ok()) << decoded.error().message();
  EXPECT_EQ(decoded->data.SpanCount(), 3u);
  EXPECT_EQ(DecodeJsonLines(one)->data.SpanCount(), 1u);
  EXPECT_EQ(DecodeJsonLines("{\n\"resourceSpans\"\n:[\n{}\n]}\n")->data.resource_spans.size(), 1u);
  EXPECT_EQ(DecodeJsonLines("{\"resourceSpans\":[{}\n,{}]}")->data.resource_spans.size(), 2u);
  const auto broken = DecodeJsonLines(one + "\n\n{\"resourceSpans\":5}");
  ASSERT_FALSE(broken.ok());
  EXPECT_THAT(broken.error().message(), HasSubstr("line 3: "));
  EXPECT_FALSE(DecodeJsonLines("").ok());
}

TEST(JsonTest, TempoFormIsProto3JsonWithBase64IdsAndNames) {
  TraceData data = DecodeJson(OneSpan(R"("name":"GET /","kind":2,"startTimeUnixNano":"5",
      "events":[{"name":"e","timeUnixNano":"6"}],"links":[{"spanId":"00000000000000ff"}],
      "attributes":[{"key":"s","value":{"stringValue":"x"}},{"key":"i","value":{"intValue":"0"}},
                    {"key":"d","value":{"doubleValue":1.5}},{"key":"b","value":{"boolValue":false}},
                    {"key":"l","value":{"arrayValue":{"values":[{"stringValue":"a"},{}]}}},
                    {"key":"m","value":{"kvlistValue":{}}},{"key":"y","value":{"bytesValue":"YQ"}}],
      "status":{"code":2,"message":"m"})"))
                       ->data;
  EXPECT_EQ(EncodeTempoJson(data, "batches"),
            R"({"batches":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{)"
            R"("traceId":"ASNFZ4mrze8BI0VniavN7w==","spanId":"AAAAAAAAAKs=","name":"GET /",)"
            R"("kind":"SPAN_KIND_SERVER","startTimeUnixNano":"5","attributes":[)"
            R"({"key":"s","value":{"stringValue":"x"}},{"key":"i","value":{"intValue":"0"}},)"
            R"({"key":"d","value":{"doubleValue":1.5}},{"key":"b","value":{"boolValue":false}},)"
            R"({"key":"l","value":{"arrayValue":{"values":[{"stringValue":"a"},{}]}}},)"
            R"({"key":"m","value":{"kvlistValue":{}}},{"key":"y","value":{"bytesValue":"YQ=="}}],)"
            R"("events":[{"timeUnixNano":"6","name":"e"}],"links":[{"spanId":"AAAAAAAAAP8="}],)"
            R"("status":{"message":"m","code":"STATUS_CODE_ERROR"}}]}]}]})");
  EXPECT_EQ(EncodeTempoJson(DecodeJson(OneSpan(R"("kind":99,"parentSpanId":"01")"))->data),
            R"({"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{)"
            R"("traceId":"ASNFZ4mrze8BI0VniavN7w==","spanId":"AAAAAAAAAKs=",)"
            R"("parentSpanId":"AQ==","kind":99,"status":{}}]}]}]})");
  EXPECT_EQ(EncodeTempoJson(TraceData{}), "{}");
}

TEST(JsonTest, TextThatIsNotUtf8BecomesValidJson) {
  TraceData data;
  data.resource_spans.resize(1);
  data.resource_spans[0].resource.attributes = {{"k", {std::string("a\xff\"\n")}}};
  const std::string json = EncodeOtlpJson(data);
  const auto decoded = DecodeJson(json);
  ASSERT_TRUE(decoded.ok()) << json;
  EXPECT_EQ(decoded->data.resource_spans[0].resource.attributes[0].value,
            AttributeValue{std::string("a\xef\xbf\xbd\"\n")});
}

}  // namespace
}  // namespace vivace::otlp

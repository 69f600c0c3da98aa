#include "otlp/walk.h"

#include <chrono>
#include <cstdio>
#include <map>
#include <optional>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "base/random.h"
#include "otlp/decode.h"
#include "otlp/encode.h"
#include "otlp/random_data_for_test.h"
#include "otlp/recorded_bodies_for_test.h"

namespace vivace::otlp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<WalkResult> WalkBytes(std::string bytes, const WalkLimits& limits = {}) {
  return Walk(std::make_shared<const std::string>(std::move(bytes)), limits);
}

// Wire format by hand, so that broken messages can be written too.
std::string Field(std::uint64_t number, std::string_view content) {
  ByteWriter out;
  out.Varint(number << 3 | 2);
  out.Text(content);
  return out.Take();
}
std::string VarintField(std::uint64_t number, std::uint64_t value) {
  ByteWriter out;
  out.Varint(number << 3);
  out.Varint(value);
  return out.Take();
}
std::string Fixed64Field(std::uint64_t number, std::uint64_t value) {
  ByteWriter out;
  out.Varint(number << 3 | 1);
  out.U64(value);
  return out.Take();
}
/// A request of one group of the given spans.
std::string Request(const std::vector<std::string>& spans) {
  std::string scope;
  for (const std::string& span : spans) scope += Field(2, span);
  return Field(1, Field(2, scope));
}
std::string SpanWithIds(std::string_view trace_id, std::string_view span_id,
                        std::string_view rest = "") {
  return Field(1, trace_id) + Field(2, span_id) + std::string(rest);
}
const std::string kTraceId = "0123456789abcdef";
const std::string kSpanId = "01234567";
std::string GoodSpan(std::string_view rest = "") { return SpanWithIds(kTraceId, kSpanId, rest); }

/// What the walk reports, computed from the model the obvious way.
std::vector<WalkedTrace> TracesOf(const TraceData& data) {
  std::vector<WalkedTrace> traces;
  std::map<TraceId, std::size_t> places;
  for (const ResourceSpans& resource : data.resource_spans) {
    for (const ScopeSpans& scope : resource.scope_spans) {
      for (const Span& span : scope.spans) {
        const auto [place, is_new] = places.emplace(span.trace_id, traces.size());
        if (is_new) {
          traces.push_back({span.trace_id, 0, span.start_unix_ns, span.start_unix_ns, 0});
        }
        WalkedTrace& trace = traces[place->second];
        ++trace.spans;
        trace.start_unix_ns_min = std::min(trace.start_unix_ns_min, span.start_unix_ns);
        trace.start_unix_ns_max = std::max(trace.start_unix_ns_max, span.start_unix_ns);
        trace.end_unix_ns_max = std::max(trace.end_unix_ns_max, span.end_unix_ns);
      }
    }
  }
  return traces;
}

TEST(WalkTest, EmptyRequestIsFine) {
  const auto result = WalkBytes("");
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->batch.span_count, 0u);
  EXPECT_EQ(*result->batch.bytes, "");
  EXPECT_EQ(result->refusals.Message(), "");
}

TEST(WalkTest, GivesTheVeryBytesWhenNothingIsRefused) {
  const auto body = std::make_shared<const std::string>(
      Request({GoodSpan(Fixed64Field(7, 5) + Fixed64Field(8, 9))}));
  const auto result = Walk(body);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->batch.bytes.get(), body.get());
  EXPECT_EQ(result->batch.span_count, 1u);
  EXPECT_THAT(result->batch.traces,
              ElementsAre(WalkedTrace{*TraceId::FromBytes(kTraceId), 1, 5, 5, 9}));
  EXPECT_EQ(result->batch.start_unix_ns_min, 5u);
  EXPECT_EQ(result->batch.end_unix_ns_max, 9u);
}

TEST(WalkTest, RefusesSpansWithBadIdsAloneAndCountsThem) {
  const std::string last = GoodSpan(Field(5, "kept"));
  const auto result = WalkBytes(Request({SpanWithIds("short", kSpanId), GoodSpan(),
                                         SpanWithIds(kTraceId, std::string(8, '\0')),
                                         SpanWithIds(kTraceId, "123456789"), "", last}));
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_EQ(result->batch.span_count, 2u);
  EXPECT_EQ(result->refusals.total(), 4u);
  EXPECT_EQ(result->refusals.count(RefusalReason::kInvalidTraceId), 2u);
  EXPECT_EQ(result->refusals.count(RefusalReason::kInvalidSpanId), 2u);
  EXPECT_EQ(*result->batch.bytes, Request({GoodSpan(), last}));
  EXPECT_EQ(result->refusals.Message(),
            "2 spans refused: trace ids must be 16 bytes, the first has 5 bytes; 2 spans refused: "
            "span ids must be 8 bytes and not all zero, the first has only zeros");
}

TEST(WalkTest, AllZeroTraceIdIsAccepted) {
  const auto result = WalkBytes(Request({SpanWithIds(std::string(16, '\0'), kSpanId)}));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->batch.span_count, 1u);
  EXPECT_TRUE(result->batch.traces[0].id.IsZero());
}

TEST(WalkTest, OfAnIdGivenTwiceTheLastCounts) {
  const auto result =
      WalkBytes(Request({Field(1, "bad") + GoodSpan(), GoodSpan() + Field(2, "bad")}));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->batch.span_count, 1u);
  EXPECT_EQ(*result->batch.bytes, Request({Field(1, "bad") + GoodSpan()}));
}

TEST(WalkTest, UnknownFieldsStayInTheBytesAlsoBesideRefusedSpans) {
  const std::string unknown = Field(100, "a") + VarintField(101, 1) + Fixed64Field(102, 2) +
                              std::string(
                                  "\xbd\x06"
                                  "abcd");
  const std::string scope = unknown + Field(2, GoodSpan(unknown)) + Field(2, "") + Field(3, "url");
  const auto result = WalkBytes(unknown + Field(1, unknown + Field(2, scope)) + unknown);
  ASSERT_TRUE(result.ok()) << result.error().message();
  EXPECT_EQ(result->refusals.total(), 1u);
  const std::string kept = unknown + Field(2, GoodSpan(unknown)) + Field(3, "url");
  EXPECT_EQ(*result->batch.bytes, unknown + Field(1, unknown + Field(2, kept)) + unknown);
}

TEST(WalkTest, BrokenBytesAreNamedWithTheirPlace) {
  struct Case {
    std::string bytes;
    std::string message;
  };
  const std::vector<Case> cases = {
      {"{\"resourceSpans\":[]}",
       "at byte 0 of 20: field 15 of the request has wire type 3, which OTLP"},
      {std::string("\x0a\x05"
                   "ab"),
       "at byte 0 of 4: a field of 5 bytes has only 2 left"},
      {std::string("\x0a"), "at byte 1 of 1: a varint runs over the end"},
      {VarintField(1, 5), "at byte 0 of 2: field 1 of the request has wire type 0 instead of 2"},
      {Field(1, VarintField(2, 5)), "at byte 2 of 4: field 2 of a ResourceSpans has wire type 0"},
      {Field(9, "x") + std::string("\x13"),
       "at byte 3 of 4: field 2 of the request has wire type 3"},
      {std::string("\x17"),
       "at byte 0 of 1: field 2 of the request has wire type 7, which OTLP does not use"},
      {std::string("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x02"), "a varint is longer than 64 bits"},
      {std::string("\xff\xff\xff\xff\xff\x01\x00", 7), "which protobuf does not allow"},
      {Request({GoodSpan(Field(7, "12345678"))}), "field 7 of a Span has wire type 2 instead of 1"},
      {Request({GoodSpan(std::string("\x39\x01\x02"))}), "a field of 8 bytes has only 2 left"},
      {Request({GoodSpan(Field(9, Field(2, Field(3, ""))))}),
       "field 3 of an AnyValue has wire type 2"},
      {Request({GoodSpan(Field(15, VarintField(2, 1)))}), "field 2 of a Status has wire type 0"},
  };
  for (const Case& one : cases) {
    const auto result = WalkBytes(one.bytes);
    ASSERT_FALSE(result.ok()) << one.message;
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(result.error().message(), HasSubstr(one.message));
  }
}

TEST(WalkTest, ABrokenMessageIsFoundInEachKindOfGroup) {
  const std::string broken = "\x0a\x7f";  // Field 1, 127 bytes that are not there.
  const std::vector<std::string> bodies = {
      Field(1, Field(1, broken)),                       // Resource
      Field(1, Field(2, Field(1, broken))),             // Scope
      Request({broken}),                                // Span
      Request({Field(9, broken)}),                      // KeyValue
      Request({Field(9, Field(2, broken))}),            // AnyValue
      Request({Field(9, Field(2, Field(5, broken)))}),  // ArrayValue
      Request({Field(9, Field(2, Field(6, broken)))}),  // KeyValueList
      Request({Field(9, Field(2, Field(6, Field(1, broken))))}),
      Request({Field(11, Field(3, broken))}),  // Event attribute
      Request({Field(13, Field(4, broken))}),  // Link attribute
      Request({Field(15, broken)}),            // Status
  };
  for (const std::string& body : bodies) EXPECT_FALSE(WalkBytes(body).ok()) << body.size();
}

TEST(WalkTest, LengthsOfAttributesAreCheckedToTheByte) {
  // Every text length around the ends of one-byte lengths, whole and with one byte too few.
  for (std::size_t size = 0; size < 300; ++size) {
    for (const std::uint64_t value_field : {1u, 7u}) {
      const std::string attribute =
          Field(1, "key") + Field(2, Field(value_field, std::string(size, '\x01')));
      EXPECT_TRUE(WalkBytes(Request({GoodSpan(Field(9, attribute))})).ok()) << size;
      if (size == 0) continue;
      const std::string_view cut(attribute.data(), attribute.size() - 1);
      EXPECT_FALSE(WalkBytes(Request({GoodSpan(Field(9, cut))})).ok()) << size;
    }
  }
}

TEST(WalkTest, ValuesNestUpToTheBoundAndNoDeeper) {
  const auto nested = [](int levels, std::uint64_t list_field) {
    std::string value = Field(1, "leaf");
    for (int i = 1; i < levels; ++i) {
      value = Field(list_field, Field(1, list_field == 6 ? Field(2, value) : value));
    }
    return Request({GoodSpan(Field(9, Field(1, "k") + Field(2, value)))});
  };
  for (const std::uint64_t list_field : {5u, 6u}) {
    EXPECT_TRUE(WalkBytes(nested(kValueDepthMax, list_field)).ok());
    const auto result = WalkBytes(nested(kValueDepthMax + 1, list_field));
    ASSERT_FALSE(result.ok());
    EXPECT_THAT(result.error().message(), HasSubstr("nested deeper than 32 levels"));
    EXPECT_FALSE(WalkBytes(nested(2'000, list_field)).ok());
  }
}

TEST(WalkTest, ElementsAreBounded) {
  std::string attributes;
  for (int i = 0; i < 100; ++i) attributes += Field(9, "");
  // One resource group, one scope group, one span and its attributes.
  EXPECT_TRUE(WalkBytes(Request({GoodSpan(attributes)}), {.elements_max = 103}).ok());
  const auto result = WalkBytes(Request({GoodSpan(attributes)}), {.elements_max = 102});
  ASSERT_FALSE(result.ok());
  EXPECT_THAT(result.error().message(), HasSubstr("more than 102"));
}

TEST(WalkTest, CountsManyTracesInTheOrderOfTheirFirstSpans) {
  TraceData data;
  data.resource_spans.resize(1);
  data.resource_spans[0].scope_spans.resize(1);
  for (std::uint64_t i = 0; i < 20'000; ++i) {
    Span span;
    const SpanId low = SpanId::FromNumber(i % 5'000);
    std::copy(low.bytes.begin(), low.bytes.end(), span.trace_id.bytes.begin() + 8);
    span.span_id = SpanId::FromNumber(i + 1);
    span.start_unix_ns = 1000 + i;
    span.end_unix_ns = 9000 - i % 7;
    data.resource_spans[0].scope_spans[0].spans.push_back(span);
  }
  const auto result = WalkBytes(Encode(data));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->batch.traces, TracesOf(data));
  EXPECT_EQ(result->batch.span_count, 20'000u);
}

TEST(WalkTest, AgreesWithTheModelOnRandomData) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const TraceData data = RandomData(seed).Data();
    const auto result = WalkBytes(Encode(data));
    ASSERT_TRUE(result.ok()) << "seed " << seed << ": " << result.error().message();
    EXPECT_EQ(result->batch.span_count, data.SpanCount()) << "seed " << seed;
    EXPECT_EQ(result->batch.traces, TracesOf(data)) << "seed " << seed;
    const auto decoded = Decode(AsBytes(*result->batch.bytes));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message();
    EXPECT_EQ(*decoded, data) << "seed " << seed;
  }
}

TEST(WalkTest, WhatPassesTheWalkDecodesToTheSameCountsHoweverItWasMutated) {
  // A few spans of each recorded body: quick, and mutations often hit structure.
  std::vector<std::string> bodies = RecordedBodies();
  ASSERT_EQ(bodies.size(), 101u) << "run in the repository's root";
  for (std::string& body : bodies) {
    TraceData data = *Decode(AsBytes(body));
    data.resource_spans.resize(1);
    data.resource_spans[0].scope_spans.resize(1);
    std::vector<Span>& spans = data.resource_spans[0].scope_spans[0].spans;
    spans.resize(std::min<std::size_t>(spans.size(), 3));
    body = Encode(data);
  }
  SeededRandom random(4);
  int passed = 0;
  int with_refusals = 0;
  for (int round = 0; round < 30'000; ++round) {
    std::string body = bodies[random.Below(bodies.size())];
    for (std::uint64_t i = random.Below(3) + 1; i > 0; --i) {
      const std::size_t at = random.Below(body.size());
      switch (random.Below(4)) {
        case 0:
          body[at] = static_cast<char>(random.Next());
          break;
        case 1:
          body[at] = static_cast<char>(body[at] ^ (1 << random.Below(8)));
          break;
        case 2:
          body.erase(at, random.Below(4));
          break;
        default:
          body.insert(at, 1, static_cast<char>(random.Next()));
      }
      if (body.empty()) break;
    }
    const auto walked = WalkBytes(body);
    if (!walked.ok()) continue;
    ++passed;
    with_refusals += walked->refusals.total() > 0;
    const auto decoded = Decode(AsBytes(*walked->batch.bytes));
    ASSERT_TRUE(decoded.ok()) << "round " << round << ": " << decoded.error().message();
    ASSERT_EQ(decoded->SpanCount(), walked->batch.span_count) << "round " << round;
    ASSERT_EQ(TracesOf(*decoded), walked->batch.traces) << "round " << round;
  }
  // Most mutations hit text and pass; ids are hit now and then.
  EXPECT_GT(passed, 1'000);
  EXPECT_GT(with_refusals, 20);
}

}  // namespace
}  // namespace vivace::otlp

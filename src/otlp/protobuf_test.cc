// Decoding and encoding of OTLP protobuf, together.

#include <limits>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <protozero/pbf_writer.hpp>

#include "otlp/decode.h"
#include "otlp/encode.h"
#include "otlp/limits.h"
#include "otlp/random_data_for_test.h"
#include "otlp/recorded_bodies_for_test.h"

namespace vivace::otlp {
namespace {

using testing::HasSubstr;

TEST(ProtobufTest, DecodeGivesBackWhatWasEncoded) {
  for (std::uint64_t seed = 1000; seed < 1500; ++seed) {
    const TraceData data = RandomData(seed).Data();
    const auto decoded = Decode(AsBytes(Encode(data)));
    ASSERT_TRUE(decoded.ok()) << decoded.error().message();
    EXPECT_EQ(*decoded, data) << "seed " << seed;
  }
}

TEST(ProtobufTest, RecordedBodiesHoldWhatTheirDescriptionSays) {
  const std::vector<std::string> bodies = RecordedBodies();
  ASSERT_EQ(bodies.size(), 101u) << "run in the repository's root";
  std::size_t spans = 0;
  std::size_t events = 0;
  std::set<TraceId> traces;
  std::set<std::string> services;
  std::set<std::string> names;
  std::set<std::string> keys;
  for (const std::string& body : bodies) {
    const auto data = Decode(AsBytes(body));
    ASSERT_TRUE(data.ok()) << data.error().message();
    spans += data->SpanCount();
    for (const ResourceSpans& resource : data->resource_spans) {
      services.emplace(ServiceName(resource.resource));
      for (const ScopeSpans& scope : resource.scope_spans) {
        for (const Span& span : scope.spans) {
          traces.insert(span.trace_id);
          names.insert(span.name);
          events += span.events.size();
          for (const Attribute& attribute : span.attributes) keys.insert(attribute.key);
        }
      }
    }
  }
  EXPECT_EQ(spans, 4743u);
  EXPECT_EQ(traces.size(), 1021u);
  EXPECT_EQ(services.size(), 17u);
  EXPECT_EQ(names.size(), 93u);
  EXPECT_EQ(keys.size(), 140u);
  EXPECT_EQ(events, 1220u);
}

TEST(ProtobufTest, RecordedBodiesSurviveEncodingInEveryField) {
  for (const std::string& body : RecordedBodies()) {
    const auto data = Decode(AsBytes(body));
    ASSERT_TRUE(data.ok());
    const auto again = Decode(AsBytes(Encode(*data)));
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(*again, *data);
  }
}

TEST(ProtobufTest, EmptyGroupsAndStatusAreWrittenAsEmptyMessages) {
  TraceData data;
  data.resource_spans.resize(1);
  data.resource_spans[0].scope_spans.resize(1);
  data.resource_spans[0].scope_spans[0].spans.resize(1);
  Span& span = data.resource_spans[0].scope_spans[0].spans[0];
  span.span_id = SpanId::FromNumber(1);
  span.attributes = {{"k", {}}};
  const std::string expected_span = std::string("\x0a\x10", 2) + std::string(16, '\0') +
                                    std::string("\x12\x08\0\0\0\0\0\0\0\x01", 10) +
                                    std::string("\x4a\x05\x0a\x01k\x12\x00", 7) +
                                    std::string("\x7a\x00", 2);
  const std::string expected_scope =
      std::string("\x0a\x00\x12", 3) + static_cast<char>(expected_span.size()) + expected_span;
  const std::string expected_resource =
      std::string("\x0a\x00\x12", 3) + static_cast<char>(expected_scope.size()) + expected_scope;
  EXPECT_EQ(Encode(data),
            std::string("\x0a") + static_cast<char>(expected_resource.size()) + expected_resource);
}

TEST(ProtobufTest, DefaultsInsideAValueAreWritten) {
  TraceData data;
  data.resource_spans.resize(1);
  data.resource_spans[0].resource.attributes = {
      {"", {std::string()}}, {"", {false}},      {"", {std::int64_t{0}}}, {"", {0.0}},
      {"", {ArrayValue{}}},  {"", {MapValue{}}}, {"", {BytesValue{}}},    {"", {}}};
  EXPECT_EQ(*Decode(AsBytes(Encode(data))), data);
}

TEST(ProtobufTest, MessagesGivenTwiceAreMergedAndTheLastScalarCounts) {
  std::string bytes;
  {
    protozero::pbf_writer root(bytes);
    protozero::pbf_writer group(root, 1);
    for (const char* key : {"a", "b"}) {
      protozero::pbf_writer resource(group, 1);
      {
        protozero::pbf_writer attribute(resource, 1);
        attribute.add_string(1, key);
        {
          protozero::pbf_writer value(attribute, 2);
          value.add_string(1, "text");
        }
        protozero::pbf_writer value(attribute, 2);
        value.add_int64(3, 7);
      }
      resource.add_uint32(2, key[0] == 'a' ? 5 : 6);
    }
  }
  const auto data = Decode(AsBytes(bytes));
  ASSERT_TRUE(data.ok()) << data.error().message();
  const Resource expected{{{"a", {std::int64_t{7}}}, {"b", {std::int64_t{7}}}}, 6};
  EXPECT_EQ(data->resource_spans[0].resource, expected);
}

TEST(ProtobufTest, TextThatIsNotUtf8ComesBackByteForByte) {
  TraceData data;
  data.resource_spans.resize(1);
  data.resource_spans[0].resource.attributes = {{"\xff\xfe", {std::string("\xc3(\0z", 4)}}};
  EXPECT_EQ(*Decode(AsBytes(Encode(data))), data);
}

TEST(ProtobufTest, DecodeTraceGivesOneTraceOnly) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    const TraceData data = RandomData(seed).Data();
    TraceId wanted;
    wanted.bytes[15] = 1;
    TraceData expected = data;
    for (ResourceSpans& resource : expected.resource_spans) {
      for (ScopeSpans& scope : resource.scope_spans) {
        std::erase_if(scope.spans, [&](const Span& span) { return span.trace_id != wanted; });
      }
      std::erase_if(resource.scope_spans, [](const ScopeSpans& s) { return s.spans.empty(); });
    }
    std::erase_if(expected.resource_spans,
                  [](const ResourceSpans& r) { return r.scope_spans.empty(); });
    const auto decoded = DecodeTrace(AsBytes(Encode(data)), wanted);
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(*decoded, expected) << "seed " << seed;
  }
}

TEST(ProtobufTest, BrokenBytesAreAnError) {
  for (const std::string& bytes :
       {std::string("\x0a"), std::string("\x0a\x05x"), std::string("\x08\x01"), std::string("\x0b"),
        std::string("\x00\x00", 2), std::string("\x0a\x02\x10\x01"),
        // A span without ids.
        std::string("\x0a\x04\x12\x02\x12\x00", 6)}) {
    const auto result = Decode(AsBytes(bytes));
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_THAT(result.error().message(), HasSubstr("OTLP protobuf"));
  }
}

TEST(ProtobufTest, NestingIsBounded) {
  const auto nested = [](int levels) {
    AttributeValue value{true};
    for (int i = 1; i < levels; ++i) {
      ArrayValue array;
      array.values.push_back(std::move(value));
      value = {std::move(array)};
    }
    TraceData data;
    data.resource_spans.resize(1);
    data.resource_spans[0].resource.attributes.push_back({"k", std::move(value)});
    return data;
  };
  EXPECT_EQ(*Decode(AsBytes(Encode(nested(kValueDepthMax)))), nested(kValueDepthMax));
  EXPECT_FALSE(Decode(AsBytes(Encode(nested(kValueDepthMax + 1)))).ok());
}

}  // namespace
}  // namespace vivace::otlp

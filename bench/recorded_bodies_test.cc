#include "bench/recorded_bodies.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otlp/decode.h"

namespace vivace::bench {
namespace {

TEST(RecordedBodiesTest, KnowsAllSpansOfTheRecording) {
  const auto bodies = LoadBodies("tests/data/otel-demo");
  ASSERT_TRUE(bodies.ok()) << bodies.error().ToString();
  EXPECT_EQ(bodies->size(), 101U);
  std::uint64_t spans = 0;
  for (const RecordedBody& body : *bodies) spans += body.spans;
  EXPECT_EQ(spans, 4743U);
}

TEST(RecordedBodiesTest, StampingChangesIdsAndTimesAndNothingElse) {
  const auto bodies = LoadBodies("tests/data/otel-demo");
  ASSERT_TRUE(bodies.ok());
  Stamp stamp;
  stamp.mask.fill(0x5a);
  stamp.time_shift_ns = 1'000'000'007;
  std::string stamped;
  for (const RecordedBody& body : *bodies) {
    WriteStamped(body, stamp, stamped);
    TraceData before = otlp::Decode(AsBytes(body.bytes)).value();
    const TraceData after = otlp::Decode(AsBytes(stamped)).value();
    const auto masked = [&](std::string id) {
      for (std::size_t i = 0; i < id.size(); ++i) {
        id[i] = static_cast<char>(static_cast<unsigned char>(id[i]) ^ stamp.mask[i]);
      }
      return id;
    };
    const auto shifted = [&](std::uint64_t& time) {
      if (time != 0) time += static_cast<std::uint64_t>(stamp.time_shift_ns);
    };
    for (ResourceSpans& resource : before.resource_spans) {
      for (ScopeSpans& scope : resource.scope_spans) {
        for (Span& span : scope.spans) {
          span.trace_id = *TraceId::FromBytes(masked(std::string(span.trace_id.AsText())));
          span.span_id = *SpanId::FromBytes(masked(std::string(span.span_id.AsText())));
          span.parent_span_id = masked(span.parent_span_id);
          shifted(span.start_unix_ns);
          shifted(span.end_unix_ns);
          for (SpanEvent& event : span.events) shifted(event.time_unix_ns);
          for (SpanLink& link : span.links) {
            link.trace_id = masked(link.trace_id);
            link.span_id = masked(link.span_id);
          }
        }
      }
    }
    EXPECT_EQ(before, after);
  }
}

TEST(RecordedBodiesTest, RefusesWhatIsNoRequest) {
  EXPECT_FALSE(ParseBody("\x0a\xff").ok());
  EXPECT_FALSE(LoadBodies("tests/data/no-such-folder").ok());
}

}  // namespace
}  // namespace vivace::bench

#include "model/span.h"

#include <gtest/gtest.h>

namespace vivace {
namespace {

TEST(SpanTest, RootIsWithoutParentOrWithAZeroParent) {
  Span span;
  EXPECT_TRUE(span.IsRoot());
  span.parent_span_id = std::string(8, '\0');
  EXPECT_TRUE(span.IsRoot());
  EXPECT_TRUE(span.Parent().IsZero());
  span.parent_span_id = SpanId::FromNumber(5).AsText();
  EXPECT_FALSE(span.IsRoot());
  EXPECT_EQ(span.Parent(), SpanId::FromNumber(5));
}

TEST(SpanTest, ParentOfAForeignLengthIsMissingButNoRoot) {
  Span span;
  span.parent_span_id = "abc";
  EXPECT_FALSE(span.IsRoot());
  EXPECT_TRUE(span.Parent().IsZero());
}

TEST(SpanTest, DurationIsZeroWhenTheEndLiesBeforeTheStart) {
  Span span;
  span.start_unix_ns = 10;
  span.end_unix_ns = 4;
  EXPECT_EQ(span.DurationNanos(), 0u);
  span.end_unix_ns = 14;
  EXPECT_EQ(span.DurationNanos(), 4u);
}

TEST(SpanTest, CountsSpansOverAllGroups) {
  TraceData trace;
  trace.resource_spans.resize(2);
  trace.resource_spans[0].scope_spans.resize(2);
  trace.resource_spans[0].scope_spans[0].spans.resize(3);
  trace.resource_spans[0].scope_spans[1].spans.resize(4);
  trace.resource_spans[1].scope_spans.resize(1);
  EXPECT_EQ(trace.SpanCount(), 7u);
}

TEST(SpanTest, ServiceNameIsTextOrNothing) {
  Resource resource;
  EXPECT_EQ(ServiceName(resource), "");
  resource.attributes = {{"service.name", {std::int64_t{4}}}};
  EXPECT_EQ(ServiceName(resource), "");
  resource.attributes = {{"service.name", {std::string("cart")}}};
  EXPECT_EQ(ServiceName(resource), "cart");
}

}  // namespace
}  // namespace vivace

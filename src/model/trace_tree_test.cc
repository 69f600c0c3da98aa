#include "model/trace_tree.h"

#include <map>
#include <utility>

#include <gtest/gtest.h>

namespace vivace {
namespace {

/// Builds a trace of short descriptions; span ids are small numbers.
class TraceTreeTest : public testing::Test {
 protected:
  TraceTreeTest() {
    trace_.resource_spans.resize(1);
    trace_.resource_spans[0].scope_spans.resize(1);
  }

  /// `parent` 0 makes a root; the start time is the order of the calls.
  void Add(std::uint64_t id, std::uint64_t parent, SpanKind kind = SpanKind::kInternal) {
    std::vector<Span>& spans = trace_.resource_spans[0].scope_spans[0].spans;
    Span& span = spans.emplace_back();
    span.span_id = SpanId::FromNumber(id);
    if (parent != 0) span.parent_span_id = SpanId::FromNumber(parent).AsText();
    span.kind = kind;
    span.start_unix_ns = 100 + spans.size();
    span.end_unix_ns = 200 + spans.size();
  }
  Span& Last() { return trace_.resource_spans[0].scope_spans[0].spans.back(); }

  /// "left-right^nested_parent" of the span numbered `index`.
  static std::string Numbers(const TraceTree& tree, std::size_t index) {
    const TraceTree::Node& node = tree.nodes()[index];
    return std::to_string(node.nested_left) + "-" + std::to_string(node.nested_right) + "^" +
           std::to_string(node.nested_parent);
  }

  TraceData trace_;
};

TEST_F(TraceTreeTest, NumbersNestedSetsFromOneInStartOrder) {
  Add(1, 0);
  Add(2, 1);
  Add(3, 2);
  Add(4, 1);
  const TraceTree tree = TraceTree::Build(trace_);

  EXPECT_EQ(Numbers(tree, 0), "1-8^-1");
  EXPECT_EQ(Numbers(tree, 1), "2-5^1");
  EXPECT_EQ(Numbers(tree, 2), "3-4^2");
  EXPECT_EQ(Numbers(tree, 3), "6-7^1");
  EXPECT_EQ(tree.nodes()[0].child_count, 2);
  EXPECT_EQ(tree.nodes()[3].child_count, 0);
  EXPECT_EQ(tree.nodes()[2].parent, 1);
  EXPECT_EQ(tree.Root()->span->span_id, SpanId::FromNumber(1));
}

TEST_F(TraceTreeTest, SpansAreNumberedByStartThenIdThenKind) {
  Add(9, 0);
  Add(5, 9, SpanKind::kClient);
  Add(5, 9, SpanKind::kServer);
  Add(3, 9);
  std::vector<Span>& spans = trace_.resource_spans[0].scope_spans[0].spans;
  for (std::size_t i = 1; i < 4; ++i) spans[i].start_unix_ns = 50;
  const TraceTree tree = TraceTree::Build(trace_);

  std::vector<std::pair<std::uint64_t, SpanKind>> order;
  for (const SpanRef& ref : tree.spans()) {
    order.emplace_back(ref.span->span_id.Number(), ref.span->kind);
  }
  EXPECT_EQ(order, (std::vector<std::pair<std::uint64_t, SpanKind>>{{3, SpanKind::kInternal},
                                                                    {5, SpanKind::kServer},
                                                                    {5, SpanKind::kClient},
                                                                    {9, SpanKind::kInternal}}));
}

TEST_F(TraceTreeTest, OrphansAndWhatHangsBelowThemHaveZeros) {
  Add(1, 0);
  Add(2, 77);
  Add(3, 2);
  const TraceTree tree = TraceTree::Build(trace_);

  EXPECT_EQ(tree.nodes()[1].parent, TraceTree::kOrphan);
  EXPECT_EQ(tree.nodes()[2].parent, 1);
  EXPECT_EQ(tree.nodes()[1].child_count, 1);
  EXPECT_EQ(Numbers(tree, 0), "1-2^-1");
  EXPECT_EQ(Numbers(tree, 1), "0-0^0");
  EXPECT_EQ(Numbers(tree, 2), "0-0^0");
}

TEST_F(TraceTreeTest, ParentIdOfAForeignLengthIsAMissingParent) {
  Add(1, 0);
  Last().parent_span_id = "abc";
  const TraceTree tree = TraceTree::Build(trace_);
  EXPECT_EQ(tree.nodes()[0].parent, TraceTree::kOrphan);
  EXPECT_EQ(tree.Root(), nullptr);
}

TEST_F(TraceTreeTest, SeveralRootsAreNumberedOneAfterTheOther) {
  Add(1, 0);
  Add(2, 0);
  Add(3, 1);
  const TraceTree tree = TraceTree::Build(trace_);
  EXPECT_EQ(Numbers(tree, 0), "1-4^-1");
  EXPECT_EQ(Numbers(tree, 2), "2-3^1");
  EXPECT_EQ(Numbers(tree, 1), "5-6^-1");
  EXPECT_EQ(tree.Root()->span->span_id, SpanId::FromNumber(1));
}

TEST_F(TraceTreeTest, SharedSpanIdPutsServerUnderClientAndChildrenUnderServer) {
  Add(1, 0);
  Add(2, 1, SpanKind::kClient);
  Add(2, 1, SpanKind::kServer);
  Add(3, 2);
  const TraceTree tree = TraceTree::Build(trace_);

  EXPECT_EQ(tree.nodes()[1].parent, 0);
  EXPECT_EQ(tree.nodes()[2].parent, 1);
  EXPECT_EQ(tree.nodes()[3].parent, 2);
  EXPECT_EQ(Numbers(tree, 0), "1-8^-1");
  EXPECT_EQ(Numbers(tree, 3), "4-5^3");
}

TEST_F(TraceTreeTest, SharedSpanIdOfTheRootKeepsOneRoot) {
  Add(2, 0, SpanKind::kServer);
  Add(2, 0, SpanKind::kClient);
  Add(3, 2);
  const TraceTree tree = TraceTree::Build(trace_);

  EXPECT_EQ(tree.nodes()[0].parent, 1);
  EXPECT_EQ(tree.nodes()[1].parent, TraceTree::kNoParent);
  EXPECT_EQ(tree.nodes()[2].parent, 0);
  EXPECT_EQ(tree.Root()->span->kind, SpanKind::kClient);
}

TEST_F(TraceTreeTest, SpansOnACycleAreOrphansAndTheirOtherChildrenStayBelowThem) {
  Add(1, 0);
  Add(2, 3);
  Add(3, 4);
  Add(4, 2);
  Add(5, 3);
  Add(6, 6);
  const TraceTree tree = TraceTree::Build(trace_);

  for (const std::size_t on_cycle : {1u, 2u, 3u, 5u}) {
    EXPECT_EQ(tree.nodes()[on_cycle].parent, TraceTree::kOrphan) << on_cycle;
    EXPECT_EQ(Numbers(tree, on_cycle), "0-0^0");
  }
  EXPECT_EQ(tree.nodes()[4].parent, 2);
  EXPECT_EQ(Numbers(tree, 4), "0-0^0");
  EXPECT_EQ(tree.nodes()[2].child_count, 1);
  EXPECT_EQ(Numbers(tree, 0), "1-2^-1");
}

TEST_F(TraceTreeTest, TimesSpanTheWholeTraceAndNeverRunBackwards) {
  Add(1, 0);
  Add(2, 1);
  TraceTree tree = TraceTree::Build(trace_);
  EXPECT_EQ(tree.StartUnixNanos(), 101u);
  EXPECT_EQ(tree.EndUnixNanos(), 202u);
  EXPECT_EQ(tree.DurationNanos(), 101u);

  for (Span& span : trace_.resource_spans[0].scope_spans[0].spans) span.end_unix_ns = 1;
  tree = TraceTree::Build(trace_);
  EXPECT_EQ(tree.DurationNanos(), 0u);
}

TEST_F(TraceTreeTest, EmptyTraceHasNoRoot) {
  const TraceTree tree = TraceTree::Build(TraceData{});
  EXPECT_TRUE(tree.spans().empty());
  EXPECT_EQ(tree.Root(), nullptr);
  EXPECT_EQ(tree.DurationNanos(), 0u);
}

TEST_F(TraceTreeTest, ChainOfAHundredThousandIsNumberedWithoutRecursion) {
  constexpr std::uint64_t kDepth = 100'000;
  for (std::uint64_t id = 1; id <= kDepth; ++id) Add(id, id - 1);
  const TraceTree tree = TraceTree::Build(trace_);
  EXPECT_EQ(tree.nodes().front().nested_right, 2 * static_cast<std::int32_t>(kDepth));
  EXPECT_EQ(tree.nodes().back().nested_left, static_cast<std::int32_t>(kDepth));
  EXPECT_EQ(tree.nodes().back().parent, static_cast<std::int32_t>(kDepth) - 2);
}

TEST_F(TraceTreeTest, ManySpansOfOneIdDoNotCostASquare) {
  // Half a minute if each look-up walked over the spans of the id.
  for (int i = 0; i < 200'000; ++i) {
    Add(7, 7, i % 2 == 0 ? SpanKind::kInternal : SpanKind::kServer);
  }
  const TraceTree tree = TraceTree::Build(trace_);
  EXPECT_EQ(tree.nodes()[0].parent, 1);
  EXPECT_EQ(tree.nodes()[1].parent, TraceTree::kOrphan);
}

}  // namespace
}  // namespace vivace

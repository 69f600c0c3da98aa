#pragma once
// The tree of one whole trace: parents, roots, orphans, nested-set numbers.
// Rules: docs/traceql.md (shared span ids, orphans, several roots).

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/span.h"

namespace vivace {

/// One span of a trace with where it came from; points into a TraceData that outlives it.
struct SpanRef {
  const ResourceSpans* resource = nullptr;
  const ScopeSpans* scope = nullptr;
  const Span* span = nullptr;
};

/// Parents and nested-set numbers of the spans of one trace. Immutable.
class TraceTree {
 public:
  static constexpr std::int32_t kNoParent = -1;  ///< A root.
  static constexpr std::int32_t kOrphan = -2;    ///< Its parent is not stored.

  struct Node {
    std::int32_t parent = kNoParent;  ///< Index into spans(), kNoParent or kOrphan.
    std::int32_t child_count = 0;
    /// Nested-set numbers from 1; 0 in the whole subtree of an orphan, and `nested_parent`
    /// is the left number of the parent, -1 for a root.
    std::int32_t nested_left = 0;
    std::int32_t nested_right = 0;
    std::int32_t nested_parent = 0;
  };

  /// Builds the tree over all spans of `trace`, which outlives it. Spans are numbered by start
  /// time, then span id, then kind. Cycles are cut: a span on one is an orphan.
  static TraceTree Build(const TraceData& trace);

  const std::vector<SpanRef>& spans() const { return spans_; }
  const std::vector<Node>& nodes() const { return nodes_; }

  /// The root that names the trace: the earliest true root; null if there is none.
  const SpanRef* Root() const;
  std::uint64_t StartUnixNanos() const { return start_unix_ns_; }  ///< Earliest start.
  std::uint64_t EndUnixNanos() const { return end_unix_ns_; }      ///< Latest end.
  std::uint64_t DurationNanos() const {
    return end_unix_ns_ > start_unix_ns_ ? end_unix_ns_ - start_unix_ns_ : 0;
  }

 private:
  std::vector<SpanRef> spans_;
  std::vector<Node> nodes_;
  std::int32_t root_ = kNoParent;
  std::uint64_t start_unix_ns_ = 0;
  std::uint64_t end_unix_ns_ = 0;
};

}  // namespace vivace

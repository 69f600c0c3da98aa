#include "model/trace_tree.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <tuple>
#include <utility>

#include "base/check.h"

// How the tree is built, in O(n log n) and without recursion, whatever the shape:
//
//   1. Number the spans by start, span id, kind, and their place in the input.
//   2. Sort indices by span id: the spans of one id lie side by side, server spans first, then
//      client spans, then the others, each in the order of 1.
//   3. Give each span its parent: a server span that shares its id with a client span hangs
//      under that; any other under the first span of its parent id. No such span: an orphan.
//   4. Walk up from each span once to find cycles; the spans on one become orphans.
//   5. Number nested sets from the roots with an explicit stack. What is not reached from a
//      root hangs below an orphan and keeps the zeros.

namespace vivace {
namespace {

constexpr std::size_t kSpansMax = std::numeric_limits<std::int32_t>::max();

/// The spans of a trace sorted by span id, for look-ups that stay quick when many share one.
class SpansById {
 public:
  explicit SpansById(const std::vector<SpanRef>& spans) : spans_(spans), order_(spans.size()) {
    std::iota(order_.begin(), order_.end(), 0);
    std::sort(order_.begin(), order_.end(), [&](std::int32_t a, std::int32_t b) {
      return std::tuple(KeyOf(a), a) < std::tuple(KeyOf(b), b);
    });
  }

  /// What a child of `id` hangs under: the earliest server span of that id, else the earliest
  /// client span, else the earliest other; -1 if there is none.
  std::int32_t FindParent(const SpanId& id) const {
    const auto it = LowerBound({id, Rank::kServer});
    return it != order_.end() && KeyOf(*it).first == id ? *it : -1;
  }
  /// The earliest client span of `id`, or -1.
  std::int32_t FindClient(const SpanId& id) const {
    const Key key{id, Rank::kClient};
    const auto it = LowerBound(key);
    return it != order_.end() && KeyOf(*it) == key ? *it : -1;
  }

 private:
  enum class Rank { kServer, kClient, kOther };
  using Key = std::pair<SpanId, Rank>;

  Key KeyOf(std::int32_t index) const {
    const Span& span = *spans_[static_cast<std::size_t>(index)].span;
    return {span.span_id, span.kind == SpanKind::kServer   ? Rank::kServer
                          : span.kind == SpanKind::kClient ? Rank::kClient
                                                           : Rank::kOther};
  }
  std::vector<std::int32_t>::const_iterator LowerBound(const Key& key) const {
    return std::lower_bound(order_.begin(), order_.end(), key,
                            [&](std::int32_t a, const Key& b) { return KeyOf(a) < b; });
  }

  const std::vector<SpanRef>& spans_;
  std::vector<std::int32_t> order_;
};

std::int32_t ParentOf(const Span& span, const SpansById& by_id) {
  if (span.kind == SpanKind::kServer) {
    const std::int32_t client = by_id.FindClient(span.span_id);
    if (client >= 0) return client;
  }
  if (span.IsRoot()) return TraceTree::kNoParent;
  const SpanId parent_id = span.Parent();
  if (parent_id.IsZero()) return TraceTree::kOrphan;
  const std::int32_t parent = by_id.FindParent(parent_id);
  return parent >= 0 ? parent : TraceTree::kOrphan;
}

/// Makes every span that lies on a cycle of parents an orphan.
void CutCycles(std::vector<TraceTree::Node>& nodes) {
  constexpr std::int32_t kUnseen = -1;
  std::vector<std::int32_t> seen_from(nodes.size(), kUnseen);
  for (std::size_t start = 0; start < nodes.size(); ++start) {
    const auto walk = static_cast<std::int32_t>(start);
    std::int32_t at = walk;
    while (at >= 0 && seen_from[static_cast<std::size_t>(at)] == kUnseen) {
      seen_from[static_cast<std::size_t>(at)] = walk;
      at = nodes[static_cast<std::size_t>(at)].parent;
    }
    // Back at a span of this very walk: it lies on a cycle, and so do its parents.
    while (at >= 0 && seen_from[static_cast<std::size_t>(at)] == walk) {
      TraceTree::Node& node = nodes[static_cast<std::size_t>(at)];
      at = node.parent;
      node.parent = TraceTree::kOrphan;
    }
  }
}

/// The children of every node, in one array: those of node i are [first[i], first[i + 1]).
struct Children {
  std::vector<std::int32_t> first;
  std::vector<std::int32_t> list;
};

Children CollectChildren(std::vector<TraceTree::Node>& nodes) {
  Children children;
  for (const TraceTree::Node& node : nodes) {
    if (node.parent >= 0) ++nodes[static_cast<std::size_t>(node.parent)].child_count;
  }
  children.first.resize(nodes.size() + 1, 0);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    children.first[i + 1] = children.first[i] + nodes[i].child_count;
  }
  children.list.resize(static_cast<std::size_t>(children.first.back()));
  std::vector<std::int32_t> next(children.first.begin(), children.first.end() - 1);
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    if (nodes[i].parent < 0) continue;
    std::int32_t& place = next[static_cast<std::size_t>(nodes[i].parent)];
    children.list[static_cast<std::size_t>(place++)] = static_cast<std::int32_t>(i);
  }
  return children;
}

void NumberNestedSets(std::vector<TraceTree::Node>& nodes, const Children& children) {
  std::int32_t number = 0;
  std::vector<std::int32_t> next(children.first.begin(), children.first.end() - 1);
  std::vector<std::int32_t> stack;
  const auto enter = [&](std::int32_t index, std::int32_t nested_parent) {
    TraceTree::Node& node = nodes[static_cast<std::size_t>(index)];
    node.nested_left = ++number;
    node.nested_parent = nested_parent;
    stack.push_back(index);
  };
  for (std::size_t root = 0; root < nodes.size(); ++root) {
    if (nodes[root].parent != TraceTree::kNoParent) continue;
    enter(static_cast<std::int32_t>(root), -1);
    while (!stack.empty()) {
      const auto at = static_cast<std::size_t>(stack.back());
      if (next[at] < children.first[at + 1]) {
        const std::int32_t child = children.list[static_cast<std::size_t>(next[at]++)];
        enter(child, nodes[at].nested_left);
      } else {
        nodes[at].nested_right = ++number;
        stack.pop_back();
      }
    }
  }
}

}  // namespace

TraceTree TraceTree::Build(const TraceData& trace) {
  TraceTree tree;
  tree.spans_.reserve(trace.SpanCount());
  for (const ResourceSpans& resource : trace.resource_spans) {
    for (const ScopeSpans& scope : resource.scope_spans) {
      for (const Span& span : scope.spans) tree.spans_.push_back({&resource, &scope, &span});
    }
  }
  // Nested-set numbers go up to twice the count.
  CHECK(tree.spans_.size() <= kSpansMax / 2);
  if (tree.spans_.empty()) return tree;
  std::stable_sort(tree.spans_.begin(), tree.spans_.end(), [](const SpanRef& a, const SpanRef& b) {
    return std::tie(a.span->start_unix_ns, a.span->span_id, a.span->kind) <
           std::tie(b.span->start_unix_ns, b.span->span_id, b.span->kind);
  });

  const SpansById by_id(tree.spans_);
  tree.nodes_.resize(tree.spans_.size());
  for (std::size_t i = 0; i < tree.spans_.size(); ++i) {
    tree.nodes_[i].parent = ParentOf(*tree.spans_[i].span, by_id);
  }
  CutCycles(tree.nodes_);
  const Children children = CollectChildren(tree.nodes_);
  NumberNestedSets(tree.nodes_, children);

  tree.start_unix_ns_ = tree.spans_.front().span->start_unix_ns;
  for (std::size_t i = 0; i < tree.spans_.size(); ++i) {
    tree.end_unix_ns_ = std::max(tree.end_unix_ns_, tree.spans_[i].span->end_unix_ns);
    if (tree.root_ == kNoParent && tree.nodes_[i].parent == kNoParent) {
      tree.root_ = static_cast<std::int32_t>(i);
    }
  }
  return tree;
}

const SpanRef* TraceTree::Root() const {
  return root_ < 0 ? nullptr : &spans_[static_cast<std::size_t>(root_)];
}

}  // namespace vivace

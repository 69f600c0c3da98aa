#include "block/scan.h"

#include <fmt/format.h>

#include <utility>

#include "block/leaf_scan.h"

// A condition that cannot be decided is carried as two bitmaps: rows for which it surely holds
// and rows for which it may. Not() swaps and inverts them, so that a "maybe" stays one, and the
// answer is a superset whatever stands above it.

namespace vivace::block {
namespace {

using columnar::Bitmap;

class Evaluator {
 public:
  Evaluator(const RowGroup& rows, const std::atomic<bool>* cancel) : rows_(rows), cancel_(cancel) {}

  Result<Truth> Evaluate(const ScanNode& node, ScanDomain domain, int depth) {
    if (depth > kScanDepthMax) {
      return Error(ErrorCode::kInvalidArgument,
                   fmt::format("condition is nested deeper than {}", kScanDepthMax));
    }
    if (cancel_ != nullptr && cancel_->load(std::memory_order_relaxed)) {
      return Error(ErrorCode::kCancelled, "scan cancelled");
    }
    switch (node.kind) {
      case ScanNode::Kind::kAnd:
        return Combine(node, domain, depth, true);
      case ScanNode::Kind::kOr:
        return Combine(node, domain, depth, false);
      case ScanNode::Kind::kNot:
        return Not(node, domain, depth);
      case ScanNode::Kind::kAnyEvent:
        return Any(node, ScanDomain::kEvents, domain, depth);
      case ScanNode::Kind::kAnyLink:
        return Any(node, ScanDomain::kLinks, domain, depth);
      case ScanNode::Kind::kLeaf:
        return Leaf(node.leaf, domain);
      default:
        return Truth::All(DomainSize(rows_, domain), true);
    }
  }

 private:
  Result<Truth> Combine(const ScanNode& node, ScanDomain domain, int depth, bool all) {
    Truth result = Truth::All(DomainSize(rows_, domain), all);
    for (const ScanNode& child : node.children) {
      ASSIGN_OR_RETURN(const Truth truth, Evaluate(child, domain, depth + 1));
      if (result.lower || truth.lower) {
        if (!result.lower) result.lower = result.upper;
        all ? result.lower->And(truth.Lower()) : result.lower->Or(truth.Lower());
      }
      all ? result.upper.And(truth.upper) : result.upper.Or(truth.upper);
      // Nothing further can change the outcome.
      if (all ? !result.upper.Any() : result.Lower().All()) break;
    }
    return result;
  }

  Result<Truth> Not(const ScanNode& node, ScanDomain domain, int depth) {
    if (node.children.size() != 1) return WrongChildren("Not");
    ASSIGN_OR_RETURN(Truth truth, Evaluate(node.children[0], domain, depth + 1));
    if (truth.lower) std::swap(truth.upper, *truth.lower);
    truth.upper.Invert();
    if (truth.lower) truth.lower->Invert();
    return truth;
  }

  Result<Truth> Any(const ScanNode& node, ScanDomain inner, ScanDomain domain, int depth) {
    if (node.children.size() != 1) return WrongChildren("AnyEvent or AnyLink");
    ASSIGN_OR_RETURN(const Truth nested, Evaluate(node.children[0], inner, depth + 1));
    Truth truth{GatherToSpans(rows_, inner, nested.upper), {}};
    if (nested.lower) truth.lower = GatherToSpans(rows_, inner, *nested.lower);
    return Move(std::move(truth), domain);
  }

  Result<Truth> Leaf(const ScanLeaf& leaf, ScanDomain domain) {
    const ScanDomain own = DomainOf(leaf.field);
    if (own == domain) return ScanOneLeaf(rows_, leaf);
    // An event's or link's condition without the node that binds it says nothing here.
    if (own != ScanDomain::kSpans) return Truth::Maybe(DomainSize(rows_, domain));
    return Move(ScanOneLeaf(rows_, leaf), domain);
  }

  // From spans to what `domain` is about.
  Truth Move(Truth truth, ScanDomain domain) const {
    if (domain == ScanDomain::kSpans) return truth;
    Truth moved{SpreadFromSpans(rows_, domain, truth.upper), {}};
    if (truth.lower) moved.lower = SpreadFromSpans(rows_, domain, *truth.lower);
    return moved;
  }

  static Error WrongChildren(const char* what) {
    return Error(ErrorCode::kInvalidArgument, fmt::format("{} needs one condition below it", what));
  }

  const RowGroup& rows_;
  const std::atomic<bool>* const cancel_;
};

}  // namespace

Result<ScanResult> Scan(const RowGroup& rows, const ScanRequest& request,
                        const std::atomic<bool>* cancel) {
  ASSIGN_OR_RETURN(Truth truth,
                   Evaluator(rows, cancel).Evaluate(request.root, ScanDomain::kSpans, 1));
  const bool exact = !truth.lower || *truth.lower == truth.upper;
  return ScanResult{std::move(truth.upper), exact};
}

}  // namespace vivace::block

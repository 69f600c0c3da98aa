#include "block/scan_request.h"

#include <utility>

namespace vivace::block {
namespace {

ScanNode Node(ScanNode::Kind kind, std::vector<ScanNode> children) {
  ScanNode node;
  node.kind = kind;
  node.children = std::move(children);
  return node;
}

ScanNode OneChild(ScanNode::Kind kind, ScanNode child) {
  std::vector<ScanNode> children;
  children.push_back(std::move(child));
  return Node(kind, std::move(children));
}

}  // namespace

ScanNode ScanNode::Leaf(ScanLeaf leaf) {
  ScanNode node;
  node.kind = Kind::kLeaf;
  node.leaf = std::move(leaf);
  return node;
}

ScanNode ScanNode::And(std::vector<ScanNode> children) {
  return Node(Kind::kAnd, std::move(children));
}
ScanNode ScanNode::Or(std::vector<ScanNode> children) {
  return Node(Kind::kOr, std::move(children));
}
ScanNode ScanNode::Not(ScanNode child) { return OneChild(Kind::kNot, std::move(child)); }
ScanNode ScanNode::AnyEvent(ScanNode child) { return OneChild(Kind::kAnyEvent, std::move(child)); }
ScanNode ScanNode::AnyLink(ScanNode child) { return OneChild(Kind::kAnyLink, std::move(child)); }

}  // namespace vivace::block

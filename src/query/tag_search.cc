#include "query/tag_search.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include <fmt/format.h>

namespace vivace::query {
namespace {

using block::ScanField;
using block::ScanLeaf;
using block::ScanNode;
using block::ScanOperator;

constexpr std::string_view kRootName = "root.name";
constexpr std::string_view kRootService = "root.service.name";
constexpr std::string_view kSpanName = "name";
constexpr std::string_view kStatusCode = "status.code";
constexpr std::string_view kError = "error";

// Keys of which a part of the value is enough, as in Tempo.
constexpr std::array<std::string_view, 4> kPartIsEnough = {kRootName, kRootService, kSpanName,
                                                           "service.name"};

bool TextMatches(std::string_view key, std::string_view text, std::string_view wanted) {
  const bool part =
      std::find(kPartIsEnough.begin(), kPartIsEnough.end(), key) != kPartIsEnough.end();
  return part ? text.find(wanted) != std::string_view::npos : text == wanted;
}

// Numbers and booleans match by their text.
bool ValueMatches(std::string_view key, const AttributeValue& value, std::string_view wanted) {
  if (const auto* text = value.AsString()) return TextMatches(key, *text, wanted);
  if (const auto* integer = value.AsInt()) return fmt::format("{}", *integer) == wanted;
  if (const auto* number = value.AsDouble()) return fmt::format("{}", *number) == wanted;
  if (const auto* flag = value.AsBool()) return wanted == (*flag ? "true" : "false");
  return false;
}

bool AttributesMatch(const std::vector<Attribute>& attributes, const TagPair& pair) {
  return std::any_of(attributes.begin(), attributes.end(), [&](const Attribute& attribute) {
    return attribute.key == pair.key && ValueMatches(pair.key, attribute.value, pair.value);
  });
}

std::string_view StatusWord(StatusCode code) {
  if (code == StatusCode::kOk) return "ok";
  return code == StatusCode::kError ? "error" : "unset";
}

bool SpanMatches(const Span& span, const TagPair& pair) {
  if (pair.key == kSpanName && TextMatches(kSpanName, span.name, pair.value)) return true;
  if (pair.key == kStatusCode && StatusWord(span.status_code) == pair.value) return true;
  if (pair.key == kError && pair.value == "true" && span.status_code == StatusCode::kError) {
    return true;
  }
  return AttributesMatch(span.attributes, pair);
}

bool RootMatches(const TraceTree& tree, const TagPair& pair) {
  const SpanRef* root = tree.Root();
  if (root == nullptr) return false;
  const std::string_view text = pair.key == kRootName ? std::string_view(root->span->name)
                                                      : ServiceName(root->resource->resource);
  return TextMatches(pair.key, text, pair.value);
}

bool IsRootKey(std::string_view key) { return key == kRootName || key == kRootService; }

// A character of a bare logfmt word.
bool IsBare(char c) { return static_cast<unsigned char>(c) > ' ' && c != '=' && c != '"'; }

class LogfmtReader {
 public:
  explicit LogfmtReader(std::string_view text) : text_(text) {}

  Result<std::vector<TagPair>> Read() {
    std::vector<TagPair> pairs;
    while (true) {
      while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) <= ' ') ++at_;
      if (at_ == text_.size()) return pairs;
      if (pairs.size() == kTagPairsMax) {
        return Fail(fmt::format("more than {} pairs", kTagPairsMax));
      }
      TagPair pair;
      pair.key = std::string(TakeBare());
      if (pair.key.empty()) return Fail("expecting a key");
      if (at_ == text_.size() || text_[at_] != '=') {
        return Fail(fmt::format("expecting = and a value behind \"{}\"", pair.key));
      }
      ++at_;
      ASSIGN_OR_RETURN(pair.value, TakeValue());
      pairs.push_back(std::move(pair));
    }
  }

 private:
  Error Fail(std::string_view what) const {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("invalid tags: {} at character {}", what, at_ + 1));
  }

  std::string_view TakeBare() {
    const std::size_t start = at_;
    while (at_ < text_.size() && IsBare(text_[at_])) ++at_;
    return text_.substr(start, at_ - start);
  }

  Result<std::string> TakeValue() {
    if (at_ == text_.size() || text_[at_] != '"') {
      std::string value(TakeBare());
      // `a=b=c`: what follows belongs to the value, as no key can begin there.
      while (at_ < text_.size() && text_[at_] == '=') {
        value.push_back('=');
        ++at_;
        value += TakeBare();
      }
      return value;
    }
    std::string value;
    for (++at_; at_ < text_.size() && text_[at_] != '"'; ++at_) {
      if (text_[at_] != '\\') {
        value.push_back(text_[at_]);
        continue;
      }
      if (++at_ == text_.size()) break;
      switch (text_[at_]) {
        case 'n':
          value.push_back('\n');
          break;
        case 't':
          value.push_back('\t');
          break;
        case 'r':
          value.push_back('\r');
          break;
        case '"':
        case '\\':
          value.push_back(text_[at_]);
          break;
        default:
          return Fail("unknown escape");
      }
    }
    if (at_ == text_.size()) return Fail("quoted value not terminated");
    ++at_;
    return value;
  }

  const std::string_view text_;
  std::size_t at_ = 0;
};

ScanNode TextLeaf(ScanField field, const TagPair& pair) {
  ScanLeaf leaf;
  leaf.field = field;
  leaf.key = pair.key;
  leaf.op = ScanOperator::kMatches;
  leaf.text_matches = [pair](std::string_view text) {
    return TextMatches(pair.key, text, pair.value);
  };
  return ScanNode::Leaf(std::move(leaf));
}

// Values that are no text match by theirs; few keys have any, so all of them may match.
ScanNode OtherTypes(ScanField field, const TagPair& pair) {
  ScanLeaf text;
  text.field = field;
  text.key = pair.key;
  text.op = ScanOperator::kMatches;
  text.text_matches = [](std::string_view) { return true; };
  ScanLeaf exists;
  exists.field = field;
  exists.key = pair.key;
  exists.op = ScanOperator::kExists;
  return ScanNode::And(
      {ScanNode::Leaf(std::move(exists)), ScanNode::Not(ScanNode::Leaf(std::move(text)))});
}

ScanNode LowerPair(const TagPair& pair) {
  std::vector<ScanNode> ways;
  for (const ScanField field : {ScanField::kSpanAttribute, ScanField::kResourceAttribute}) {
    ways.push_back(TextLeaf(field, pair));
    ways.push_back(OtherTypes(field, pair));
  }
  if (pair.key == kSpanName) ways.push_back(TextLeaf(ScanField::kName, pair));
  const auto status = [&](StatusCode code) {
    ScanLeaf leaf;
    leaf.field = ScanField::kStatus;
    leaf.op = ScanOperator::kEqual;
    leaf.operand = static_cast<std::int64_t>(code);
    ways.push_back(ScanNode::Leaf(std::move(leaf)));
  };
  if (pair.key == kError && pair.value == "true") status(StatusCode::kError);
  if (pair.key == kStatusCode) {
    if (pair.value == "ok") status(StatusCode::kOk);
    if (pair.value == "error") status(StatusCode::kError);
    // Numbers without a name count as unset.
    if (pair.value == "unset") return ScanNode::All();
  }
  return ScanNode::Or(std::move(ways));
}

}  // namespace

Result<std::vector<TagPair>> ParseLogfmt(std::string_view text) {
  return LogfmtReader(text).Read();
}

bool MatchesTags(const TraceTree& tree, const std::vector<TagPair>& tags) {
  std::vector<const TagPair*> wanted;
  for (const TagPair& pair : tags) {
    if (!IsRootKey(pair.key)) {
      wanted.push_back(&pair);
    } else if (!RootMatches(tree, pair)) {
      return false;
    }
  }
  if (wanted.empty()) return true;
  // Per resource: which pairs its attributes or one of its spans fulfil.
  std::map<const ResourceSpans*, std::vector<bool>> fulfilled;
  for (const SpanRef& ref : tree.spans()) {
    auto [entry, is_new] = fulfilled.try_emplace(ref.resource, wanted.size(), false);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      if (is_new && AttributesMatch(ref.resource->resource.attributes, *wanted[i])) {
        entry->second[i] = true;
      }
      if (!entry->second[i] && SpanMatches(*ref.span, *wanted[i])) entry->second[i] = true;
    }
  }
  return std::any_of(fulfilled.begin(), fulfilled.end(), [](const auto& entry) {
    return std::all_of(entry.second.begin(), entry.second.end(), [](bool b) { return b; });
  });
}

block::ScanRequest LowerTags(const std::vector<TagPair>& tags) {
  // One pair is enough to find candidates, and the pairs may lie on different spans. The service
  // is the least telling one.
  const TagPair* best = nullptr;
  for (const TagPair& pair : tags) {
    if (IsRootKey(pair.key)) continue;
    if (best == nullptr || best->key == "service.name") best = &pair;
  }
  return block::ScanRequest{best == nullptr ? ScanNode::All() : LowerPair(*best)};
}

}  // namespace vivace::query

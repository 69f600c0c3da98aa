#pragma once
// The old search by tags: `tags=service.name=shop http.method="GET"`. Rules: docs/http-api.md.

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "block/scan_request.h"
#include "model/trace_tree.h"

namespace vivace::query {

struct TagPair {
  std::string key;
  std::string value;
  bool operator==(const TagPair&) const = default;
};

// Pairs of one search; each is looked up in every span of a candidate.
inline constexpr std::size_t kTagPairsMax = 100;

/// Reads logfmt: `key=value key2="a value with \"escapes\""`. kInvalidArgument naming the place.
Result<std::vector<TagPair>> ParseLogfmt(std::string_view text);

/// Whether one resource of the trace, with its spans, fulfils all pairs.
bool MatchesTags(const TraceTree& tree, const std::vector<TagPair>& tags);

/// Finds every span of which at least one is in each trace that matches.
block::ScanRequest LowerTags(const std::vector<TagPair>& tags);

}  // namespace vivace::query

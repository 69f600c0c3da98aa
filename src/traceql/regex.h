#pragma once
// Regular expressions of TraceQL: RE2 syntax, anchored at both ends, bounded memory.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace re2 {
class RE2;
}

namespace vivace::traceql {

/// A compiled pattern. Immutable, thread-safe, cheap to copy.
class Regex {
 public:
  /// kInvalidArgument "invalid regex ..." when RE2 refuses the pattern.
  static Result<Regex> Compile(std::string_view pattern);

  /// True when the pattern matches all of `text`.
  bool Matches(std::string_view text) const;
  /// The pattern as it was given.
  const std::string& pattern() const { return pattern_; }

 private:
  Regex(std::string pattern, std::shared_ptr<const re2::RE2> compiled);

  std::string pattern_;
  std::shared_ptr<const re2::RE2> compiled_;
};

}  // namespace vivace::traceql

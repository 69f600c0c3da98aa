#pragma once
// The target of a request line: path and query, checked once.

#include <string>
#include <string_view>

#include "base/result.h"

namespace vivace::net {

/// The parts of a request target.
struct Target {
  std::string raw_path;  ///< As sent, from the first slash.
  std::string path;      ///< Percent-decoded once.
  std::string query;     ///< As sent, without the question mark.
};

/// Takes a target apart: origin form ("/a?b") or absolute form ("http://host/a?b", whose
/// authority is dropped). kInvalidArgument, naming what is wrong: another form, a fragment,
/// malformed escapes, control bytes, and dot segments, also percent-encoded ones.
Result<Target> ParseTarget(std::string_view target);

}  // namespace vivace::net

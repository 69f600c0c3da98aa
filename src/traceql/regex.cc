#include "traceql/regex.h"

#include <fmt/format.h>
#include <re2/re2.h>

namespace vivace::traceql {
namespace {

// Bytes that the program and the caches of one pattern may take. A query holds at most
// kRegexesMax patterns (parser.cc), so regular expressions cost a query 128 MiB at worst.
constexpr std::int64_t kRegexBytesMax = 4LL << 20;

}  // namespace

Regex::Regex(std::string pattern, std::shared_ptr<const re2::RE2> compiled)
    : pattern_(std::move(pattern)), compiled_(std::move(compiled)) {}

Result<Regex> Regex::Compile(std::string_view pattern) {
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(kRegexBytesMax);
  // A dot takes newlines too: status messages and stack traces have many lines.
  options.set_dot_nl(true);
  auto compiled =
      std::make_shared<const re2::RE2>(re2::StringPiece(pattern.data(), pattern.size()), options);
  if (!compiled->ok()) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("invalid regex \"{}\": {}", pattern, compiled->error()));
  }
  return Regex(std::string(pattern), std::move(compiled));
}

bool Regex::Matches(std::string_view text) const {
  return re2::RE2::FullMatch(re2::StringPiece(text.data(), text.size()), *compiled_);
}

}  // namespace vivace::traceql

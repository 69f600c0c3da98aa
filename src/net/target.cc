#include "net/target.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/http.h"

namespace vivace::net {
namespace {

bool IsControl(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

bool HasDotSegment(std::string_view path) {
  std::size_t begin = 0;
  while (begin <= path.size()) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::string_view segment = path.substr(begin, end - begin);
    if (segment == "." || segment == "..") return true;
    begin = end + 1;
  }
  return false;
}

Error Bad(std::string what) {
  return Error(ErrorCode::kInvalidArgument, "request target: " + std::move(what));
}

}  // namespace

Result<Target> ParseTarget(std::string_view target) {
  if (target.empty()) return Bad("empty; expected a path that begins with \"/\"");
  if (target.front() != '/') {
    const std::size_t scheme = target.find("://");
    if (scheme == std::string_view::npos || (!EqualsNoCase(target.substr(0, scheme), "http") &&
                                             !EqualsNoCase(target.substr(0, scheme), "https"))) {
      return Bad("expected a path that begins with \"/\" or an http(s) URL");
    }
    const std::size_t authority = scheme + 3;
    const std::size_t path = target.find_first_of("/?", authority);
    if (path == authority) return Bad("the URL has no host");
    target = path == std::string_view::npos ? std::string_view("/") : target.substr(path);
  }
  if (std::any_of(target.begin(), target.end(), [](char c) { return IsControl(c) || c == ' '; })) {
    return Bad("holds a control byte or a space; percent-encode it");
  }
  if (target.find('#') != std::string_view::npos) {
    return Bad("holds a fragment (#); percent-encode it as %23");
  }

  Target out;
  const std::size_t question = target.find('?');
  out.raw_path = target.substr(0, question);
  if (out.raw_path.empty()) out.raw_path = "/";  // "http://host?query"
  if (question != std::string_view::npos) out.query = target.substr(question + 1);
  ASSIGN_OR_RETURN(out.path, PercentDecode(out.raw_path, false).Wrap("request target"));
  if (std::any_of(out.path.begin(), out.path.end(), IsControl)) {
    return Bad("the decoded path holds a control byte");
  }
  if (HasDotSegment(out.path)) return Bad("the path holds a \".\" or \"..\" segment");
  return out;
}

}  // namespace vivace::net

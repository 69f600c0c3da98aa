// Any bytes as a request target and as a query.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "net/http.h"
#include "net/target.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto target = vivace::net::ParseTarget(text);
  if (target.ok()) {
    CHECK(target->raw_path.starts_with('/'));
    CHECK(target->path.starts_with('/'));
    CHECK(target->path.find('\0') == std::string::npos);
    CHECK(target->path.find("/../") == std::string::npos);
    CHECK(!target->path.ends_with("/.."));
    const auto path = vivace::net::PercentDecode(target->raw_path, false);
    CHECK(path.ok());
    CHECK(*path == target->path);
  }
  const auto query = vivace::net::QueryParameters::Parse(text);
  if (query.ok()) {
    std::size_t bytes = 0;
    for (const auto& [name, value] : query->all()) bytes += name.size() + value.size();
    CHECK(bytes <= size);
  }
  return 0;
}

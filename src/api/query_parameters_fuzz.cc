// Any text as each parameter that has a form of its own: an answer or an error, never a crash.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "api/parameters.h"
#include "base/check.h"
#include "net/http.h"
#include "query/tag_search.h"
#include "traceql/duration.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vivace;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  constexpr std::string_view kWhy = "either answer is right";

  if (const auto duration = traceql::ParseSignedDuration(text)) {
    // What is written reads back, but for the one that has no positive counterpart.
    const auto again = traceql::ParseSignedDuration(traceql::FormatDuration(*duration));
    if (duration->count() != INT64_MIN) CHECK(again == duration);
  }
  if (const auto tags = query::ParseLogfmt(text); tags.ok()) {
    CHECK(tags->size() <= query::kTagPairsMax);
    query::LowerTags(*tags);
  }
  IgnoreError(api::ParseTraceId(text), kWhy);
  const auto query = net::QueryParameters::Parse(text);
  if (query.ok()) {
    IgnoreError(api::ParseWindow(*query, RealClock()), kWhy);
    IgnoreError(api::CheckTraceWindow(*query), kWhy);
    IgnoreError(api::ParseDurationNanos(*query, "minDuration"), kWhy);
    IgnoreError(api::ParseTagLimit(*query), kWhy);
  }
  return 0;
}

#pragma once
// Names and values of attributes that are stored, for autocompletion and drop-down lists.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"
#include "query/budget.h"
#include "query/search.h"
#include "storage/snapshot.h"
#include "traceql/ast.h"

namespace vivace::query {

/// Scopes as the tag APIs name them, in the order of their answers.
enum class TagScope { kResource, kSpan, kEvent, kLink, kInstrumentation, kIntrinsic };
/// "resource", "span", ...
std::string_view TagScopeName(TagScope scope);
std::optional<TagScope> FindTagScope(std::string_view name);

/// What both questions share.
struct TagRange {
  /// A checked query that outlives the call: only spans that satisfy it count. Null: all.
  const traceql::Query* filter = nullptr;
  std::optional<TimeWindow> window;  ///< Sources that overlap it.
  std::size_t limit = 0;             ///< Names per scope, or values; 0: no limit.
};

/// How an answer came about.
struct TagFigures {
  std::uint64_t bytes_inspected = 0;
  std::uint64_t sources = 0;
  /// Why names or values may be missing: a limit, the budget, a damaged block. Empty: complete.
  std::vector<std::string> cuts;
};

struct TagNames {
  std::map<TagScope, std::vector<std::string>> names;  ///< Sorted; scopes without names too.
  TagFigures figures;
};
/// Names of one scope, or of all. An exhausted budget cuts the answer; only cancellation fails.
Result<TagNames> FindTagNames(const storage::Snapshot& snapshot, std::optional<TagScope> scope,
                              const TagRange& range, Budget& budget);

/// A value as text with the type that tells which operators fit.
struct TagValue {
  enum class Type { kKeyword, kString, kInt, kFloat, kBool };
  Type type = Type::kString;
  std::string text;
  auto operator<=>(const TagValue&) const = default;
};
std::string_view TagTypeName(TagValue::Type type);

struct TagValues {
  std::vector<TagValue> values;  ///< Sorted by type, then text.
  TagFigures figures;
};
/// Values of an attribute or intrinsic. Durations, ids and numbers of trees have none.
Result<TagValues> FindTagValues(
    const storage::Snapshot& snapshot,
    const std::variant<traceql::AttributeReference, traceql::Intrinsic>& tag, const TagRange& range,
    Budget& budget);

// Bytes of all values of one answer; Tempo's max_bytes_per_tag_values_query.
inline constexpr std::size_t kTagValueBytesMax = 1'000'000;

}  // namespace vivace::query

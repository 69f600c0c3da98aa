#pragma once
// Visiting every span that satisfies a filter, in no order.

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/trace_tree.h"
#include "query/budget.h"
#include "query/search.h"
#include "storage/snapshot.h"
#include "traceql/ast.h"

namespace vivace::query {

/// Calls `visit` for each span of the sources that overlap `window` and satisfies `condition`
/// (spans sent twice may come twice); what it is given lives for the call. Ends when `visit`
/// says false. What a row group can decide is taken from its rows; all else is judged in whole
/// traces. Damaged sources go into `problems`.
Status ForEachMatchingSpan(const storage::Snapshot& snapshot, const traceql::Expression& condition,
                           const std::optional<TimeWindow>& window, Budget& budget,
                           const std::function<bool(const SpanRef&)>& visit,
                           std::vector<std::string>& problems);

}  // namespace vivace::query

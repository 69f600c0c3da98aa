#pragma once
// TraceQL filters as scan requests, which know no TraceQL.

#include "block/scan_request.h"
#include "traceql/ast.h"

namespace vivace::query {

/// Lowers a checked filter. What a row group cannot decide for a row (arithmetic, intrinsics of
/// the trace as a whole, comparisons between attributes) becomes "may match", so the rows that
/// are found hold every span that satisfies the filter. Keeps copies of all that it needs.
block::ScanRequest LowerFilter(const traceql::Expression& condition);

}  // namespace vivace::query

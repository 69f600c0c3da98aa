#pragma once
// Finding the rows of a row group that may satisfy a ScanRequest.

#include <atomic>

#include "base/result.h"
#include "block/row_group.h"
#include "block/scan_request.h"
#include "columnar/bitmap.h"

namespace vivace::block {

/// Rows that may match. Every matching row is in `rows`; with `exact` no other is.
struct ScanResult {
  columnar::Bitmap rows;
  bool exact = true;
};

/// Evaluates `request` over all rows. Each condition is decided once per distinct value of its
/// column (once per resource for resource attributes), then spread over the rows.
/// kCancelled when `cancel` (may be null) becomes true; it is looked at between conditions.
/// kInvalidArgument for a request that is nested deeper than kScanDepthMax.
Result<ScanResult> Scan(const RowGroup& rows, const ScanRequest& request,
                        const std::atomic<bool>* cancel);

/// Nesting of a ScanRequest; its evaluation is recursive.
inline constexpr int kScanDepthMax = 200;

}  // namespace vivace::block

#pragma once
// Conditions of a scan over the columns of a row group.

#include <optional>

#include "block/row_group.h"
#include "block/scan_request.h"
#include "columnar/bitmap.h"

namespace vivace::block {

/// What a condition is decided for: every span, every event, or every link of a row group.
enum class ScanDomain { kSpans, kEvents, kLinks };

/// For which rows a condition holds: at least for `lower`, at most for `upper`. Without `lower`
/// the two are the same, and the condition is decided.
struct Truth {
  columnar::Bitmap upper;
  std::optional<columnar::Bitmap> lower;

  const columnar::Bitmap& Lower() const { return lower ? *lower : upper; }
  static Truth All(std::size_t size, bool value) { return {columnar::Bitmap(size, value), {}}; }
  static Truth Maybe(std::size_t size) {
    return {columnar::Bitmap(size, true), columnar::Bitmap(size, false)};
  }
};

/// Rows of a domain.
std::size_t DomainSize(const RowGroup& rows, ScanDomain domain);
/// Where a leaf's field lies; kSpans for kUndecidable.
ScanDomain DomainOf(ScanField field);
/// Decides `leaf` for the rows of DomainOf(leaf.field).
Truth ScanOneLeaf(const RowGroup& rows, const ScanLeaf& leaf);

/// For each span: whether `events` (or links) holds for at least one of its own.
columnar::Bitmap GatherToSpans(const RowGroup& rows, ScanDomain domain,
                               const columnar::Bitmap& bits);
/// For each event (or link): the bit of its span.
columnar::Bitmap SpreadFromSpans(const RowGroup& rows, ScanDomain domain,
                                 const columnar::Bitmap& bits);

}  // namespace vivace::block

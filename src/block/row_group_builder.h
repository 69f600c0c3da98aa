#pragma once
// Building of row groups from spans.

#include <cstddef>
#include <memory>

#include "base/result.h"
#include "block/row_group.h"
#include "model/span.h"

namespace vivace::block {

/// Gathers spans in any order and makes a row group of them. Not thread-safe.
///
///   RowGroupBuilder builder;
///   for (const TraceData& request : requests) RETURN_IF_ERROR(builder.Add(request));
///   std::shared_ptr<const RowGroup> rows = builder.Finish();
class RowGroupBuilder {
 public:
  RowGroupBuilder();
  ~RowGroupBuilder();
  RowGroupBuilder(RowGroupBuilder&&) noexcept;
  RowGroupBuilder& operator=(RowGroupBuilder&&) noexcept;

  /// Copies the spans of `data`, of as many traces as it has. Nothing is merged or left out.
  /// kResourceExhausted when the row group would pass kRowGroupSpansMax spans or 1 GiB of text:
  /// Finish this one first. kInvalidArgument when an attribute is nested deeper than
  /// kValueDepthMax. On an error nothing of `data` is taken.
  Status Add(const TraceData& data);

  std::size_t spans() const;
  /// Memory held now; the row group needs no more than that.
  std::size_t bytes() const;

  /// Makes the row group of what was added, at least one span (checked); the builder is then
  /// empty and may be used again.
  std::shared_ptr<const RowGroup> Finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace vivace::block

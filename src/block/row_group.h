#pragma once
// Spans as columns: the same shape in memory for live data and for blocks.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "block/row_group_columns.h"
#include "model/span.h"

namespace vivace::block {

/// Spans per row group that builders of row groups aim for. Large enough that dictionaries pay
/// (16k spans cost 3 % more bytes), small enough to decode one for a trace by id.
inline constexpr std::size_t kRowGroupSpansTarget = 65'536;
/// Spans that one row group may hold at most: a single larger trace is spread over several.
inline constexpr std::size_t kRowGroupSpansMax = 1'048'576;

/// About 64k spans in trace order: traces by earliest start (then id), the spans of a trace
/// together, by start (then span id). A trace may go on in another row group.
///
/// Immutable and thread-safe. Everything that was added comes back, attribute order and
/// repeated keys included; see AppendTrace.
class RowGroup {
 public:
  /// Figures for skipping; over the rows of this row group.
  struct Bounds {
    std::uint64_t start_min = 0, start_max = 0;              ///< Span starts, Unix ns.
    std::uint64_t end_max = 0;                               ///< Span ends, Unix ns.
    std::uint64_t duration_min = 0, duration_max = 0;        ///< Span durations, ns.
    std::uint64_t trace_start_min = 0, trace_start_max = 0;  ///< Earliest start per trace.
    bool operator==(const Bounds&) const = default;
  };

  /// Takes the columns after checking that they fit together (row counts, codes inside their
  /// dictionaries, row numbers inside their tables). kCorruption if they do not.
  static Result<std::shared_ptr<const RowGroup>> Make(RowGroupColumns columns);

  std::size_t span_count() const { return columns_.span_ids.size(); }
  std::size_t trace_count() const { return columns_.traces.size(); }
  const Bounds& bounds() const { return bounds_; }
  /// Bytes held, dictionaries included.
  std::size_t memory_bytes() const { return memory_bytes_; }

  // --- whole traces and spans, as the model has them ---

  /// The entry of `id`, null if no span of it is here.
  const TraceEntry* FindTrace(const TraceId& id) const;
  /// Appends the spans of `id` to `out`, one ResourceSpans for each distinct resource in it and
  /// below one ScopeSpans for each distinct scope, in order of first appearance. Returns false,
  /// and leaves `out` as it is, when no span of the trace is here.
  bool AppendTrace(const TraceId& id, TraceData& out) const;
  /// Appends the spans of `rows` (ascending) in the same form.
  void AppendRows(std::span<const std::uint32_t> rows, TraceData& out) const;

  // --- traces ---

  std::span<const TraceEntry> traces() const { return columns_.traces; }
  /// Index into traces() of the trace that `row` belongs to.
  std::uint32_t TraceOfRow(std::uint32_t row) const;

  // --- fields of one span ---

  const SpanId& span_id(std::uint32_t row) const { return columns_.span_ids[row]; }
  std::string_view ParentSpanId(std::uint32_t row) const;  ///< As sent.
  /// A row of the same trace whose span id is the parent id; kNoRow if there is none here.
  std::uint32_t ParentRow(std::uint32_t row) const {
    const std::uint32_t parent = columns_.parent_rows[row];
    return parent == RowGroupColumns::kParentElsewhere ? kNoRow : parent;
  }
  std::uint64_t StartUnixNanos(std::uint32_t row) const { return columns_.starts[row]; }
  std::uint64_t EndUnixNanos(std::uint32_t row) const { return columns_.ends[row]; }
  /// 0 where the end lies before the start.
  std::uint64_t DurationNanos(std::uint32_t row) const {
    return columns_.ends[row] > columns_.starts[row] ? columns_.ends[row] - columns_.starts[row]
                                                     : 0;
  }
  std::string_view Name(std::uint32_t row) const { return columns_.names[row]; }
  SpanKind Kind(std::uint32_t row) const { return static_cast<SpanKind>(columns_.kinds[row]); }
  StatusCode Status(std::uint32_t row) const {
    return static_cast<StatusCode>(columns_.status_codes[row]);
  }
  std::string_view StatusMessage(std::uint32_t row) const { return columns_.status_messages[row]; }

  // --- resources and scopes ---

  std::size_t resource_count() const { return columns_.resource_schema_urls.size(); }
  std::size_t scope_count() const { return columns_.scope_names.size(); }
  std::uint32_t ResourceOfRow(std::uint32_t row) const { return columns_.resources[row]; }
  std::uint32_t ScopeOfRow(std::uint32_t row) const { return columns_.scopes[row]; }
  Resource ResourceAt(std::uint32_t resource) const;
  Scope ScopeAt(std::uint32_t scope) const;
  /// `service.name` of a resource if it is text, else "".
  std::string_view ServiceName(std::uint32_t resource) const { return service_names_[resource]; }

  /// The columns themselves, for scans, catalogues and the writer.
  const RowGroupColumns& columns() const { return columns_; }
  /// Number of `key` in columns().keys, kNoRow if no attribute of any level has it.
  std::uint32_t FindKey(std::string_view key) const;

 private:
  explicit RowGroup(RowGroupColumns columns);
  struct Assembler;

  RowGroupColumns columns_;
  Bounds bounds_;
  std::vector<std::uint32_t> traces_by_id_;  // indexes into traces, sorted by id
  std::vector<std::string> service_names_;   // per resource
  std::vector<std::uint32_t> keys_sorted_;   // key numbers, sorted by text
  std::size_t memory_bytes_ = 0;
};

}  // namespace vivace::block

#pragma once
// The columns of a row group as plain data. RowGroupBuilder and the block reader fill it,
// RowGroup checks it and shows it; docs/block-format.md describes the stored form.

#include <array>
#include <cstdint>
#include <limits>
#include <string_view>
#include <vector>

#include "block/attribute_table.h"
#include "columnar/code_vector.h"
#include "columnar/string_table.h"
#include "model/ids.h"

namespace vivace::block {

/// "No such row" where a row number stands.
inline constexpr std::uint32_t kNoRow = std::numeric_limits<std::uint32_t>::max();

/// Numbers that are nearly always zero: only the others are kept.
struct SparseNumbers {
  std::vector<std::uint32_t> rows;  ///< Ascending.
  std::vector<std::uint32_t> values;
  std::uint32_t At(std::uint32_t row) const;
  bool operator==(const SparseNumbers&) const = default;
};

/// Texts that few rows have.
struct SparseTexts {
  std::vector<std::uint32_t> rows;  ///< Ascending.
  columnar::StringTable texts;      ///< One per row of `rows`.
  std::string_view At(std::uint32_t row) const;
  bool operator==(const SparseTexts&) const = default;
};

/// One trace, or the part of one that lies in this row group.
struct TraceEntry {
  TraceId id;
  std::uint32_t first_row = 0;
  std::uint32_t row_count = 0;
  std::uint64_t start_unix_ns = 0;  ///< Earliest start of its rows.
  std::uint64_t end_unix_ns = 0;    ///< Latest end of its rows.
  std::uint32_t root_row = kNoRow;  ///< First row without a parent id.
  bool operator==(const TraceEntry&) const = default;
};

/// Signed numbers with few distinct values, such as kinds.
struct EnumColumn {
  std::vector<std::int32_t> values;  ///< The distinct ones.
  columnar::CodeVector codes;
  std::int32_t operator[](std::size_t row) const { return values[codes[row]]; }
  bool operator==(const EnumColumn&) const = default;
};

/// Unsigned numbers with few distinct values, such as flags.
struct NumberColumn {
  std::vector<std::uint32_t> values;
  columnar::CodeVector codes;
  std::uint32_t operator[](std::size_t row) const { return values[codes[row]]; }
  bool operator==(const NumberColumn&) const = default;
};

/// Everything of a row group. "Per row" is per span, in trace order.
struct RowGroupColumns {
  /// parent_rows: the parent id is empty.
  static constexpr std::uint32_t kNoParent = kNoRow;
  /// parent_rows: the parent id is in parent_texts, because no row of the trace here has it
  /// (or it is no 8-byte id).
  static constexpr std::uint32_t kParentElsewhere = kNoRow - 1;

  columnar::StringTable keys;  ///< Attribute keys of all levels.
  std::vector<TraceEntry> traces;

  // Per row.
  std::vector<SpanId> span_ids;
  std::vector<std::uint32_t> parent_rows;  ///< A row whose span id is the parent id.
  SparseTexts parent_texts;
  std::vector<std::uint64_t> starts;
  std::vector<std::uint64_t> ends;
  columnar::StringColumn names;
  EnumColumn kinds;
  EnumColumn status_codes;
  columnar::StringColumn status_messages;
  columnar::StringColumn trace_states;
  NumberColumn flags;
  SparseNumbers dropped_attributes;
  SparseNumbers dropped_events;
  SparseNumbers dropped_links;
  columnar::CodeVector resources;  ///< Row of the resource table.
  columnar::CodeVector scopes;     ///< Row of the scope table.

  // Resource table.
  columnar::StringColumn resource_schema_urls;
  SparseNumbers resource_dropped_attributes;

  // Scope table.
  columnar::StringColumn scope_names;
  columnar::StringColumn scope_versions;
  columnar::StringColumn scope_schema_urls;
  SparseNumbers scope_dropped_attributes;

  // Events of row r: event_begin[r] .. event_begin[r + 1]; empty when no row has events.
  std::vector<std::uint32_t> event_begin;
  std::vector<std::uint64_t> event_times;
  columnar::StringColumn event_names;
  SparseNumbers event_dropped_attributes;

  // Links, likewise. Ids as sent, of any length.
  std::vector<std::uint32_t> link_begin;
  columnar::StringColumn link_trace_ids;
  columnar::StringColumn link_span_ids;
  columnar::StringColumn link_trace_states;
  NumberColumn link_flags;
  SparseNumbers link_dropped_attributes;

  /// By AttributeLevel.
  std::array<AttributeTable, kAttributeLevels> attributes;

  AttributeTable& table(AttributeLevel level) {
    return attributes[static_cast<std::size_t>(level)];
  }
  const AttributeTable& table(AttributeLevel level) const {
    return attributes[static_cast<std::size_t>(level)];
  }
  std::size_t memory_bytes() const;
  bool operator==(const RowGroupColumns&) const = default;
};

}  // namespace vivace::block

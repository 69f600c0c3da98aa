#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "block/row_group_codec.h"
#include "block/stored_columns.h"

namespace vivace::block {
namespace {

using columnar::CodeVector;
using columnar::StringColumn;
using Numbers = std::vector<std::uint64_t>;

class Encoder {
 public:
  Encoder(const RowGroup& rows, std::uint64_t file_offset)
      : c_(rows.columns()), offset_(file_offset) {}

  EncodedRowGroup Encode() {
    Traces();
    Spans();
    ResourcesAndScopes();
    if (!c_.event_begin.empty()) Events();
    if (!c_.link_begin.empty()) Links();
    Attributes();
    return std::move(out_);
  }

 private:
  void Page(PageKey key, ByteWriter content) {
    columnar::EncodedPage page = columnar::EncodePage(content.Take());
    page.ref.extent.offset = offset_ + out_.bytes.size();
    out_.bytes.append(page.stored);
    CHECK(out_.pages.empty() || out_.pages.back().key < key);
    out_.pages.push_back({key, page.ref});
  }
  void Page(PagePart part, ByteWriter content) { Page(PageKey{.part = part}, std::move(content)); }

  void NumberPage(PagePart part, const Numbers& numbers) {
    ByteWriter out;
    columnar::EncodeNumbers(numbers, out);
    Page(part, std::move(out));
  }
  void CodePage(PagePart part, const CodeVector& codes) {
    ByteWriter out;
    columnar::EncodeCodes(codes, out);
    Page(part, std::move(out));
  }
  void TextPage(PagePart part, const StringColumn& column) {
    ByteWriter out;
    columnar::EncodeTexts(column.dictionary, out);
    columnar::EncodeCodes(column.codes, out);
    Page(part, std::move(out));
  }
  void EnumPage(PagePart part, const EnumColumn& column) {
    Numbers values;
    for (const std::int32_t value : column.values) values.push_back(ZigZagEncode(value));
    SmallNumberPage(part, values, column.codes);
  }
  void SmallNumberPage(PagePart part, const Numbers& values, const CodeVector& codes) {
    ByteWriter out;
    columnar::EncodeNumbers(values, out);
    columnar::EncodeCodes(codes, out);
    Page(part, std::move(out));
  }
  void SparsePage(PagePart part, const SparseNumbers& sparse) {
    if (sparse.rows.empty()) return;
    ByteWriter out;
    columnar::EncodeNumbers(Numbers(sparse.rows.begin(), sparse.rows.end()), out);
    columnar::EncodeNumbers(Numbers(sparse.values.begin(), sparse.values.end()), out);
    Page(part, std::move(out));
  }

  void Traces() {
    if (!c_.keys.empty()) {
      ByteWriter keys;
      columnar::EncodeTexts(c_.keys, keys);
      Page(PagePart::kKeys, std::move(keys));
    }
    ByteWriter ids;
    Numbers rows, starts, lengths, roots;
    for (const TraceEntry& trace : c_.traces) {
      ids.Raw(trace.id.AsText());
      rows.push_back(trace.row_count);
      starts.push_back(trace.start_unix_ns);
      lengths.push_back(trace.end_unix_ns - trace.start_unix_ns);
      roots.push_back(trace.root_row == kNoRow ? 0 : trace.root_row - trace.first_row + 1);
    }
    Page(PagePart::kTraceIds, std::move(ids));
    ByteWriter table;
    for (const Numbers* list : {&rows, &starts, &lengths, &roots}) {
      columnar::EncodeNumbers(*list, table);
    }
    Page(PagePart::kTraceTable, std::move(table));
  }

  void Spans() {
    ByteWriter ids;
    for (const SpanId& id : c_.span_ids) ids.Raw(id.AsText());
    Page(PagePart::kSpanIds, std::move(ids));

    Numbers parents;
    for (std::uint32_t row = 0; row < c_.parent_rows.size(); ++row) {
      const std::uint32_t parent = c_.parent_rows[row];
      if (parent == RowGroupColumns::kNoParent) {
        parents.push_back(kStoredNoParent);
      } else if (parent == RowGroupColumns::kParentElsewhere) {
        parents.push_back(kStoredParentElsewhere);
      } else {
        parents.push_back(kStoredParentBase + Difference(row, parent));
      }
    }
    NumberPage(PagePart::kParents, parents);
    if (!c_.parent_texts.rows.empty()) {
      ByteWriter out;
      columnar::EncodeNumbers(Numbers(c_.parent_texts.rows.begin(), c_.parent_texts.rows.end()),
                              out);
      columnar::EncodeTexts(c_.parent_texts.texts, out);
      Page(PagePart::kParentTexts, std::move(out));
    }

    Numbers starts, durations;
    for (const TraceEntry& trace : c_.traces) {
      for (std::uint32_t row = trace.first_row; row < trace.first_row + trace.row_count; ++row) {
        starts.push_back(c_.starts[row] - trace.start_unix_ns);
        durations.push_back(Difference(c_.ends[row], c_.starts[row]));
      }
    }
    NumberPage(PagePart::kStarts, starts);
    NumberPage(PagePart::kDurations, durations);
    TextPage(PagePart::kNames, c_.names);
    EnumPage(PagePart::kKinds, c_.kinds);
    EnumPage(PagePart::kStatusCodes, c_.status_codes);
    TextPage(PagePart::kStatusMessages, c_.status_messages);
    TextPage(PagePart::kTraceStates, c_.trace_states);
    SmallNumberPage(PagePart::kFlags, Numbers(c_.flags.values.begin(), c_.flags.values.end()),
                    c_.flags.codes);
    SparsePage(PagePart::kDroppedAttributes, c_.dropped_attributes);
    SparsePage(PagePart::kDroppedEvents, c_.dropped_events);
    SparsePage(PagePart::kDroppedLinks, c_.dropped_links);
    CodePage(PagePart::kResources, c_.resources);
    CodePage(PagePart::kScopes, c_.scopes);
  }

  void ResourcesAndScopes() {
    TextPage(PagePart::kResourceSchemaUrls, c_.resource_schema_urls);
    SparsePage(PagePart::kResourceDroppedAttributes, c_.resource_dropped_attributes);
    TextPage(PagePart::kScopeNames, c_.scope_names);
    TextPage(PagePart::kScopeVersions, c_.scope_versions);
    TextPage(PagePart::kScopeSchemaUrls, c_.scope_schema_urls);
    SparsePage(PagePart::kScopeDroppedAttributes, c_.scope_dropped_attributes);
  }

  void CountPage(PagePart part, const std::vector<std::uint32_t>& begin) {
    Numbers counts;
    for (std::size_t row = 0; row + 1 < begin.size(); ++row) {
      counts.push_back(begin[row + 1] - begin[row]);
    }
    NumberPage(part, counts);
  }

  void Events() {
    CountPage(PagePart::kEventCounts, c_.event_begin);
    Numbers times;
    for (std::size_t row = 0; row < c_.starts.size(); ++row) {
      for (std::uint32_t i = c_.event_begin[row]; i < c_.event_begin[row + 1]; ++i) {
        times.push_back(Difference(c_.event_times[i], c_.starts[row]));
      }
    }
    NumberPage(PagePart::kEventTimes, times);
    TextPage(PagePart::kEventNames, c_.event_names);
    SparsePage(PagePart::kEventDroppedAttributes, c_.event_dropped_attributes);
  }

  void Links() {
    CountPage(PagePart::kLinkCounts, c_.link_begin);
    TextPage(PagePart::kLinkTraceIds, c_.link_trace_ids);
    TextPage(PagePart::kLinkSpanIds, c_.link_span_ids);
    TextPage(PagePart::kLinkTraceStates, c_.link_trace_states);
    SmallNumberPage(PagePart::kLinkFlags,
                    Numbers(c_.link_flags.values.begin(), c_.link_flags.values.end()),
                    c_.link_flags.codes);
    SparsePage(PagePart::kLinkDroppedAttributes, c_.link_dropped_attributes);
  }

  // Part by part, as pages are ordered.
  void Attributes() {
    for (const AttributeLevel level : kAttributeTables) AttributeColumns(level);
    for (const AttributeLevel level : kAttributeTables) AttributeShapes(level);
    for (const AttributeLevel level : kAttributeTables) AttributeOverflow(level);
    for (const AttributeLevel level : kAttributeTables) {
      const AttributeTable& table = c_.table(level);
      for (std::uint32_t i = 0; i < table.columns.size(); ++i) {
        if (table.columns[i].type != ValueType::kString) continue;
        ByteWriter out;
        columnar::EncodeTexts(table.columns[i].dictionary, out);
        Page({PagePart::kAttributeDictionary, level, i}, std::move(out));
      }
    }
    for (const AttributeLevel level : kAttributeTables) {
      const AttributeTable& table = c_.table(level);
      for (std::uint32_t i = 0; i < table.columns.size(); ++i) {
        const AttributeColumn& column = table.columns[i];
        ByteWriter out;
        if (column.type == ValueType::kString || column.type == ValueType::kBool) {
          columnar::EncodeCodes(column.codes, out);
        } else {
          columnar::EncodeNumbers(column.numbers, out);
        }
        Page({PagePart::kAttributeValues, level, i}, std::move(out));
      }
    }
  }

  void AttributeColumns(AttributeLevel level) {
    const AttributeTable& table = c_.table(level);
    if (table.columns.empty()) return;
    Numbers keys, types;
    for (const AttributeColumn& column : table.columns) {
      keys.push_back(column.key);
      types.push_back(static_cast<std::uint64_t>(column.type));
    }
    ByteWriter out;
    columnar::EncodeNumbers(keys, out);
    columnar::EncodeNumbers(types, out);
    Page({PagePart::kAttributeColumns, level, 0}, std::move(out));
  }

  void AttributeShapes(AttributeLevel level) {
    const AttributeTable& table = c_.table(level);
    if (table.shape_count() == 1) return;
    Numbers lengths, columns;
    for (std::uint32_t s = 1; s < table.shape_count(); ++s) {
      lengths.push_back(table.Shape(s).size());
      for (const std::uint32_t column : table.Shape(s)) {
        columns.push_back(column == AttributeTable::kOverflow ? 0 : std::uint64_t{column} + 1);
      }
    }
    ByteWriter out;
    columnar::EncodeNumbers(lengths, out);
    columnar::EncodeNumbers(columns, out);
    columnar::EncodeCodes(table.shapes, out);
    Page({PagePart::kAttributeShapes, level, 0}, std::move(out));
  }

  void AttributeOverflow(AttributeLevel level) {
    const AttributeTable& table = c_.table(level);
    if (table.overflow_keys.empty()) return;
    ByteWriter out;
    columnar::EncodeCodes(table.overflow_keys, out);
    columnar::EncodeTexts(table.overflow_values.dictionary, out);
    columnar::EncodeCodes(table.overflow_values.codes, out);
    Page({PagePart::kAttributeOverflow, level, 0}, std::move(out));
  }

  const RowGroupColumns& c_;
  const std::uint64_t offset_;
  EncodedRowGroup out_;
};

}  // namespace

EncodedRowGroup EncodeRowGroup(const RowGroup& rows, std::uint64_t file_offset) {
  return Encoder(rows, file_offset).Encode();
}

}  // namespace vivace::block

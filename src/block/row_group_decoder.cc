#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <utility>

#include "block/row_group_codec.h"
#include "block/stored_columns.h"

namespace vivace::block {
namespace {

using columnar::CodeVector;
using columnar::DecodeBudget;
using columnar::StringColumn;
using Numbers = std::vector<std::uint64_t>;

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

// The count that a number list begins with, without reading it.
Result<std::uint64_t> PeekCount(ByteReader in) { return in.ReadVarint(); }

Result<std::vector<std::uint32_t>> Narrow(const Numbers& numbers, std::uint64_t max) {
  std::vector<std::uint32_t> out;
  out.reserve(numbers.size());
  for (const std::uint64_t number : numbers) {
    if (number > max) return Corrupt(fmt::format("number {} where {} is the limit", number, max));
    out.push_back(static_cast<std::uint32_t>(number));
  }
  return out;
}

constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();

class Decoder {
 public:
  Decoder(ByteView bytes, std::uint64_t file_offset, const std::vector<IndexedPage>& pages,
          DecodeBudget& budget)
      : bytes_(bytes), offset_(file_offset), pages_(pages), budget_(budget) {}

  Result<RowGroupColumns> Decode() {
    RETURN_IF_ERROR(Traces());
    RETURN_IF_ERROR(Spans());
    RETURN_IF_ERROR(ResourcesAndScopes());
    RETURN_IF_ERROR(Events());
    RETURN_IF_ERROR(Links());
    const std::array<std::size_t, kAttributeLevels> owners = {
        rows_, c_.resource_schema_urls.size(), c_.scope_names.size(), c_.event_times.size(),
        c_.link_trace_ids.size()};
    for (const AttributeLevel level : kAttributeTables) {
      RETURN_IF_ERROR(Attributes(level, owners[static_cast<std::size_t>(level)]));
    }
    if (pages_used_ != pages_.size()) {
      return Corrupt(
          fmt::format("{} pages in the index, {} have a meaning here", pages_.size(), pages_used_));
    }
    return std::move(c_);
  }

 private:
  const IndexedPage* Find(const PageKey& key) const {
    const auto at =
        std::lower_bound(pages_.begin(), pages_.end(), key,
                         [](const IndexedPage& page, const PageKey& k) { return page.key < k; });
    return at != pages_.end() && at->key == key ? &*at : nullptr;
  }

  // Runs `decode` over the page, which it must read to its end. Without the page it is not run
  // when the page is optional.
  template <typename Decode>
  Status Page(const PageKey& key, bool optional, Decode&& decode) {
    const IndexedPage* page = Find(key);
    const std::string_view name = PagePartName(key.part);
    if (page == nullptr) {
      return optional ? OkStatus() : Corrupt(fmt::format("{}: no page", name));
    }
    ++pages_used_;
    const Extent& extent = page->ref.extent;
    if (extent.offset < offset_ || extent.offset - offset_ > bytes_.size() ||
        extent.size > bytes_.size() - (extent.offset - offset_)) {
      return Corrupt(fmt::format("{}: page outside of the row group", name));
    }
    auto raw =
        columnar::DecodePage(bytes_.subspan(static_cast<std::size_t>(extent.offset - offset_),
                                            static_cast<std::size_t>(extent.size)),
                             page->ref, budget_);
    if (!raw.ok()) return std::move(raw).error().Wrap(name);
    ByteReader in(AsBytes(*raw));
    RETURN_IF_ERROR(decode(in).Wrap(name));
    if (!in.AtEnd()) return Corrupt(fmt::format("{}: {} bytes left over", name, in.remaining()));
    return OkStatus();
  }
  template <typename Decode>
  Status Page(PagePart part, bool optional, Decode&& decode) {
    return Page(PageKey{.part = part}, optional, std::forward<Decode>(decode));
  }

  Status ReadText(ByteReader& in, StringColumn& to) {
    ASSIGN_OR_RETURN(to.dictionary, columnar::DecodeTexts(in, budget_));
    ASSIGN_OR_RETURN(const std::uint64_t count, PeekCount(in));
    ASSIGN_OR_RETURN(to.codes, columnar::DecodeCodes(in, count, to.dictionary.size(), budget_));
    return OkStatus();
  }
  // Row counts are compared by RowGroup::Make, not here.
  Status TextPage(PagePart part, StringColumn& to) {
    return Page(part, false, [&](ByteReader& in) { return ReadText(in, to); });
  }
  Status CodePage(PagePart part, CodeVector& to) {
    return Page(part, false, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(to, columnar::DecodeCodes(in, rows_, kMax32, budget_));
      return OkStatus();
    });
  }
  Status SmallNumbers(ByteReader& in, Numbers& values, CodeVector& codes) {
    ASSIGN_OR_RETURN(values, columnar::DecodeNumbersOfAnyCount(in, budget_));
    ASSIGN_OR_RETURN(const std::uint64_t count, PeekCount(in));
    ASSIGN_OR_RETURN(codes, columnar::DecodeCodes(in, count, values.size(), budget_));
    return OkStatus();
  }
  Status EnumPage(PagePart part, EnumColumn& to) {
    return Page(part, false, [&](ByteReader& in) -> Status {
      Numbers values;
      RETURN_IF_ERROR(SmallNumbers(in, values, to.codes));
      for (const std::uint64_t stored : values) {
        const std::int64_t value = ZigZagDecode(stored);
        if (value < std::numeric_limits<std::int32_t>::min() ||
            value > std::numeric_limits<std::int32_t>::max()) {
          return Corrupt(fmt::format("number {} has more than 32 bits", value));
        }
        to.values.push_back(static_cast<std::int32_t>(value));
      }
      return OkStatus();
    });
  }
  Status SmallNumberPage(PagePart part, NumberColumn& to) {
    return Page(part, false, [&](ByteReader& in) -> Status {
      Numbers values;
      RETURN_IF_ERROR(SmallNumbers(in, values, to.codes));
      ASSIGN_OR_RETURN(to.values, Narrow(values, kMax32));
      return OkStatus();
    });
  }
  Status SparsePage(PagePart part, SparseNumbers& to) {
    return Page(part, true, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(const Numbers rows, columnar::DecodeNumbersOfAnyCount(in, budget_));
      ASSIGN_OR_RETURN(to.rows, Narrow(rows, kMax32));
      ASSIGN_OR_RETURN(const Numbers values, columnar::DecodeNumbers(in, rows.size(), budget_));
      ASSIGN_OR_RETURN(to.values, Narrow(values, kMax32));
      return OkStatus();
    });
  }

  Status Traces() {
    RETURN_IF_ERROR(Page(PagePart::kKeys, true, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(c_.keys, columnar::DecodeTexts(in, budget_));
      return OkStatus();
    }));
    const auto read_ids = [&](ByteReader& in) -> Status {
      RETURN_IF_ERROR(budget_.Take(in.remaining() / 16, sizeof(TraceEntry), "trace table"));
      c_.traces.resize(in.remaining() / 16);
      for (TraceEntry& trace : c_.traces) {
        ASSIGN_OR_RETURN(const ByteView id, in.ReadBytes(16));
        std::memcpy(trace.id.bytes.data(), id.data(), 16);
      }
      return OkStatus();
    };
    RETURN_IF_ERROR(Page(PagePart::kTraceIds, false, read_ids));
    return Page(PagePart::kTraceTable, false, [&](ByteReader& in) -> Status {
      const std::size_t count = c_.traces.size();
      ASSIGN_OR_RETURN(const Numbers rows, columnar::DecodeNumbers(in, count, budget_));
      ASSIGN_OR_RETURN(const Numbers starts, columnar::DecodeNumbers(in, count, budget_));
      ASSIGN_OR_RETURN(const Numbers lengths, columnar::DecodeNumbers(in, count, budget_));
      ASSIGN_OR_RETURN(const Numbers roots, columnar::DecodeNumbers(in, count, budget_));
      std::uint64_t next = 0;
      for (std::size_t t = 0; t < count; ++t) {
        TraceEntry& trace = c_.traces[t];
        if (rows[t] == 0 || rows[t] > kRowGroupSpansMax - next || roots[t] > rows[t]) {
          return Corrupt(fmt::format("trace {} has {} rows and root {}", t, rows[t], roots[t]));
        }
        trace.first_row = static_cast<std::uint32_t>(next);
        trace.row_count = static_cast<std::uint32_t>(rows[t]);
        trace.start_unix_ns = starts[t];
        trace.end_unix_ns = starts[t] + lengths[t];
        trace.root_row = roots[t] == 0 ? kNoRow : static_cast<std::uint32_t>(next + roots[t] - 1);
        next += rows[t];
      }
      rows_ = static_cast<std::size_t>(next);
      return OkStatus();
    });
  }

  Status Parents() {
    RETURN_IF_ERROR(Page(PagePart::kParents, false, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(const Numbers stored, columnar::DecodeNumbers(in, rows_, budget_));
      c_.parent_rows.reserve(rows_);
      for (std::size_t row = 0; row < rows_; ++row) {
        if (stored[row] == kStoredNoParent) {
          c_.parent_rows.push_back(RowGroupColumns::kNoParent);
        } else if (stored[row] == kStoredParentElsewhere) {
          c_.parent_rows.push_back(RowGroupColumns::kParentElsewhere);
        } else {
          const std::uint64_t parent =
              row - static_cast<std::uint64_t>(ZigZagDecode(stored[row] - kStoredParentBase));
          if (parent >= rows_) {
            return Corrupt(fmt::format("parent of row {} is row {}", row, parent));
          }
          c_.parent_rows.push_back(static_cast<std::uint32_t>(parent));
        }
      }
      return OkStatus();
    }));
    return Page(PagePart::kParentTexts, true, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(const Numbers rows, columnar::DecodeNumbersOfAnyCount(in, budget_));
      ASSIGN_OR_RETURN(c_.parent_texts.rows, Narrow(rows, kMax32));
      ASSIGN_OR_RETURN(c_.parent_texts.texts, columnar::DecodeTexts(in, budget_));
      return OkStatus();
    });
  }

  Status Times() {
    RETURN_IF_ERROR(Page(PagePart::kStarts, false, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(c_.starts, columnar::DecodeNumbers(in, rows_, budget_));
      for (const TraceEntry& trace : c_.traces) {
        for (std::uint32_t i = 0; i < trace.row_count; ++i) {
          c_.starts[trace.first_row + i] += trace.start_unix_ns;
        }
      }
      return OkStatus();
    }));
    return Page(PagePart::kDurations, false, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(c_.ends, columnar::DecodeNumbers(in, rows_, budget_));
      for (std::size_t row = 0; row < rows_; ++row) {
        c_.ends[row] = AddDifference(c_.starts[row], c_.ends[row]);
      }
      return OkStatus();
    });
  }

  Status Spans() {
    const auto read_ids = [&](ByteReader& in) -> Status {
      if (in.remaining() != rows_ * 8) {
        return Corrupt(fmt::format("{} bytes of span ids for {} spans", in.remaining(), rows_));
      }
      RETURN_IF_ERROR(budget_.Take(rows_, sizeof(SpanId), "span ids"));
      c_.span_ids.resize(rows_);
      for (SpanId& span : c_.span_ids) {
        ASSIGN_OR_RETURN(const ByteView id, in.ReadBytes(8));
        std::memcpy(span.bytes.data(), id.data(), 8);
      }
      return OkStatus();
    };
    RETURN_IF_ERROR(Page(PagePart::kSpanIds, false, read_ids));
    RETURN_IF_ERROR(Parents());
    RETURN_IF_ERROR(Times());
    RETURN_IF_ERROR(TextPage(PagePart::kNames, c_.names));
    RETURN_IF_ERROR(EnumPage(PagePart::kKinds, c_.kinds));
    RETURN_IF_ERROR(EnumPage(PagePart::kStatusCodes, c_.status_codes));
    RETURN_IF_ERROR(TextPage(PagePart::kStatusMessages, c_.status_messages));
    RETURN_IF_ERROR(TextPage(PagePart::kTraceStates, c_.trace_states));
    RETURN_IF_ERROR(SmallNumberPage(PagePart::kFlags, c_.flags));
    RETURN_IF_ERROR(SparsePage(PagePart::kDroppedAttributes, c_.dropped_attributes));
    RETURN_IF_ERROR(SparsePage(PagePart::kDroppedEvents, c_.dropped_events));
    RETURN_IF_ERROR(SparsePage(PagePart::kDroppedLinks, c_.dropped_links));
    RETURN_IF_ERROR(CodePage(PagePart::kResources, c_.resources));
    return CodePage(PagePart::kScopes, c_.scopes);
  }

  Status ResourcesAndScopes() {
    RETURN_IF_ERROR(TextPage(PagePart::kResourceSchemaUrls, c_.resource_schema_urls));
    RETURN_IF_ERROR(
        SparsePage(PagePart::kResourceDroppedAttributes, c_.resource_dropped_attributes));
    RETURN_IF_ERROR(TextPage(PagePart::kScopeNames, c_.scope_names));
    RETURN_IF_ERROR(TextPage(PagePart::kScopeVersions, c_.scope_versions));
    RETURN_IF_ERROR(TextPage(PagePart::kScopeSchemaUrls, c_.scope_schema_urls));
    return SparsePage(PagePart::kScopeDroppedAttributes, c_.scope_dropped_attributes);
  }

  // Bounds from counts; they stay empty when the page is absent.
  Status CountPage(PagePart part, std::vector<std::uint32_t>& begin) {
    return Page(part, true, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(const Numbers counts, columnar::DecodeNumbers(in, rows_, budget_));
      std::uint64_t next = 0;
      begin.reserve(rows_ + 1);
      begin.push_back(0);
      for (const std::uint64_t count : counts) {
        if (count > kMax32 - 1 - next) return Corrupt(fmt::format("{} rows in all", count));
        next += count;
        begin.push_back(static_cast<std::uint32_t>(next));
      }
      return OkStatus();
    });
  }

  Status Events() {
    RETURN_IF_ERROR(CountPage(PagePart::kEventCounts, c_.event_begin));
    if (c_.event_begin.empty()) return OkStatus();
    RETURN_IF_ERROR(Page(PagePart::kEventTimes, false, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(c_.event_times, columnar::DecodeNumbers(in, c_.event_begin.back(), budget_));
      for (std::size_t row = 0; row < rows_; ++row) {
        for (std::uint32_t i = c_.event_begin[row]; i < c_.event_begin[row + 1]; ++i) {
          c_.event_times[i] = AddDifference(c_.starts[row], c_.event_times[i]);
        }
      }
      return OkStatus();
    }));
    RETURN_IF_ERROR(TextPage(PagePart::kEventNames, c_.event_names));
    return SparsePage(PagePart::kEventDroppedAttributes, c_.event_dropped_attributes);
  }

  Status Links() {
    RETURN_IF_ERROR(CountPage(PagePart::kLinkCounts, c_.link_begin));
    if (c_.link_begin.empty()) return OkStatus();
    RETURN_IF_ERROR(TextPage(PagePart::kLinkTraceIds, c_.link_trace_ids));
    RETURN_IF_ERROR(TextPage(PagePart::kLinkSpanIds, c_.link_span_ids));
    RETURN_IF_ERROR(TextPage(PagePart::kLinkTraceStates, c_.link_trace_states));
    RETURN_IF_ERROR(SmallNumberPage(PagePart::kLinkFlags, c_.link_flags));
    return SparsePage(PagePart::kLinkDroppedAttributes, c_.link_dropped_attributes);
  }

  Status Attributes(AttributeLevel level, std::size_t owners) {
    AttributeTable& table = c_.table(level);
    const auto key = [level](PagePart part, std::uint32_t ordinal = 0) {
      return PageKey{part, level, ordinal};
    };
    RETURN_IF_ERROR(Page(key(PagePart::kAttributeColumns), true,
                         [&](ByteReader& in) { return AttributeColumns(in, table); }));
    if (Find(key(PagePart::kAttributeShapes)) == nullptr) {
      RETURN_IF_ERROR(budget_.Take(owners, 1, "shapes"));
      for (std::size_t owner = 0; owner < owners; ++owner) table.shapes.PushBack(0);
    }
    RETURN_IF_ERROR(Page(key(PagePart::kAttributeShapes), true,
                         [&](ByteReader& in) { return AttributeShapes(in, table, owners); }));
    RETURN_IF_ERROR(Page(key(PagePart::kAttributeOverflow), true, [&](ByteReader& in) -> Status {
      ASSIGN_OR_RETURN(const std::uint64_t count, PeekCount(in));
      ASSIGN_OR_RETURN(table.overflow_keys,
                       columnar::DecodeCodes(in, count, c_.keys.size(), budget_));
      return ReadText(in, table.overflow_values);
    }));
    for (std::uint32_t i = 0; i < table.columns.size(); ++i) {
      AttributeColumn& column = table.columns[i];
      if (column.type == ValueType::kString) {
        RETURN_IF_ERROR(
            Page(key(PagePart::kAttributeDictionary, i), false, [&](ByteReader& in) -> Status {
              ASSIGN_OR_RETURN(column.dictionary, columnar::DecodeTexts(in, budget_));
              return OkStatus();
            }));
      }
      RETURN_IF_ERROR(Page(key(PagePart::kAttributeValues, i), false,
                           [&](ByteReader& in) { return AttributeValues(in, column); }));
    }
    return OkStatus();
  }

  Status AttributeColumns(ByteReader& in, AttributeTable& table) {
    ASSIGN_OR_RETURN(const Numbers keys, columnar::DecodeNumbersOfAnyCount(in, budget_));
    ASSIGN_OR_RETURN(const Numbers types, columnar::DecodeNumbers(in, keys.size(), budget_));
    RETURN_IF_ERROR(budget_.Take(keys.size(), sizeof(AttributeColumn), "columns"));
    table.columns.resize(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
      if (keys[i] >= c_.keys.size() || types[i] < 1 ||
          types[i] > static_cast<std::uint64_t>(ValueType::kDouble)) {
        return Corrupt(fmt::format("column {} has key {} and type {}", i, keys[i], types[i]));
      }
      table.columns[i].key = static_cast<std::uint32_t>(keys[i]);
      table.columns[i].type = static_cast<ValueType>(types[i]);
    }
    return OkStatus();
  }

  Status AttributeShapes(ByteReader& in, AttributeTable& table, std::size_t owners) {
    ASSIGN_OR_RETURN(const Numbers lengths, columnar::DecodeNumbersOfAnyCount(in, budget_));
    ASSIGN_OR_RETURN(const Numbers columns, columnar::DecodeNumbersOfAnyCount(in, budget_));
    std::uint64_t next = 0;
    for (const std::uint64_t length : lengths) {
      if (length > columns.size() - next || columns.size() > kMax32) {
        return Corrupt(
            fmt::format("shape of {} columns, {} are left", length, columns.size() - next));
      }
      next += length;
      table.shape_begin.push_back(static_cast<std::uint32_t>(next));
    }
    for (const std::uint64_t column : columns) {
      if (column > table.columns.size()) {
        return Corrupt(fmt::format("shape with column {} of {}", column, table.columns.size()));
      }
      table.shape_columns.push_back(column == 0 ? AttributeTable::kOverflow
                                                : static_cast<std::uint32_t>(column - 1));
    }
    ASSIGN_OR_RETURN(table.shapes, columnar::DecodeCodes(in, owners, lengths.size() + 1, budget_));
    return OkStatus();
  }

  Status AttributeValues(ByteReader& in, AttributeColumn& column) {
    if (column.type == ValueType::kInt || column.type == ValueType::kDouble) {
      ASSIGN_OR_RETURN(column.numbers, columnar::DecodeNumbersOfAnyCount(in, budget_));
      return OkStatus();
    }
    const std::uint64_t limit =
        column.type == ValueType::kBool ? 2 : std::uint64_t{column.dictionary.size()};
    ASSIGN_OR_RETURN(const std::uint64_t count, PeekCount(in));
    ASSIGN_OR_RETURN(column.codes, columnar::DecodeCodes(in, count, limit, budget_));
    return OkStatus();
  }

  const ByteView bytes_;
  const std::uint64_t offset_;
  const std::vector<IndexedPage>& pages_;
  DecodeBudget& budget_;
  std::size_t pages_used_ = 0;
  std::size_t rows_ = 0;
  RowGroupColumns c_;
};

}  // namespace

Result<std::shared_ptr<const RowGroup>> DecodeRowGroup(ByteView bytes, std::uint64_t file_offset,
                                                       const std::vector<IndexedPage>& pages,
                                                       DecodeBudget& budget) {
  ASSIGN_OR_RETURN(RowGroupColumns columns, Decoder(bytes, file_offset, pages, budget).Decode());
  return RowGroup::Make(std::move(columns));
}

}  // namespace vivace::block

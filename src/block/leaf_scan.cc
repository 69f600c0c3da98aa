#include "block/leaf_scan.h"

#include <algorithm>
#include <bit>
#include <limits>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/check.h"
#include "block/value_codec.h"
#include "block/value_test.h"

namespace vivace::block {
namespace {

using columnar::Bitmap;
using columnar::CodeVector;
using columnar::StringColumn;

// A bitmap of `holds(i)` for i below `size`, made a word at a time.
template <typename Holds>
Bitmap Fill(std::size_t size, Holds&& holds) {
  Bitmap bits(size);
  std::vector<std::uint64_t>& words = bits.words();
  for (std::size_t w = 0; w < words.size(); ++w) {
    const std::size_t begin = w * 64;
    const std::size_t count = std::min<std::size_t>(64, size - begin);
    std::uint64_t word = 0;
    for (std::size_t b = 0; b < count; ++b) {
      word |= std::uint64_t{holds(begin + b)} << b;
    }
    words[w] = word;
  }
  return bits;
}

// Rows whose code is one that holds.
Bitmap SelectCodes(const CodeVector& codes, const std::vector<std::uint8_t>& holds) {
  const auto yes = std::count(holds.begin(), holds.end(), 1);
  if (yes == 0) return Bitmap(codes.size());
  if (static_cast<std::size_t>(yes) == holds.size()) return Bitmap(codes.size(), true);
  if (yes == 1) {
    const auto wanted = std::find(holds.begin(), holds.end(), 1) - holds.begin();
    return codes.VisitCodes([wanted](auto span) {
      using Code = typename decltype(span)::value_type;
      const auto code = static_cast<Code>(wanted);
      return Fill(span.size(), [span, code](std::size_t i) { return span[i] == code; });
    });
  }
  return codes.VisitCodes([&holds](auto span) {
    return Fill(span.size(), [span, &holds](std::size_t i) { return holds[span[i]] != 0; });
  });
}

template <typename Test>
Bitmap SelectTexts(const StringColumn& column, Test&& test) {
  std::vector<std::uint8_t> holds(column.dictionary.size());
  for (std::uint32_t code = 0; code < holds.size(); ++code) {
    holds[code] = test(column.dictionary[code]) ? 1 : 0;
  }
  return SelectCodes(column.codes, holds);
}

// Spreads the bits of a side table (resources, scopes) to the spans that refer to it.
Bitmap SpreadReferences(const CodeVector& references, const Bitmap& bits) {
  std::vector<std::uint8_t> holds(bits.size());
  for (std::size_t i = 0; i < holds.size(); ++i) holds[i] = bits.Get(i) ? 1 : 0;
  return SelectCodes(references, holds);
}

std::int64_t ClampToInt(std::uint64_t value) {
  constexpr auto kMax = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(value, kMax));
}

// Numbers against the operand; for two integers without a call per row.
template <typename At>
Bitmap SelectInts(std::size_t size, const ScanLeaf& leaf, const ValueTest& test, At&& at) {
  if (const auto* operand = std::get_if<std::int64_t>(&leaf.operand)) {
    const std::int64_t x = *operand;
    switch (leaf.op) {
      case ScanOperator::kEqual:
        return Fill(size, [&](std::size_t i) { return at(i) == x; });
      case ScanOperator::kNotEqual:
        return Fill(size, [&](std::size_t i) { return at(i) != x; });
      case ScanOperator::kLess:
        return Fill(size, [&](std::size_t i) { return at(i) < x; });
      case ScanOperator::kLessOrEqual:
        return Fill(size, [&](std::size_t i) { return at(i) <= x; });
      case ScanOperator::kGreater:
        return Fill(size, [&](std::size_t i) { return at(i) > x; });
      case ScanOperator::kGreaterOrEqual:
        return Fill(size, [&](std::size_t i) { return at(i) >= x; });
      default:
        return Bitmap(size);
    }
  }
  return Fill(size, [&](std::size_t i) { return test.Int(at(i)); });
}

// Which of a column's values satisfy the leaf.
Bitmap SelectValues(const AttributeColumn& column, const ScanLeaf& leaf, const ValueTest& test) {
  switch (column.type) {
    case ValueType::kString: {
      std::vector<std::uint8_t> holds(column.dictionary.size());
      for (std::uint32_t code = 0; code < holds.size(); ++code) {
        holds[code] = test.Text(column.dictionary[code]) ? 1 : 0;
      }
      return SelectCodes(column.codes, holds);
    }
    case ValueType::kBool:
      return SelectCodes(column.codes, {static_cast<std::uint8_t>(test.Bool(false) ? 1 : 0),
                                        static_cast<std::uint8_t>(test.Bool(true) ? 1 : 0)});
    case ValueType::kInt:
      return SelectInts(column.numbers.size(), leaf, test, [&column](std::size_t i) {
        return static_cast<std::int64_t>(column.numbers[i]);
      });
    default:
      return Fill(column.numbers.size(), [&](std::size_t i) {
        return test.Double(std::bit_cast<double>(column.numbers[i]));
      });
  }
}

/// One key of one attribute table: who has it, and for whom a condition on it holds.
class KeyScan {
 public:
  KeyScan(const AttributeTable& table, std::uint32_t key, const ScanLeaf& leaf)
      : table_(table), key_(key), leaf_(leaf), test_(leaf), present_(table.owners()) {
    const bool values = leaf.op != ScanOperator::kExists && leaf.op != ScanOperator::kAbsent;
    any_ = Bitmap(values ? table.owners() : 0);
    if (key == kNoRow) return;
    for (std::uint32_t i = 0; i < table.columns.size(); ++i) {
      if (table.columns[i].key == key) AddColumn(i, values);
    }
    AddOverflow(values);
  }

  const Bitmap& present() const { return present_; }

  /// Of an owner with the key several times, a positive operator asks for one value, a negative
  /// one for none that contradicts; what lies between is left open.
  Truth Result() const {
    if (leaf_.op == ScanOperator::kExists) return {present_, {}};
    if (leaf_.op == ScanOperator::kAbsent) {
      Truth absent{present_, {}};
      absent.upper.Invert();
      return absent;
    }
    Truth truth{any_, {}};
    if (repeated_.size() > 0 && some_false_.size() > 0) {
      Bitmap open = repeated_;
      open.And(some_false_);
      open.And(any_);
      if (open.Any()) {
        truth.lower = any_;
        truth.lower->AndNot(open);
      }
    }
    return truth;
  }

 private:
  void AddColumn(std::uint32_t number, bool values) {
    const AttributeColumn& column = table_.columns[number];
    // How often each shape has the column.
    std::vector<std::uint8_t> times(table_.shape_count(), 0);
    bool once_everywhere = true;
    for (std::uint32_t s = 0; s < times.size(); ++s) {
      const auto shape = table_.Shape(s);
      const auto count = std::count(shape.begin(), shape.end(), number);
      times[s] = static_cast<std::uint8_t>(std::min<std::ptrdiff_t>(count, 2));
      once_everywhere = once_everywhere && count == 1;
    }
    const Bitmap holds = values ? SelectValues(column, leaf_, test_) : Bitmap();
    // A shape that nobody has may lack the column: counts tell more than shapes.
    if (!once_everywhere && column.size() == table_.owners()) {
      once_everywhere = table_.shapes.VisitCodes([&times](auto shapes) {
        return std::all_of(shapes.begin(), shapes.end(),
                           [&times](auto s) { return times[s] == 1; });
      });
    }
    if (once_everywhere && !present_.Any()) {
      present_ = Bitmap(table_.owners(), true);
      if (values) {
        any_ = holds;
        some_false_ = holds;
        some_false_.Invert();
      }
      return;
    }
    std::size_t next = 0;
    table_.shapes.VisitCodes([&](auto shapes) {
      for (std::size_t owner = 0; owner < shapes.size(); ++owner) {
        if (times[shapes[owner]] == 0) continue;
        const std::size_t count = times[shapes[owner]] == 1 ? 1 : TimesOf(shapes[owner], number);
        for (std::size_t i = 0; i < count; ++i, ++next) {
          AddValue(owner, values, values && holds.Get(next));
        }
      }
    });
  }

  std::size_t TimesOf(std::uint32_t shape, std::uint32_t column) const {
    const auto columns = table_.Shape(shape);
    return static_cast<std::size_t>(std::count(columns.begin(), columns.end(), column));
  }

  void AddOverflow(bool values) {
    // Nearly always the key is not there at all, and looking is cheap.
    const bool there = table_.overflow_keys.VisitCodes(
        [this](auto keys) { return std::find(keys.begin(), keys.end(), key_) != keys.end(); });
    if (!there) return;
    // Decided once per distinct value, and only for values that the key has.
    enum : std::uint8_t { kUnknown, kFalse, kTrue };
    std::vector<std::uint8_t> known(table_.overflow_values.dictionary.size(), kUnknown);
    std::vector<std::uint32_t> times(table_.shape_count(), 0);
    for (std::uint32_t s = 0; s < times.size(); ++s) {
      times[s] = static_cast<std::uint32_t>(TimesOf(s, AttributeTable::kOverflow));
    }
    std::size_t next = 0;
    for (std::size_t owner = 0; owner < table_.owners(); ++owner) {
      for (std::uint32_t i = times[table_.shapes[owner]]; i > 0; --i, ++next) {
        if (table_.overflow_keys[next] != key_) continue;
        if (!values) {
          AddValue(owner, false, false);
          continue;
        }
        const std::uint32_t code = table_.overflow_values.codes[next];
        if (known[code] == kUnknown) {
          ByteReader in(AsBytes(table_.overflow_values.dictionary[code]));
          const auto value = DecodeValue(in);
          CHECK(value.ok());  // RowGroup::Make has decoded every stored value.
          known[code] = test_.Any(*value) ? kTrue : kFalse;
        }
        AddValue(owner, true, known[code] == kTrue);
      }
    }
  }

  void AddValue(std::size_t owner, bool values, bool holds) {
    if (present_.Get(owner)) {
      if (!values) return;
      if (repeated_.size() == 0) repeated_ = Bitmap(table_.owners());
      repeated_.Set(owner);
    } else {
      present_.Set(owner);
    }
    if (!values) return;
    if (holds) {
      any_.Set(owner);
    } else {
      if (some_false_.size() == 0) some_false_ = Bitmap(table_.owners());
      some_false_.Set(owner);
    }
  }

  const AttributeTable& table_;
  const std::uint32_t key_;
  const ScanLeaf& leaf_;
  const ValueTest test_;
  Bitmap present_;
  Bitmap any_;         // some value holds
  Bitmap some_false_;  // some value does not; empty: none
  Bitmap repeated_;    // the key is there more than once; empty: never
};

Truth SpreadTruth(const CodeVector& references, const Truth& truth) {
  Truth spread{SpreadReferences(references, truth.upper), {}};
  if (truth.lower) spread.lower = SpreadReferences(references, *truth.lower);
  return spread;
}

Truth ScanSpanOrResource(const RowGroup& rows, std::uint32_t key, const ScanLeaf& leaf) {
  const RowGroupColumns& c = rows.columns();
  const KeyScan span(c.table(AttributeLevel::kSpan), key, leaf);
  const KeyScan resource(c.table(AttributeLevel::kResource), key, leaf);
  Truth truth = span.Result();
  Truth other = SpreadTruth(c.resources, resource.Result());
  if (leaf.op == ScanOperator::kAbsent) {
    truth.upper.And(other.upper);
    return truth;
  }
  other.upper.AndNot(span.present());
  if (truth.lower || other.lower) {
    Bitmap lower = truth.Lower();
    Bitmap resource_lower = other.Lower();
    resource_lower.AndNot(span.present());
    lower.Or(resource_lower);
    truth.lower = std::move(lower);
  }
  truth.upper.Or(other.upper);
  return truth;
}

Truth ScanAttribute(const RowGroup& rows, const ScanLeaf& leaf) {
  const RowGroupColumns& c = rows.columns();
  const std::uint32_t key = rows.FindKey(leaf.key);
  switch (leaf.field) {
    case ScanField::kSpanAttribute:
      return KeyScan(c.table(AttributeLevel::kSpan), key, leaf).Result();
    case ScanField::kResourceAttribute:
      return SpreadTruth(c.resources,
                         KeyScan(c.table(AttributeLevel::kResource), key, leaf).Result());
    case ScanField::kScopeAttribute:
      return SpreadTruth(c.scopes, KeyScan(c.table(AttributeLevel::kScope), key, leaf).Result());
    case ScanField::kEventAttribute:
      return KeyScan(c.table(AttributeLevel::kEvent), key, leaf).Result();
    case ScanField::kLinkAttribute:
      return KeyScan(c.table(AttributeLevel::kLink), key, leaf).Result();
    default:
      return ScanSpanOrResource(rows, key, leaf);
  }
}

Bitmap SelectEnum(const EnumColumn& column, const ScanLeaf& leaf, const ValueTest& test) {
  std::vector<std::uint8_t> holds(column.values.size(), 0);
  // Kinds and statuses have no order.
  if (leaf.op == ScanOperator::kEqual || leaf.op == ScanOperator::kNotEqual) {
    for (std::size_t i = 0; i < holds.size(); ++i) holds[i] = test.Int(column.values[i]) ? 1 : 0;
  }
  return SelectCodes(column.codes, holds);
}

Bitmap SelectEventTimes(const RowGroup& rows, const ScanLeaf& leaf, const ValueTest& test) {
  const RowGroupColumns& c = rows.columns();
  std::vector<std::int64_t> since_start(c.event_times.size());
  for (std::size_t row = 0; row + 1 < c.event_begin.size(); ++row) {
    for (std::uint32_t i = c.event_begin[row]; i < c.event_begin[row + 1]; ++i) {
      since_start[i] = static_cast<std::int64_t>(c.event_times[i] - c.starts[row]);
    }
  }
  return SelectInts(since_start.size(), leaf, test,
                    [&since_start](std::size_t i) { return since_start[i]; });
}

// Ids that are compared as numbers: only equality is decided here.
Truth ScanId(const RowGroup& rows, const ScanLeaf& leaf, const ValueTest& test) {
  const RowGroupColumns& c = rows.columns();
  if (leaf.op != ScanOperator::kEqual && leaf.op != ScanOperator::kNotEqual) {
    return Truth::Maybe(DomainSize(rows, DomainOf(leaf.field)));
  }
  const auto id_holds = [&test](std::string_view bytes) { return test.Id(bytes); };
  if (leaf.field == ScanField::kLinkTraceId) return {SelectTexts(c.link_trace_ids, id_holds), {}};
  if (leaf.field == ScanField::kLinkSpanId) return {SelectTexts(c.link_span_ids, id_holds), {}};
  Bitmap bits(rows.span_count());
  if (leaf.field == ScanField::kTraceId) {
    for (const TraceEntry& trace : c.traces) {
      if (!test.Id(trace.id.AsText())) continue;
      bits.SetRange(trace.first_row, std::size_t{trace.first_row} + trace.row_count);
    }
    return {std::move(bits), {}};
  }
  const bool parents = leaf.field == ScanField::kParentId;
  // Most ids are no match: compare eight bytes before anything is formatted.
  const auto* operand = std::get_if<std::string>(&leaf.operand);
  const auto wanted = operand == nullptr ? std::nullopt : SpanId::FromHex(*operand);
  for (std::uint32_t row = 0; row < rows.span_count(); ++row) {
    const std::string_view bytes = parents ? rows.ParentSpanId(row) : c.span_ids[row].AsText();
    bool holds = false;
    if (wanted && bytes.size() == 8) {
      holds = (bytes == wanted->AsText()) == (leaf.op == ScanOperator::kEqual);
    } else {
      holds = test.Id(bytes);  // An empty parent id is the number zero.
    }
    if (holds) bits.Set(row);
  }
  return {std::move(bits), {}};
}

Bitmap ScanIntrinsic(const RowGroup& rows, const ScanLeaf& leaf, const ValueTest& test) {
  const RowGroupColumns& c = rows.columns();
  const auto text = [&test](std::string_view value) { return test.Text(value); };
  const auto ints = [&](auto&& at) { return SelectInts(rows.span_count(), leaf, test, at); };
  switch (leaf.field) {
    case ScanField::kName:
      return SelectTexts(c.names, text);
    case ScanField::kKind:
      return SelectEnum(c.kinds, leaf, test);
    case ScanField::kStatus:
      return SelectEnum(c.status_codes, leaf, test);
    case ScanField::kStatusMessage:
      return SelectTexts(c.status_messages, text);
    case ScanField::kDuration:
      return ints([&](std::size_t row) {
        return ClampToInt(rows.DurationNanos(static_cast<std::uint32_t>(row)));
      });
    case ScanField::kStart:
      return ints([&](std::size_t row) { return ClampToInt(c.starts[row]); });
    case ScanField::kEnd:
      return ints([&](std::size_t row) { return ClampToInt(c.ends[row]); });
    case ScanField::kScopeName:
      return SpreadReferences(c.scopes, SelectTexts(c.scope_names, text));
    case ScanField::kScopeVersion:
      return SpreadReferences(c.scopes, SelectTexts(c.scope_versions, text));
    case ScanField::kEventName:
      return SelectTexts(c.event_names, text);
    default:
      CHECK(leaf.field == ScanField::kEventTimeSinceStart);
      return SelectEventTimes(rows, leaf, test);
  }
}

const std::vector<std::uint32_t>& BeginOf(const RowGroup& rows, ScanDomain domain) {
  CHECK(domain != ScanDomain::kSpans);
  return domain == ScanDomain::kEvents ? rows.columns().event_begin : rows.columns().link_begin;
}

}  // namespace

std::size_t DomainSize(const RowGroup& rows, ScanDomain domain) {
  switch (domain) {
    case ScanDomain::kEvents:
      return rows.columns().event_times.size();
    case ScanDomain::kLinks:
      return rows.columns().link_trace_ids.size();
    default:
      return rows.span_count();
  }
}

ScanDomain DomainOf(ScanField field) {
  switch (field) {
    case ScanField::kEventName:
    case ScanField::kEventTimeSinceStart:
    case ScanField::kEventAttribute:
      return ScanDomain::kEvents;
    case ScanField::kLinkTraceId:
    case ScanField::kLinkSpanId:
    case ScanField::kLinkAttribute:
      return ScanDomain::kLinks;
    default:
      return ScanDomain::kSpans;
  }
}

Truth ScanOneLeaf(const RowGroup& rows, const ScanLeaf& leaf) {
  const std::size_t size = DomainSize(rows, DomainOf(leaf.field));
  const bool pattern = leaf.op == ScanOperator::kMatches || leaf.op == ScanOperator::kNotMatches;
  if (pattern && !leaf.text_matches) return Truth::Maybe(size);
  switch (leaf.field) {
    case ScanField::kUndecidable:
      return Truth::Maybe(size);
    case ScanField::kSpanAttribute:
    case ScanField::kResourceAttribute:
    case ScanField::kScopeAttribute:
    case ScanField::kEventAttribute:
    case ScanField::kLinkAttribute:
    case ScanField::kSpanOrResourceAttribute:
      return ScanAttribute(rows, leaf);
    default:
      break;
  }
  // Fields of a span, event or link are always there.
  if (leaf.op == ScanOperator::kExists) return Truth::All(size, true);
  if (leaf.op == ScanOperator::kAbsent) return Truth::All(size, false);
  const ValueTest test(leaf);
  switch (leaf.field) {
    case ScanField::kTraceId:
    case ScanField::kSpanId:
    case ScanField::kParentId:
    case ScanField::kLinkTraceId:
    case ScanField::kLinkSpanId:
      return ScanId(rows, leaf, test);
    default:
      return {ScanIntrinsic(rows, leaf, test), {}};
  }
}

Bitmap GatherToSpans(const RowGroup& rows, ScanDomain domain, const Bitmap& bits) {
  Bitmap spans(rows.span_count());
  const std::vector<std::uint32_t>& begin = BeginOf(rows, domain);
  std::size_t row = 0;
  bits.ForEach([&](std::size_t i) {
    while (begin[row + 1] <= i) ++row;
    spans.Set(row);
  });
  return spans;
}

Bitmap SpreadFromSpans(const RowGroup& rows, ScanDomain domain, const Bitmap& bits) {
  Bitmap spread(DomainSize(rows, domain));
  const std::vector<std::uint32_t>& begin = BeginOf(rows, domain);
  if (begin.empty()) return spread;
  bits.ForEach([&](std::size_t row) { spread.SetRange(begin[row], begin[row + 1]); });
  return spread;
}

}  // namespace vivace::block

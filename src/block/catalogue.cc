#include "block/catalogue.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "base/check.h"
#include "block/value_codec.h"

namespace vivace::block {
namespace {

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

std::string Encoded(const AttributeValue& value) {
  ByteWriter out;
  EncodeValue(value, out);
  return out.Take();
}

// How many spans refer to each row of a side table.
std::vector<std::uint64_t> Weights(const columnar::CodeVector& references, std::size_t rows) {
  std::vector<std::uint64_t> weights(rows, 0);
  references.VisitCodes([&weights](auto codes) {
    for (const auto code : codes) ++weights[code];
  });
  return weights;
}

}  // namespace

// Adds the attributes of one table.
class CatalogueBuilder::LevelAdder {
 public:
  LevelAdder(CatalogueBuilder& builder, const RowGroup& rows, CatalogueLevel level,
             std::uint32_t only_key)
      : builder_(builder),
        c_(rows.columns()),
        table_(c_.table(static_cast<AttributeLevel>(level))),
        level_(level),
        only_key_(only_key) {
    if (level == CatalogueLevel::kResource) weights_ = Weights(c_.resources, table_.owners());
    if (level == CatalogueLevel::kScope) weights_ = Weights(c_.scopes, table_.owners());
  }

  void Add() {
    if (!weights_.empty()) SpreadWeights();
    for (std::uint32_t i = 0; i < table_.columns.size(); ++i) {
      if (only_key_ == kNoRow || table_.columns[i].key == only_key_) AddColumn(i);
    }
    AddOverflow();
  }

 private:
  // The weight of every value, by column (the overflow last) in the order of its values.
  void SpreadWeights() {
    value_weights_.resize(table_.columns.size() + 1);
    for (std::size_t owner = 0; owner < table_.owners(); ++owner) {
      for (const std::uint32_t column : table_.Shape(table_.shapes[owner])) {
        value_weights_[column == AttributeTable::kOverflow ? table_.columns.size() : column]
            .push_back(weights_[owner]);
      }
    }
  }
  std::uint64_t Weight(std::size_t column, std::size_t index) const {
    return value_weights_.empty() ? 1 : value_weights_[column][index];
  }

  void AddColumn(std::uint32_t number) {
    const AttributeColumn& column = table_.columns[number];
    Tracked* tracked = builder_.Track(level_, c_.keys[column.key], column.type);
    if (tracked == nullptr) return;
    if (column.type == ValueType::kString || column.type == ValueType::kBool) {
      const std::size_t distinct = column.type == ValueType::kBool ? 2 : column.dictionary.size();
      std::vector<std::uint64_t> counts(distinct, 0);
      for (std::size_t i = 0; i < column.codes.size(); ++i) {
        counts[column.codes[i]] += Weight(number, i);
      }
      for (std::uint32_t code = 0; code < distinct; ++code) {
        if (counts[code] == 0) continue;
        tracked->count += counts[code];
        if (column.type == ValueType::kBool) {
          builder_.Count(*tracked, Encoded({code != 0}), counts[code]);
        } else if (const std::string_view text = column.dictionary[code];
                   text.size() > builder_.limits_.value_bytes_max) {
          tracked->complete = false;
        } else {
          builder_.Count(*tracked, Encoded({std::string(text)}), counts[code]);
        }
      }
      return;
    }
    AddNumbers(number, column, *tracked);
  }

  void AddNumbers(std::uint32_t number, const AttributeColumn& column, Tracked& tracked) {
    // In order of first appearance, so that the same rows always give the same catalogue.
    std::vector<std::pair<std::size_t, std::uint64_t>> counts;  // index of a value, its count
    std::unordered_map<std::uint64_t, std::size_t> positions;
    for (std::size_t i = 0; i < column.numbers.size(); ++i) {
      const std::uint64_t weight = Weight(number, i);
      tracked.count += weight;
      const auto known = positions.find(column.numbers[i]);
      if (known != positions.end()) {
        counts[known->second].second += weight;
      } else if (positions.size() < builder_.limits_.values_tracked_max) {
        positions.emplace(column.numbers[i], counts.size());
        counts.emplace_back(i, weight);
      } else {
        tracked.complete = false;
      }
    }
    for (const auto& [index, count] : counts) {
      if (count > 0) builder_.Count(tracked, Encoded(column.Value(index)), count);
    }
  }

  void AddOverflow() {
    std::unordered_map<std::uint64_t, Tracked*> known;  // by key and type
    for (std::size_t i = 0; i < table_.overflow_keys.size(); ++i) {
      const std::uint32_t key = table_.overflow_keys[i];
      if (only_key_ != kNoRow && key != only_key_) continue;
      const std::string_view value = table_.overflow_values[i];
      const auto type = static_cast<ValueType>(value[0]);
      const auto [at, is_new] =
          known.try_emplace(std::uint64_t{key} << 8 | static_cast<std::uint8_t>(type), nullptr);
      if (is_new) at->second = builder_.Track(level_, c_.keys[key], type);
      Tracked* tracked = at->second;
      if (tracked == nullptr) continue;
      const std::uint64_t weight = Weight(table_.columns.size(), i);
      if (weight == 0) continue;
      tracked->count += weight;
      if (type > ValueType::kDouble) continue;
      if (type == ValueType::kString && value.size() > builder_.limits_.value_bytes_max) {
        tracked->complete = false;
      } else {
        builder_.Count(*tracked, value, weight);
      }
    }
  }

  CatalogueBuilder& builder_;
  const RowGroupColumns& c_;
  const AttributeTable& table_;
  const CatalogueLevel level_;
  const std::uint32_t only_key_;
  std::vector<std::uint64_t> weights_;  // per owner; empty: 1 each
  std::vector<std::vector<std::uint64_t>> value_weights_;
};

const CatalogueEntry* Catalogue::Find(CatalogueLevel level, std::string_view key) const {
  const auto at =
      std::lower_bound(entries.begin(), entries.end(), std::pair(level, key),
                       [](const CatalogueEntry& entry, const auto& wanted) {
                         return std::pair(entry.level, std::string_view(entry.key)) < wanted;
                       });
  return at != entries.end() && at->level == level && at->key == key ? &*at : nullptr;
}

CatalogueBuilder::Tracked* CatalogueBuilder::Track(CatalogueLevel level, std::string_view key,
                                                   ValueType type) {
  Key wanted(level, std::string(key), type);
  const auto at = entries_.find(wanted);
  if (at != entries_.end()) return &at->second;
  if (entries_.size() >= limits_.entries_max) {
    complete_ = false;
    return nullptr;
  }
  return &entries_[std::move(wanted)];
}

void CatalogueBuilder::Count(Tracked& tracked, std::string_view encoded, std::uint64_t count) {
  const auto at = tracked.values.find(encoded);
  if (at != tracked.values.end()) {
    at->second += count;
  } else if (tracked.values.size() < limits_.values_tracked_max) {
    tracked.values.emplace(std::string(encoded), count);
  } else {
    tracked.complete = false;
  }
}

void CatalogueBuilder::AddTexts(std::string_view key, const columnar::StringColumn& column,
                                const std::vector<std::uint64_t>* weights) {
  std::vector<std::uint64_t> counts(column.dictionary.size(), 0);
  for (std::size_t i = 0; i < column.size(); ++i) {
    counts[column.codes[i]] += weights == nullptr ? 1 : (*weights)[i];
  }
  Tracked* tracked = nullptr;
  for (std::uint32_t code = 0; code < counts.size(); ++code) {
    const std::string_view text = column.dictionary[code];
    if (counts[code] == 0 || (text.empty() && key == "statusMessage")) continue;
    if (tracked == nullptr) tracked = Track(CatalogueLevel::kIntrinsic, key, ValueType::kString);
    if (tracked == nullptr) return;
    tracked->count += counts[code];
    if (text.size() > limits_.value_bytes_max) {
      tracked->complete = false;
    } else {
      Count(*tracked, Encoded({std::string(text)}), counts[code]);
    }
  }
}

void CatalogueBuilder::AddNumbers(std::string_view key, const EnumColumn& column) {
  std::vector<std::uint64_t> counts(column.values.size(), 0);
  for (std::size_t i = 0; i < column.codes.size(); ++i) ++counts[column.codes[i]];
  Tracked* tracked = Track(CatalogueLevel::kIntrinsic, key, ValueType::kInt);
  if (tracked == nullptr) return;
  tracked->count += column.codes.size();
  for (std::size_t code = 0; code < counts.size(); ++code) {
    if (counts[code] == 0) continue;
    Count(*tracked, Encoded({std::int64_t{column.values[code]}}), counts[code]);
  }
}

void CatalogueBuilder::AddIntrinsics(const RowGroup& rows, std::string_view only_key) {
  const RowGroupColumns& c = rows.columns();
  const auto wanted = [only_key](std::string_view key) {
    return only_key.empty() || only_key == key;
  };
  if (wanted("name")) AddTexts("name", c.names, nullptr);
  if (wanted("kind")) AddNumbers("kind", c.kinds);
  if (wanted("status")) AddNumbers("status", c.status_codes);
  if (wanted("statusMessage")) AddTexts("statusMessage", c.status_messages, nullptr);
  if (wanted("event:name")) AddTexts("event:name", c.event_names, nullptr);
  if (!wanted("instrumentation:name") && !wanted("instrumentation:version")) return;
  const std::vector<std::uint64_t> weights = Weights(c.scopes, c.scope_names.size());
  if (wanted("instrumentation:name")) AddTexts("instrumentation:name", c.scope_names, &weights);
  if (wanted("instrumentation:version")) {
    AddTexts("instrumentation:version", c.scope_versions, &weights);
  }
}

void CatalogueBuilder::Add(const RowGroup& rows) {
  for (const CatalogueLevel level :
       {CatalogueLevel::kSpan, CatalogueLevel::kResource, CatalogueLevel::kScope,
        CatalogueLevel::kEvent, CatalogueLevel::kLink}) {
    LevelAdder(*this, rows, level, kNoRow).Add();
  }
  AddIntrinsics(rows, "");
}

void CatalogueBuilder::AddKey(const RowGroup& rows, CatalogueLevel level, std::string_view key) {
  if (level == CatalogueLevel::kIntrinsic) {
    if (!key.empty()) AddIntrinsics(rows, key);
    return;
  }
  const std::uint32_t number = rows.FindKey(key);
  if (number != kNoRow) LevelAdder(*this, rows, level, number).Add();
}

void CatalogueBuilder::Add(const Catalogue& catalogue) {
  complete_ = complete_ && catalogue.complete;
  for (const CatalogueEntry& entry : catalogue.entries) {
    Tracked* tracked = Track(entry.level, entry.key, entry.type);
    if (tracked == nullptr) continue;
    tracked->count += entry.count;
    tracked->complete = tracked->complete && entry.complete;
    for (const CatalogueValue& value : entry.values) {
      Count(*tracked, Encoded(value.value), value.count);
    }
  }
}

Catalogue CatalogueBuilder::Finish() const {
  Catalogue catalogue;
  catalogue.complete = complete_;
  for (const auto& [key, tracked] : entries_) {
    if (tracked.count == 0) continue;
    CatalogueEntry& entry = catalogue.entries.emplace_back();
    std::tie(entry.level, entry.key, entry.type) = key;
    entry.count = tracked.count;
    entry.complete = tracked.complete && tracked.values.size() <= limits_.values_max;
    std::vector<std::pair<std::string_view, std::uint64_t>> values(tracked.values.begin(),
                                                                   tracked.values.end());
    const auto more_first = [](const auto& a, const auto& b) {
      return a.second != b.second ? a.second > b.second : a.first < b.first;
    };
    const std::size_t kept = std::min(values.size(), limits_.values_max);
    std::partial_sort(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(kept),
                      values.end(), more_first);
    values.resize(kept);
    for (const auto& [encoded, count] : values) {
      ByteReader in(AsBytes(encoded));
      auto value = DecodeValue(in);
      CHECK(value.ok());
      entry.values.push_back({std::move(value).value(), count});
    }
  }
  return catalogue;
}

Catalogue CatalogueOf(const RowGroup& rows) {
  CatalogueBuilder builder;
  builder.Add(rows);
  return builder.Finish();
}

void EncodeCatalogue(const Catalogue& catalogue, ByteWriter& out) {
  out.U8(catalogue.complete ? 1 : 0);
  out.Varint(catalogue.entries.size());
  for (const CatalogueEntry& entry : catalogue.entries) {
    out.U8(static_cast<std::uint8_t>(entry.level));
    out.Text(entry.key);
    out.U8(static_cast<std::uint8_t>(entry.type));
    out.Varint(entry.count);
    out.U8(entry.complete ? 1 : 0);
    out.Varint(entry.values.size());
    for (const CatalogueValue& value : entry.values) {
      EncodeValue(value.value, out);
      out.Varint(value.count);
    }
  }
}

Result<Catalogue> DecodeCatalogue(ByteReader& in) {
  Catalogue catalogue;
  ASSIGN_OR_RETURN(const std::uint8_t all, in.ReadU8());
  catalogue.complete = all != 0;
  ASSIGN_OR_RETURN(const std::uint64_t count, in.ReadVarint());
  for (std::uint64_t i = 0; i < count; ++i) {
    CatalogueEntry entry;
    ASSIGN_OR_RETURN(const std::uint8_t level, in.ReadU8());
    ASSIGN_OR_RETURN(const std::string_view key, in.ReadText());
    ASSIGN_OR_RETURN(const std::uint8_t type, in.ReadU8());
    ASSIGN_OR_RETURN(entry.count, in.ReadVarint());
    ASSIGN_OR_RETURN(const std::uint8_t complete, in.ReadU8());
    if (level > static_cast<std::uint8_t>(CatalogueLevel::kIntrinsic) || type < 1 ||
        type > static_cast<std::uint8_t>(ValueType::kEmpty)) {
      return Corrupt(fmt::format("catalogue entry {} has level {} and type {}", i, level, type));
    }
    entry.level = static_cast<CatalogueLevel>(level);
    entry.key = std::string(key);
    entry.type = static_cast<ValueType>(type);
    entry.complete = complete != 0;
    if (!catalogue.entries.empty()) {
      const CatalogueEntry& before = catalogue.entries.back();
      if (std::tie(before.level, before.key, before.type) >=
          std::tie(entry.level, entry.key, entry.type)) {
        return Corrupt(fmt::format("catalogue entry {} is out of order", i));
      }
    }
    ASSIGN_OR_RETURN(const std::uint64_t values, in.ReadVarint());
    for (std::uint64_t v = 0; v < values; ++v) {
      CatalogueValue value;
      ASSIGN_OR_RETURN(value.value, DecodeValue(in));
      ASSIGN_OR_RETURN(value.count, in.ReadVarint());
      if (TypeOf(value.value) != entry.type) {
        return Corrupt(fmt::format("catalogue entry {} lists a value of another type", i));
      }
      entry.values.push_back(std::move(value));
    }
    catalogue.entries.push_back(std::move(entry));
  }
  return catalogue;
}

}  // namespace vivace::block

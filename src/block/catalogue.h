#pragma once
// Which attribute keys and values occur, and how often: for tag names, tag values and
// autocompletion without a scan.

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "block/attribute_table.h"
#include "block/row_group.h"
#include "model/attribute.h"

namespace vivace::block {

/// Where a catalogued value stands: a level of attributes, or an own field of spans, events or
/// scopes. Numbers as stored; the first five are AttributeLevel's.
enum class CatalogueLevel : std::uint8_t {
  kSpan = 0,
  kResource = 1,
  kScope = 2,
  kEvent = 3,
  kLink = 4,
  /// Keys "name", "kind", "status", "statusMessage", "event:name", "instrumentation:name",
  /// "instrumentation:version". Kind and status are ints; empty status messages do not count.
  kIntrinsic = 5,
};

struct CatalogueValue {
  AttributeValue value;  ///< Text, bool, int or double.
  std::uint64_t count = 0;
  bool operator==(const CatalogueValue&) const = default;
};

/// One key of one level and type.
struct CatalogueEntry {
  CatalogueLevel level = CatalogueLevel::kSpan;
  std::string key;
  ValueType type = ValueType::kString;
  /// Attributes counted: per span, event or link; of a resource or scope once per span of it.
  std::uint64_t count = 0;
  /// True when `values` has every distinct value. Arrays, maps, bytes and empty values are
  /// never listed: such an entry has no values and is complete.
  bool complete = true;
  std::vector<CatalogueValue> values;  ///< Most frequent first, then by value.
  bool operator==(const CatalogueEntry&) const = default;
};

/// All keys of a block or row group, sorted by level, key, type.
struct Catalogue {
  std::vector<CatalogueEntry> entries;
  bool complete = true;  ///< False when keys were left out, because there were too many.
  /// The first entry of `level` and `key` of any type; null if there is none.
  const CatalogueEntry* Find(CatalogueLevel level, std::string_view key) const;
  bool operator==(const Catalogue&) const = default;
};

/// Adds up row groups, or the catalogues of blocks. Memory is bounded by the limits.
class CatalogueBuilder {
 public:
  struct Limits {
    /// Values kept per entry when finished. 256 serve a drop-down list; more need a scan.
    std::size_t values_max = 256;
    /// Bytes of one text that is listed; longer ones are counted and left out (the entry is
    /// then not complete).
    std::size_t value_bytes_max = 1024;
    /// Values tracked per entry while adding; beyond it new values are not taken in.
    std::size_t values_tracked_max = 4096;
    /// Entries; beyond it new keys are left out. An adversary's random keys end here.
    std::size_t entries_max = 65'536;
  };
  CatalogueBuilder() : CatalogueBuilder(Limits{}) {}
  explicit CatalogueBuilder(Limits limits) : limits_(limits) {}

  void Add(const RowGroup& rows);
  void Add(const Catalogue& catalogue);
  /// Adds only what `level` and `key` hold; cheaper when one key is asked for.
  void AddKey(const RowGroup& rows, CatalogueLevel level, std::string_view key);
  Catalogue Finish() const;

 private:
  struct Tracked {
    std::uint64_t count = 0;
    bool complete = true;
    std::map<std::string, std::uint64_t, std::less<>> values;  // encoded value -> count
  };
  using Key = std::tuple<CatalogueLevel, std::string, ValueType>;
  class LevelAdder;
  Tracked* Track(CatalogueLevel level, std::string_view key, ValueType type);
  void Count(Tracked& tracked, std::string_view encoded, std::uint64_t count);
  void AddIntrinsics(const RowGroup& rows, std::string_view only_key);
  void AddTexts(std::string_view key, const columnar::StringColumn& column,
                const std::vector<std::uint64_t>* weights);
  void AddNumbers(std::string_view key, const EnumColumn& column);

  const Limits limits_;
  bool complete_ = true;
  std::map<Key, Tracked> entries_;
};

/// The catalogue of one row group, for live data.
Catalogue CatalogueOf(const RowGroup& rows);

void EncodeCatalogue(const Catalogue& catalogue, ByteWriter& out);
Result<Catalogue> DecodeCatalogue(ByteReader& in);

}  // namespace vivace::block

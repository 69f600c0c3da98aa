#include "columnar/string_table.h"

#include <limits>

#include <xxhash.h>

#include "base/check.h"

namespace vivace::columnar {
namespace {

// Slots of a new hash table: most columns of a small batch have few distinct values.
constexpr std::size_t kSlotsMin = 16;

std::uint32_t Hash(std::string_view text) {
  return static_cast<std::uint32_t>(XXH3_64bits(text.data(), text.size()));
}

}  // namespace

std::uint32_t StringTable::Append(std::string_view text) {
  CHECK(text.size() <= std::numeric_limits<std::uint32_t>::max() - bytes_.size());
  bytes_.append(text);
  offsets_.push_back(static_cast<std::uint32_t>(bytes_.size()));
  return size() - 1;
}

void StringTable::Reserve(std::size_t texts, std::size_t bytes) {
  offsets_.reserve(texts + 1);
  bytes_.reserve(bytes);
}

void StringTable::ShrinkToFit() {
  offsets_.shrink_to_fit();
  bytes_.shrink_to_fit();
}

std::uint32_t StringTableBuilder::Add(std::string_view text) {
  if (last_ < table_.size() && table_[last_] == text) return last_;
  if (slots_.size() < 2 * (static_cast<std::size_t>(table_.size()) + 1)) Grow();
  const std::uint32_t hash = Hash(text);
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    Slot& slot = slots_[i];
    if (slot.code_plus_one == 0) {
      last_ = table_.Append(text);
      slot = {hash, last_ + 1};
      return last_;
    }
    if (slot.hash == hash && table_[slot.code_plus_one - 1] == text) {
      return last_ = slot.code_plus_one - 1;
    }
  }
}

void StringTableBuilder::Grow() {
  std::vector<Slot> old(slots_.empty() ? kSlotsMin : 2 * slots_.size());
  old.swap(slots_);
  const std::size_t mask = slots_.size() - 1;
  for (const Slot& slot : old) {
    if (slot.code_plus_one == 0) continue;
    std::size_t i = slot.hash & mask;
    while (slots_[i].code_plus_one != 0) i = (i + 1) & mask;
    slots_[i] = slot;
  }
}

}  // namespace vivace::columnar

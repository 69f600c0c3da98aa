#pragma once
// Numbered texts: the dictionary of a column, and the hash table that builds one.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "columnar/code_vector.h"

namespace vivace::columnar {

/// Texts numbered from 0, in one piece of memory. Any bytes may be in a text.
class StringTable {
 public:
  std::uint32_t size() const { return static_cast<std::uint32_t>(offsets_.size() - 1); }
  bool empty() const { return size() == 0; }
  std::string_view operator[](std::uint32_t code) const {
    return std::string_view(bytes_).substr(offsets_[code], offsets_[code + 1] - offsets_[code]);
  }
  /// Adds a text and returns its number. All texts together stay below 4 GiB (checked).
  std::uint32_t Append(std::string_view text);
  void Reserve(std::size_t texts, std::size_t bytes);
  void ShrinkToFit();

  std::size_t text_bytes() const { return bytes_.size(); }
  std::size_t memory_bytes() const {
    return offsets_.capacity() * sizeof(std::uint32_t) + bytes_.capacity();
  }
  bool operator==(const StringTable&) const = default;

 private:
  std::vector<std::uint32_t> offsets_ = {0};
  std::string bytes_;
};

/// Gives each distinct text a number, in order of first appearance. Not thread-safe.
class StringTableBuilder {
 public:
  /// Returns the number of `text`, a new one if it was not seen. A text equal to the one
  /// before costs a comparison and no hash.
  std::uint32_t Add(std::string_view text);

  const StringTable& table() const { return table_; }
  StringTable Take() { return std::move(table_); }
  std::size_t memory_bytes() const {
    return table_.memory_bytes() + slots_.capacity() * sizeof(Slot);
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t code_plus_one = 0;  // 0: free
  };
  void Grow();

  StringTable table_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
  std::uint32_t last_ = 0;
};

/// A column of texts: a dictionary, and a code for each row.
struct StringColumn {
  StringTable dictionary;
  CodeVector codes;

  std::size_t size() const { return codes.size(); }
  std::string_view operator[](std::size_t row) const { return dictionary[codes[row]]; }
  std::size_t memory_bytes() const { return dictionary.memory_bytes() + codes.memory_bytes(); }
  bool operator==(const StringColumn&) const = default;
};

}  // namespace vivace::columnar

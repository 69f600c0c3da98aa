#pragma once
// A set of rows, one bit each.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/check.h"

namespace vivace::columnar {

/// A fixed number of bits. Bits past size() in the last word are always zero.
class Bitmap {
 public:
  Bitmap() = default;
  explicit Bitmap(std::size_t size, bool value = false);

  std::size_t size() const { return size_; }
  bool Get(std::size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void Set(std::size_t i) { words_[i / 64] |= std::uint64_t{1} << (i % 64); }
  void Clear(std::size_t i) { words_[i / 64] &= ~(std::uint64_t{1} << (i % 64)); }
  /// Sets the bits in [begin, end).
  void SetRange(std::size_t begin, std::size_t end);

  /// In place, with a bitmap of the same size.
  void And(const Bitmap& other);
  void AndNot(const Bitmap& other);
  void Or(const Bitmap& other);
  void Invert();

  std::size_t Count() const;
  bool Any() const;
  bool All() const { return Count() == size_; }
  bool operator==(const Bitmap&) const = default;

  /// Calls `visit(row)` for each set bit, ascending.
  template <typename Visit>
  void ForEach(Visit&& visit) const {
    for (std::size_t w = 0; w < words_.size(); ++w) {
      for (std::uint64_t word = words_[w]; word != 0; word &= word - 1) {
        visit(w * 64 + static_cast<std::size_t>(std::countr_zero(word)));
      }
    }
  }

  /// The words, bit i in word i / 64; for loops that make 64 bits at a time.
  std::vector<std::uint64_t>& words() { return words_; }
  const std::vector<std::uint64_t>& words() const { return words_; }
  /// Zeroes what a loop over whole words wrote past size().
  void TrimTail();

 private:
  std::size_t size_ = 0;
  std::vector<std::uint64_t> words_;
};

}  // namespace vivace::columnar

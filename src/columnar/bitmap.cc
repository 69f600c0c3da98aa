#include "columnar/bitmap.h"

#include <algorithm>

namespace vivace::columnar {

Bitmap::Bitmap(std::size_t size, bool value)
    : size_(size), words_((size + 63) / 64, value ? ~std::uint64_t{0} : 0) {
  TrimTail();
}

void Bitmap::TrimTail() {
  if (size_ % 64 != 0) words_.back() &= (std::uint64_t{1} << (size_ % 64)) - 1;
}

void Bitmap::SetRange(std::size_t begin, std::size_t end) {
  CHECK(begin <= end);
  CHECK(end <= size_);
  while (begin < end && begin % 64 != 0) Set(begin++);
  for (; end - begin >= 64; begin += 64) words_[begin / 64] = ~std::uint64_t{0};
  while (begin < end) Set(begin++);
}

void Bitmap::And(const Bitmap& other) {
  CHECK(size_ == other.size_);
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= other.words_[i];
}

void Bitmap::AndNot(const Bitmap& other) {
  CHECK(size_ == other.size_);
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
}

void Bitmap::Or(const Bitmap& other) {
  CHECK(size_ == other.size_);
  for (std::size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
}

void Bitmap::Invert() {
  for (std::uint64_t& word : words_) word = ~word;
  if (size_ > 0) TrimTail();
}

std::size_t Bitmap::Count() const {
  std::size_t count = 0;
  for (const std::uint64_t word : words_) count += static_cast<std::size_t>(std::popcount(word));
  return count;
}

bool Bitmap::Any() const {
  return std::any_of(words_.begin(), words_.end(), [](std::uint64_t word) { return word != 0; });
}

}  // namespace vivace::columnar

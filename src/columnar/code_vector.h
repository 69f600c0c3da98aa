#pragma once
// Small unsigned numbers (dictionary codes, row numbers of small tables), each in one, two or
// four bytes: whole bytes, so that a filter runs over them at memory speed.

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"

namespace vivace::columnar {

/// A vector of 32-bit numbers in the fewest whole bytes that hold the largest. It starts at
/// one byte each and widens itself when a larger number comes. Not thread-safe while it grows.
class CodeVector {
 public:
  void PushBack(std::uint32_t code);
  void Reserve(std::size_t count);
  void ShrinkToFit();

  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  /// Bytes of one code: 1, 2 or 4.
  std::size_t width() const { return width_; }

  std::uint32_t operator[](std::size_t i) const {
    switch (width_) {
      case 1:
        return bytes1_[i];
      case 2:
        return bytes2_[i];
      default:
        return bytes4_[i];
    }
  }

  /// Calls `visit` with a span of the codes in their own width.
  template <typename Visit>
  auto VisitCodes(Visit&& visit) const {
    switch (width_) {
      case 1:
        return visit(std::span<const std::uint8_t>(bytes1_));
      case 2:
        return visit(std::span<const std::uint16_t>(bytes2_));
      default:
        return visit(std::span<const std::uint32_t>(bytes4_));
    }
  }

  /// The largest code, 0 if there is none.
  std::uint32_t Max() const;
  std::size_t memory_bytes() const {
    return bytes1_.capacity() + 2 * bytes2_.capacity() + 4 * bytes4_.capacity();
  }
  /// Equal codes in equal order; the width does not matter.
  bool operator==(const CodeVector& other) const;

 private:
  void Widen(std::size_t width);

  std::size_t size_ = 0;
  std::size_t width_ = 1;
  // Exactly one of these is in use, as width_ says.
  std::vector<std::uint8_t> bytes1_;
  std::vector<std::uint16_t> bytes2_;
  std::vector<std::uint32_t> bytes4_;
};

}  // namespace vivace::columnar

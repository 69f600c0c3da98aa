#include "columnar/code_vector.h"

#include <algorithm>

namespace vivace::columnar {

void CodeVector::PushBack(std::uint32_t code) {
  if (code > 0xff && width_ < 4 && (width_ == 1 || code > 0xffff)) Widen(code > 0xffff ? 4 : 2);
  switch (width_) {
    case 1:
      bytes1_.push_back(static_cast<std::uint8_t>(code));
      break;
    case 2:
      bytes2_.push_back(static_cast<std::uint16_t>(code));
      break;
    default:
      bytes4_.push_back(code);
      break;
  }
  ++size_;
}

void CodeVector::Reserve(std::size_t count) {
  switch (width_) {
    case 1:
      bytes1_.reserve(count);
      break;
    case 2:
      bytes2_.reserve(count);
      break;
    default:
      bytes4_.reserve(count);
      break;
  }
}

void CodeVector::ShrinkToFit() {
  bytes1_.shrink_to_fit();
  bytes2_.shrink_to_fit();
  bytes4_.shrink_to_fit();
}

void CodeVector::Widen(std::size_t width) {
  if (width == 2) {
    bytes2_.reserve(std::max(bytes1_.capacity(), size_ + 1));
    bytes2_.assign(bytes1_.begin(), bytes1_.end());
  } else if (width_ == 1) {
    bytes4_.reserve(std::max(bytes1_.capacity(), size_ + 1));
    bytes4_.assign(bytes1_.begin(), bytes1_.end());
  } else {
    bytes4_.reserve(std::max(bytes2_.capacity(), size_ + 1));
    bytes4_.assign(bytes2_.begin(), bytes2_.end());
  }
  if (width_ == 1) bytes1_ = {};
  if (width_ == 2) bytes2_ = {};
  width_ = width;
}

std::uint32_t CodeVector::Max() const {
  return VisitCodes([](auto codes) -> std::uint32_t {
    return codes.empty() ? 0 : *std::max_element(codes.begin(), codes.end());
  });
}

bool CodeVector::operator==(const CodeVector& other) const {
  if (size_ != other.size_) return false;
  return VisitCodes([&other](auto mine) {
    return other.VisitCodes(
        [mine](auto theirs) { return std::equal(mine.begin(), mine.end(), theirs.begin()); });
  });
}

}  // namespace vivace::columnar

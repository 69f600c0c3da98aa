#include "base/byte_accountant.h"

#include <fmt/core.h>

namespace vivace {

ByteReservation& ByteReservation::operator=(ByteReservation&& other) noexcept {
  if (this == &other) return *this;
  Release();
  accountant_ = std::exchange(other.accountant_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

Status ByteReservation::Grow(std::uint64_t bytes) {
  CHECK(accountant_ != nullptr);
  ASSIGN_OR_RETURN(ByteReservation more, accountant_->Reserve(bytes));
  bytes_ += std::exchange(more.bytes_, 0);
  return {};
}

void ByteReservation::Release() {
  if (accountant_ != nullptr) accountant_->Give(bytes_);
  accountant_ = nullptr;
  bytes_ = 0;
}

Result<ByteReservation> ByteAccountant::Reserve(std::uint64_t bytes) {
  if (TryTake(bytes)) return ByteReservation(this, bytes);
  return Error(ErrorCode::kUnavailable,
               fmt::format("{} bytes do not fit: {} of at most {} bytes are in use", bytes, used(),
                           bytes_max_));
}

ByteReservation ByteAccountant::ForceReserve(std::uint64_t bytes) {
  used_.fetch_add(bytes, std::memory_order_relaxed);
  return ByteReservation(this, bytes);
}

bool ByteAccountant::TryTake(std::uint64_t bytes) {
  std::uint64_t used = used_.load(std::memory_order_relaxed);
  do {
    // Forced reservations may have passed the bound: compare without wrapping around.
    if (used > bytes_max_ || bytes > bytes_max_ - used) return false;
  } while (!used_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

}  // namespace vivace

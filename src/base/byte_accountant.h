#pragma once
// One place that knows how many bytes requests, queues, live data and queries hold, and
// refuses more than the bound (promise P7).

#include <atomic>
#include <cstdint>
#include <utility>

#include "base/result.h"

namespace vivace {

class ByteAccountant;

/// Bytes taken from an accountant; given back on destruction. Movable.
class ByteReservation {
 public:
  ByteReservation() = default;
  ByteReservation(ByteReservation&& other) noexcept
      : accountant_(std::exchange(other.accountant_, nullptr)),
        bytes_(std::exchange(other.bytes_, 0)) {}
  ByteReservation& operator=(ByteReservation&& other) noexcept;
  ~ByteReservation() { Release(); }

  /// Takes `bytes` more; the reservation is unchanged on failure.
  Status Grow(std::uint64_t bytes);
  /// Gives all bytes back now.
  void Release();
  std::uint64_t bytes() const { return bytes_; }

 private:
  friend class ByteAccountant;
  ByteReservation(ByteAccountant* accountant, std::uint64_t bytes)
      : accountant_(accountant), bytes_(bytes) {}

  ByteAccountant* accountant_ = nullptr;
  std::uint64_t bytes_ = 0;
};

/// Counts held bytes against a bound. Thread-safe, lock-free; outlives its reservations.
class ByteAccountant {
 public:
  explicit ByteAccountant(std::uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// kUnavailable, with the figures, when `bytes` more would pass the bound.
  Result<ByteReservation> Reserve(std::uint64_t bytes);
  /// Reserves without asking: for data that is already acknowledged, such as replayed log.
  ByteReservation ForceReserve(std::uint64_t bytes);

  std::uint64_t used() const { return used_.load(std::memory_order_relaxed); }
  std::uint64_t bytes_max() const { return bytes_max_; }

 private:
  friend class ByteReservation;
  bool TryTake(std::uint64_t bytes);
  void Give(std::uint64_t bytes) { used_.fetch_sub(bytes, std::memory_order_relaxed); }

  const std::uint64_t bytes_max_;
  std::atomic<std::uint64_t> used_{0};
};

}  // namespace vivace

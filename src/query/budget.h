#pragma once
// What one query may use up: time, memory, and its client's patience.

#include <atomic>
#include <cstdint>
#include <functional>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "base/result.h"

namespace vivace::query {

/// The limits of one query and what it has used. Belongs to one query and one thread; only
/// Cancel may be called from others.
class Budget {
 public:
  struct Limits {
    Nanoseconds time_max{30'000'000'000};    ///< Tempo's query_timeout for searches.
    std::uint64_t bytes_max = 256ULL << 20;  ///< Memory of one query, all results included.
  };
  /// `cancelled` may be empty; it is asked often and must be quick. `accountant` may be null.
  /// What is referred to outlives the budget.
  Budget(const Clock& clock, Limits limits, std::function<bool()> cancelled,
         ByteAccountant* accountant);

  /// kDeadlineExceeded or kCancelled when the query must end. Asks the clock each time.
  Status Check();
  /// As Check, but most calls only count; for inner loops.
  Status CheckSometimes() { return ++calls_ % kCallsPerCheck == 0 ? Check() : OkStatus(); }

  /// Takes memory; kResourceExhausted when the query's limit is passed, kUnavailable when the
  /// process's is.
  Status TakeBytes(std::uint64_t bytes);
  /// Gives back what was taken after `mark`, a former value of bytes().
  void ReturnTo(std::uint64_t mark);
  std::uint64_t bytes() const { return bytes_; }

  /// Ends the query at its next check. Thread-safe.
  void Cancel() { cancel_.store(true, std::memory_order_relaxed); }

 private:
  static constexpr std::uint32_t kCallsPerCheck = 256;

  const Clock& clock_;
  const Limits limits_;
  const Nanoseconds deadline_;
  const std::function<bool()> cancelled_;
  ByteAccountant* const accountant_;
  ByteReservation reservation_;
  std::uint64_t bytes_ = 0;
  std::uint32_t calls_ = 0;
  std::atomic<bool> cancel_{false};
};

}  // namespace vivace::query

#pragma once
// Time, injected: the real clock, and one that tests move by hand.

#include <atomic>
#include <chrono>
#include <cstdint>

namespace vivace {

using Nanoseconds = std::chrono::nanoseconds;

/// The time of day and a steady time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Nanoseconds since the Unix epoch; may jump when the machine's clock is set.
  virtual std::int64_t UnixNanos() const = 0;
  /// Never goes back; only differences mean something.
  virtual Nanoseconds Steady() const = 0;
};

/// The machine's clocks. One instance for the process.
Clock& RealClock();

/// Stands still until moved. Thread-safe.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(std::int64_t unix_ns = 1'700'000'000'000'000'000) : unix_ns_(unix_ns) {}
  std::int64_t UnixNanos() const override { return unix_ns_.load(); }
  Nanoseconds Steady() const override { return Nanoseconds(steady_ns_.load()); }

  void Advance(Nanoseconds by) {
    unix_ns_ += by.count();
    steady_ns_ += by.count();
  }
  /// Sets the time of day alone, as an administrator or NTP may.
  void JumpTo(std::int64_t unix_ns) { unix_ns_ = unix_ns; }

 private:
  std::atomic<std::int64_t> unix_ns_;
  std::atomic<std::int64_t> steady_ns_{0};
};

}  // namespace vivace

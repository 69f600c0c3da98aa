#pragma once
// Randomness, injected: the system's, and a seeded one that repeats exactly.

#include <cstdint>

namespace vivace {

/// A source of random 64-bit numbers. Thread-safe unless the class says otherwise.
class Random {
 public:
  virtual ~Random() = default;
  virtual std::uint64_t Next() = 0;

  /// A number in [0, bound); bound > 0. The bias is below 2^-32 for bounds under 2^32.
  std::uint64_t Below(std::uint64_t bound) { return Next() % bound; }
  /// True with probability `numerator` / `denominator`.
  bool Chance(std::uint64_t numerator, std::uint64_t denominator) {
    return Below(denominator) < numerator;
  }
};

/// The operating system's generator. One instance for the process.
Random& SystemRandom();

/// SplitMix64 (Steele, Lea, Flood 2014). Not thread-safe. The same seed, the same numbers.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() override {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }

 private:
  std::uint64_t state_;
};

}  // namespace vivace

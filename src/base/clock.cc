#include "base/clock.h"

namespace vivace {
namespace {

class SystemClock final : public Clock {
 public:
  std::int64_t UnixNanos() const override {
    return std::chrono::duration_cast<Nanoseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  }
  Nanoseconds Steady() const override {
    return std::chrono::duration_cast<Nanoseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
  }
};

}  // namespace

Clock& RealClock() {
  static SystemClock clock;
  return clock;
}

}  // namespace vivace

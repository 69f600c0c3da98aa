#include "base/random.h"

#include <cerrno>

#include <sys/random.h>

#include "base/check.h"

namespace vivace {
namespace {

class OperatingSystemRandom final : public Random {
 public:
  std::uint64_t Next() override {
    std::uint64_t value = 0;
    ssize_t got = 0;
    do {
      got = getrandom(&value, sizeof value, 0);
    } while (got < 0 && errno == EINTR);
    // Up to 256 bytes come whole or not at all once the generator is seeded.
    CHECK(got == static_cast<ssize_t>(sizeof value));
    return value;
  }
};

}  // namespace

Random& SystemRandom() {
  static OperatingSystemRandom random;
  return random;
}

}  // namespace vivace

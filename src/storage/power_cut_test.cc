// Power cuts at random moments of a store's life, recovery included: no acknowledged span is
// missing, none is altered, none is invented, none is there twice. A program of its own:
//   vivace_storage_power_cut_test [--iterations N] [--seed S]
// Each iteration is one power cut. A failure prints the command that repeats it.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/log.h"
#include "storage/testing/store_world.h"

namespace vivace::storage::testing {
namespace {

// Power cuts on one disk before a new one is begun: enough for several generations of everything,
// few enough that looking at all spans stays quick.
constexpr int kCutsPerDisk = 10;

struct Totals {
  std::uint64_t cuts = 0;
  std::uint64_t cuts_in_recovery = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t spans = 0;
  std::uint64_t store_cuts = 0;
};

// Opens until it succeeds; the power may go again meanwhile.
Status Recover(StoreWorld& world, Totals& totals) {
  while (true) {
    const bool interrupted = world.random().Chance(1, 3);
    if (interrupted) {
      world.disk().CutPowerAt(world.disk().operations() + 1 + world.random().Below(40));
    }
    Status opened = world.Open();
    if (opened.ok() && !interrupted) return {};
    if (!opened.ok() && !interrupted) return std::move(opened).Wrap("open");
    if (opened.ok()) {
      // It came through before the cut; a little more work, then it goes.
      for (std::uint64_t i = world.random().Below(4); i > 0; --i) world.RandomStep();
    }
    world.PowerCut();
    ++totals.cuts;
    ++totals.cuts_in_recovery;
  }
}

Status RunDisk(std::uint64_t seed, Totals& totals) {
  StoreWorld world(seed);
  for (int cut = 0; cut < kCutsPerDisk; ++cut) {
    RETURN_IF_ERROR(Recover(world, totals));
    RETURN_IF_ERROR(world.Verify());
    const std::uint64_t steps = world.random().Below(60);
    // Most cuts fall into the middle of an operation, some between two.
    if (world.random().Chance(3, 4)) {
      world.disk().CutPowerAt(world.disk().operations() + 1 + world.random().Below(100));
    }
    for (std::uint64_t i = 0; i < steps; ++i) world.RandomStep();
    world.PowerCut();
    ++totals.cuts;
  }
  RETURN_IF_ERROR(Recover(world, totals));
  RETURN_IF_ERROR(world.Verify());
  totals.acknowledged += world.acknowledged();
  totals.spans += world.spans_sent();
  world.PowerCut();
  totals.store_cuts += world.cuts();
  return {};
}

int Run(std::uint64_t iterations, std::uint64_t seed, const char* program) {
  SetLogSink([](std::string_view) {});
  Totals totals;
  for (; totals.cuts < iterations; ++seed) {
    if (const Status status = RunDisk(seed, totals); !status.ok()) {
      std::printf("seed %llu: %s\nrepeat: %s --iterations 1 --seed %llu\n",
                  static_cast<unsigned long long>(seed), status.error().ToString().c_str(), program,
                  static_cast<unsigned long long>(seed));
      return 1;
    }
  }
  const auto print = [](const char* format, auto... values) {
    std::printf(format, static_cast<unsigned long long>(values)...);
  };
  // A harness in which nothing is ever acknowledged or cut would prove nothing.
  if (totals.acknowledged < totals.cuts || totals.store_cuts < totals.cuts / 8) {
    print("only %llu requests acknowledged and %llu cuts into blocks in %llu power cuts\n",
          totals.acknowledged, totals.store_cuts, totals.cuts);
    return 1;
  }
  print(
      "%llu power cuts, %llu of them in recovery; %llu requests acknowledged, %llu spans sent, "
      "%llu cuts into blocks; nothing lost, altered, invented or doubled\n",
      totals.cuts, totals.cuts_in_recovery, totals.acknowledged, totals.spans, totals.store_cuts);
  return 0;
}

}  // namespace
}  // namespace vivace::storage::testing

int main(int argc, char** argv) {
  std::uint64_t iterations = 5'000;
  std::uint64_t seed = 1;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view option = argv[i];
    const std::uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (option == "--iterations") {
      iterations = value;
    } else if (option == "--seed") {
      seed = value;
    } else {
      std::fprintf(stderr, "usage: %s [--iterations N] [--seed S]\n", argv[0]);
      return 2;
    }
  }
  return vivace::storage::testing::Run(iterations, seed, argv[0]);
}

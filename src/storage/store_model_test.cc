// The store against a plain map, and against a disk that fails at every single operation.
#include <string>

#include <gtest/gtest.h>

#include "base/log.h"
#include "storage/testing/store_world.h"

namespace vivace::storage {
namespace {

using testing::StoreWorld;

class StoreModelTest : public ::testing::Test {
 protected:
  // Thousands of failures are planned; their lines would hide the one that counts.
  void SetUp() override {
    SetLogSink([](std::string_view) {});
  }
  void TearDown() override { SetLogSink({}); }
};

TEST_F(StoreModelTest, AgreesWithAMapUnderRandomOperations) {
  for (std::uint64_t seed = 1; seed <= 15; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    StoreWorld world(seed);
    ASSERT_TRUE(world.Open().ok());
    for (int step = 0; step < 200; ++step) {
      if (world.random().Chance(1, 40)) {
        ASSERT_TRUE(world.Stop().ok());
        const Status opened = world.Open();
        ASSERT_TRUE(opened.ok()) << opened.error().ToString();
      } else {
        world.RandomStep();
      }
      if (world.random().Chance(1, 10)) {
        const Status verified = world.Verify();
        ASSERT_TRUE(verified.ok()) << "step " << step << ": " << verified.error().ToString();
      }
    }
    world.Commit();
    ASSERT_TRUE(world.store().Flush().ok());
    const Status verified = world.Verify();
    ASSERT_TRUE(verified.ok()) << verified.error().ToString();
    EXPECT_EQ(world.refused(), 0U);
    EXPECT_GT(world.acknowledged(), 20U);
    EXPECT_EQ(world.store().status().live_spans, 0U);
    EXPECT_EQ(world.store().status().block_spans, world.spans_sent());
    EXPECT_EQ(world.store().status().log_segments, 1U);
  }
}

// What a life does in the sweep, on a store that may be failing all the time.
void ShortLife(StoreWorld& world) {
  if (!world.running() && !world.Open().ok()) return;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 3; ++i) world.Send();
    world.Commit();
    IgnoreError(world.store().Flush(), "it may be the one that fails");
    world.Send();
    world.Commit();
    world.clock().Advance(std::chrono::seconds(400));
    world.store().Tick();
    world.background().RunAll();
  }
}

struct FailureCase {
  ErrorCode code;
  bool for_ever;
};

class StoreFailureSweepTest : public StoreModelTest,
                              public ::testing::WithParamInterface<FailureCase> {};

TEST_P(StoreFailureSweepTest, NoFailingOperationLosesWhatWasAcknowledged) {
  const FailureCase& failure = GetParam();
  std::uint64_t operations = 1;
  for (std::uint64_t nth = 1; nth <= operations; ++nth) {
    SCOPED_TRACE("operation " + std::to_string(nth));
    StoreWorld world(nth % 7 + 1);
    // Two lives, so that recovery is failed, too.
    world.disk().FailAt(world.disk().operations() + nth, failure.code, failure.for_ever);
    ShortLife(world);
    IgnoreError(world.Stop(), "it may be the one that fails");
    ShortLife(world);
    operations = std::max(operations, world.disk().operations());

    if (world.running()) {
      const Status before = world.failure();
      ASSERT_TRUE(before.ok()) << before.error().ToString();
      if (!failure.for_ever) {
        // A single failure is got over without a restart: everything shows, and goes to blocks.
        // Only a block that could not be read at start stays away, and answers say so.
        const std::vector<StoreStatus::Problem> problems = world.store().status().problems;
        const bool partial = !problems.empty() && problems[0].what.starts_with("block");
        // The second time, when the planned failure met the first.
        Status verified = world.Verify();
        if (!verified.ok()) verified = world.Verify();
        ASSERT_TRUE(verified.ok() || partial) << verified.error().ToString();
        if (world.store().status().accepting) {
          const Status flushed = world.store().Flush();
          ASSERT_TRUE(flushed.ok()) << flushed.error().ToString();
          EXPECT_EQ(world.store().status().live_spans, 0U);
        }
      }
    }
    world.PowerCut();
    const Status opened = world.Open();
    ASSERT_TRUE(opened.ok()) << opened.error().ToString();
    const Status verified = world.Verify();
    ASSERT_TRUE(verified.ok()) << verified.error().ToString();

    // And it goes on as if nothing had been.
    const std::uint64_t acknowledged = world.acknowledged();
    ShortLife(world);
    EXPECT_EQ(world.acknowledged(), acknowledged + 8);
    EXPECT_TRUE(world.store().status().problems.empty())
        << world.store().status().problems.front().what << ": "
        << world.store().status().problems.front().reason;
    const Status again = world.Verify();
    ASSERT_TRUE(again.ok()) << again.error().ToString();
  }
  EXPECT_GT(operations, 100U);
}

INSTANTIATE_TEST_SUITE_P(Failures, StoreFailureSweepTest,
                         ::testing::Values(FailureCase{ErrorCode::kIo, false},
                                           FailureCase{ErrorCode::kIo, true},
                                           FailureCase{ErrorCode::kUnavailable, false},
                                           FailureCase{ErrorCode::kUnavailable, true}),
                         [](const ::testing::TestParamInfo<FailureCase>& test) {
                           return std::string(test.param.code == ErrorCode::kIo ? "Io" : "Full") +
                                  (test.param.for_ever ? "ForEver" : "Once");
                         });

}  // namespace
}  // namespace vivace::storage

#include "base/byte_accountant.h"

#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace {
namespace {

TEST(ByteAccountantTest, RefusesWhatPassesTheBoundAndNamesTheFigures) {
  ByteAccountant accountant(100);
  const Result<ByteReservation> first = accountant.Reserve(60);
  ASSERT_TRUE(first.ok());
  const Result<ByteReservation> second = accountant.Reserve(41);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(second.error().message(), "41 bytes do not fit: 60 of at most 100 bytes are in use");
  EXPECT_TRUE(accountant.Reserve(40).ok());
  EXPECT_EQ(accountant.used(), 60U);
}

TEST(ByteAccountantTest, GivesBackOnDestructionAndOnRelease) {
  ByteAccountant accountant(100);
  {
    Result<ByteReservation> held = accountant.Reserve(100);
    EXPECT_EQ(accountant.used(), 100U);
    held->Release();
    EXPECT_EQ(accountant.used(), 0U);
    held = accountant.Reserve(50);
  }
  EXPECT_EQ(accountant.used(), 0U);
}

TEST(ByteAccountantTest, MovingKeepsTheBytesOnce) {
  ByteAccountant accountant(100);
  ByteReservation first = *accountant.Reserve(30);
  ByteReservation second = *accountant.Reserve(20);
  second = std::move(first);
  EXPECT_EQ(accountant.used(), 30U);
  ByteReservation third(std::move(second));
  EXPECT_EQ(third.bytes(), 30U);
  EXPECT_EQ(accountant.used(), 30U);
}

TEST(ByteAccountantTest, GrowTakesMoreOrChangesNothing) {
  ByteAccountant accountant(100);
  ByteReservation held = *accountant.Reserve(60);
  EXPECT_TRUE(held.Grow(40).ok());
  EXPECT_FALSE(held.Grow(1).ok());
  EXPECT_EQ(held.bytes(), 100U);
  EXPECT_EQ(accountant.used(), 100U);
}

TEST(ByteAccountantTest, ForcedReservationsMayPassTheBoundAndThenNothingElseFits) {
  ByteAccountant accountant(100);
  {
    const ByteReservation forced = accountant.ForceReserve(150);
    EXPECT_EQ(accountant.used(), 150U);
    EXPECT_FALSE(accountant.Reserve(1).ok());
    EXPECT_FALSE(accountant.Reserve(UINT64_MAX - 50).ok());
  }
  EXPECT_TRUE(accountant.Reserve(100).ok());
}

TEST(ByteAccountantTest, NeverPassesTheBoundFromManyThreads) {
  ByteAccountant accountant(10);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        const Result<ByteReservation> held = accountant.Reserve(4);
        EXPECT_LE(accountant.used(), 10U);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(accountant.used(), 0U);
}

}  // namespace
}  // namespace vivace

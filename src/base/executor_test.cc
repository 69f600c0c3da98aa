#include "base/executor.h"

#include <atomic>
#include <future>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace {
namespace {

using ::testing::ElementsAre;

TEST(ExecutorTest, ThreadPoolRunsEveryTaskBeforeItIsGone) {
  std::atomic<int> ran{0};
  {
    ThreadPool pool({.name = "test", .threads = 3});
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(pool.Post([&] { ++ran; }).ok());
    }
  }
  EXPECT_EQ(ran, 500);
}

TEST(ExecutorTest, ThreadPoolRefusesMoreThanItsQueueHolds) {
  std::promise<void> started;
  std::promise<void> release;
  ThreadPool pool({.name = "small", .threads = 1, .queue_tasks_max = 2});
  ASSERT_TRUE(pool.Post([&] {
                    started.set_value();
                    release.get_future().wait();
                  })
                  .ok());
  started.get_future().wait();
  EXPECT_TRUE(pool.Post([] {}).ok());
  EXPECT_TRUE(pool.Post([] {}).ok());
  const Status refused = pool.Post([] {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_EQ(refused.error().message(), "executor small has its most of 2 tasks waiting");
  release.set_value();
}

TEST(ExecutorTest, ThreadPoolTakesNothingAfterStop) {
  ThreadPool pool({.name = "test", .threads = 2});
  pool.Stop();
  pool.Stop();
  const Status refused = pool.Post([] {});
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code(), ErrorCode::kUnavailable);
}

TEST(ExecutorTest, ThreadPoolTasksMayPostTasks) {
  std::promise<int> done;
  ThreadPool pool({.name = "test", .threads = 1});
  ASSERT_TRUE(pool.Post([&] { EXPECT_TRUE(pool.Post([&] { done.set_value(7); }).ok()); }).ok());
  EXPECT_EQ(done.get_future().get(), 7);
}

TEST(ExecutorTest, ManualExecutorRunsInOrderWhenTold) {
  ManualExecutor executor;
  std::vector<int> order;
  ASSERT_TRUE(executor
                  .Post([&] {
                    order.push_back(1);
                    EXPECT_TRUE(executor.Post([&] { order.push_back(3); }).ok());
                  })
                  .ok());
  ASSERT_TRUE(executor.Post([&] { order.push_back(2); }).ok());
  EXPECT_THAT(order, ElementsAre());
  EXPECT_TRUE(executor.RunOne());
  EXPECT_THAT(order, ElementsAre(1));
  EXPECT_EQ(executor.RunAll(), 2U);
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
  EXPECT_FALSE(executor.RunOne());
}

}  // namespace
}  // namespace vivace

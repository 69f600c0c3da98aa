#include "base/executor.h"

#include <utility>

#include <fmt/core.h>
#include <pthread.h>

namespace vivace {

ThreadPool::ThreadPool(Config config) : config_(std::move(config)) {
  CHECK(config_.threads > 0);
  CHECK(config_.queue_tasks_max > 0);
  threads_.reserve(config_.threads);
  for (std::size_t i = 0; i < config_.threads; ++i) threads_.emplace_back([this] { Run(); });
}

ThreadPool::~ThreadPool() { Stop(); }

Status ThreadPool::Post(Task task) {
  {
    MutexLock lock(mutex_);
    if (stopping_) {
      return Error(ErrorCode::kUnavailable,
                   fmt::format("executor {} is stopping and takes no more work", config_.name));
    }
    if (queue_.size() >= config_.queue_tasks_max) {
      return Error(ErrorCode::kResourceExhausted,
                   fmt::format("executor {} has its most of {} tasks waiting", config_.name,
                               config_.queue_tasks_max));
    }
    queue_.push_back(std::move(task));
  }
  work_.NotifyOne();
  return {};
}

void ThreadPool::Stop() {
  std::vector<std::thread> threads;
  {
    MutexLock lock(mutex_);
    stopping_ = true;
    threads.swap(threads_);
  }
  work_.NotifyAll();
  for (std::thread& thread : threads) thread.join();
}

void ThreadPool::Run() {
  // The kernel takes 15 characters and refuses longer names.
  pthread_setname_np(pthread_self(), config_.name.substr(0, 15).c_str());
  for (;;) {
    Task task;
    {
      MutexLock lock(mutex_);
      while (queue_.empty() && !stopping_) work_.Wait(mutex_);
      if (queue_.empty()) return;
      task = std::move(queue_.front());
      queue_.pop_front();
    }
    task();
  }
}

Status ManualExecutor::Post(Task task) {
  MutexLock lock(mutex_);
  queue_.push_back(std::move(task));
  return {};
}

bool ManualExecutor::RunOne() {
  Task task;
  {
    MutexLock lock(mutex_);
    if (queue_.empty()) return false;
    task = std::move(queue_.front());
    queue_.pop_front();
  }
  task();
  return true;
}

std::size_t ManualExecutor::RunAll() {
  std::size_t ran = 0;
  while (RunOne()) ++ran;
  return ran;
}

}  // namespace vivace

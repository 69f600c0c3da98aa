#pragma once
// Where work runs, injected: a pool of threads, or by hand in tests.

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "base/mutex.h"
#include "base/result.h"

namespace vivace {

/// Runs tasks. Thread-safe. Tasks do not throw.
class Executor {
 public:
  using Task = std::function<void()>;
  virtual ~Executor() = default;
  /// Queues `task`. kResourceExhausted when the queue is full, kUnavailable after Stop.
  virtual Status Post(Task task) = 0;
};

/// A fixed number of threads behind one bounded queue.
class ThreadPool final : public Executor {
 public:
  struct Config {
    std::string name;  ///< Thread name, up to 15 characters.
    std::size_t threads = 1;
    std::size_t queue_tasks_max = 1024;  ///< Waiting tasks; more are refused.
  };
  explicit ThreadPool(Config config);
  /// Runs what is queued, then joins.
  ~ThreadPool() override;

  Status Post(Task task) override EXCLUDES(mutex_);
  /// Takes no more tasks, runs what is queued, joins. Idempotent.
  void Stop() EXCLUDES(mutex_);

 private:
  void Run() EXCLUDES(mutex_);

  const Config config_;
  Mutex mutex_;
  ConditionVariable work_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_ GUARDED_BY(mutex_);
};

/// Keeps tasks until a test runs them, on the caller's thread, in order.
class ManualExecutor final : public Executor {
 public:
  Status Post(Task task) override EXCLUDES(mutex_);
  /// Runs the oldest task; false if there is none.
  bool RunOne() EXCLUDES(mutex_);
  /// Runs until nothing is queued; returns how many ran.
  std::size_t RunAll();

 private:
  Mutex mutex_;
  std::deque<Task> queue_ GUARDED_BY(mutex_);
};

}  // namespace vivace

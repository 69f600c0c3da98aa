#pragma once
// Tasks from any thread for one I/O thread.

#include <functional>
#include <utility>
#include <vector>

#include "base/mutex.h"

namespace vivace::net {

/// A queue that outlives the thread it feeds: late senders find it closed. Its length is bounded
/// by the calls in flight, which limits bound. Thread-safe.
class Mailbox {
 public:
  using Task = std::function<void()>;

  /// `wake` is called under the lock when the queue stops being empty; it only signals.
  explicit Mailbox(std::function<void()> wake) : wake_(std::move(wake)) {}

  /// False, and drops the task, once closed.
  bool Post(Task task) EXCLUDES(mutex_);
  /// Runs what is queued; on the I/O thread.
  void Run() EXCLUDES(mutex_);
  /// Drops what is queued and all that comes later.
  void Close() EXCLUDES(mutex_);

 private:
  Mutex mutex_;
  std::function<void()> wake_ GUARDED_BY(mutex_);
  std::vector<Task> queue_ GUARDED_BY(mutex_);
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace vivace::net

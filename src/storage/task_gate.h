#pragma once
// Lets an object that posts tasks to someone else's executor be destroyed safely.

#include <cstddef>

#include "base/mutex.h"

namespace vivace::storage {

/// Tasks hold the gate (shared), enter before they touch the object and leave after. Close
/// waits for those inside; later ones stay outside. Thread-safe.
class TaskGate {
 public:
  /// False once the gate is closed: the object may be gone.
  bool Enter() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (closed_) return false;
    ++inside_;
    return true;
  }
  void Leave() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    --inside_;
    left_.NotifyAll();
  }
  /// Idempotent. Not to be called from inside.
  void Close() EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    closed_ = true;
    while (inside_ > 0) left_.Wait(mutex_);
  }

 private:
  Mutex mutex_;
  ConditionVariable left_;
  std::size_t inside_ GUARDED_BY(mutex_) = 0;
  bool closed_ GUARDED_BY(mutex_) = false;
};

}  // namespace vivace::storage

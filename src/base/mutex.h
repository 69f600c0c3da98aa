#pragma once
// The standard mutex with annotations, so that clang checks who holds what.

#include <chrono>
#include <condition_variable>
#include <mutex>

#if defined(__clang__)
#define VIVACE_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define VIVACE_THREAD_ANNOTATION(x)
#endif

#define CAPABILITY(x) VIVACE_THREAD_ANNOTATION(capability(x))
#define SCOPED_CAPABILITY VIVACE_THREAD_ANNOTATION(scoped_lockable)
#define GUARDED_BY(x) VIVACE_THREAD_ANNOTATION(guarded_by(x))
#define PT_GUARDED_BY(x) VIVACE_THREAD_ANNOTATION(pt_guarded_by(x))
#define REQUIRES(...) VIVACE_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ACQUIRE(...) VIVACE_THREAD_ANNOTATION(acquire_capability(__VA_ARGS__))
#define RELEASE(...) VIVACE_THREAD_ANNOTATION(release_capability(__VA_ARGS__))
#define EXCLUDES(...) VIVACE_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))
#define NO_THREAD_SAFETY_ANALYSIS VIVACE_THREAD_ANNOTATION(no_thread_safety_analysis)

namespace vivace {

/// A std::mutex that clang knows as a capability.
class CAPABILITY("mutex") Mutex {
 public:
  void Lock() ACQUIRE() { mutex_.lock(); }
  void Unlock() RELEASE() { mutex_.unlock(); }

 private:
  friend class ConditionVariable;
  std::mutex mutex_;
};

/// Holds a Mutex for a scope.
class SCOPED_CAPABILITY MutexLock {
 public:
  explicit MutexLock(Mutex& mutex) ACQUIRE(mutex) : mutex_(mutex) { mutex_.Lock(); }
  ~MutexLock() RELEASE() { mutex_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mutex_;
};

/// A condition variable for Mutex. Wakes spuriously: always wait in a loop.
class ConditionVariable {
 public:
  void Wait(Mutex& mutex) REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  /// Returns false when `timeout` passed.
  template <typename Rep, typename Period>
  bool WaitFor(Mutex& mutex, std::chrono::duration<Rep, Period> timeout)
      REQUIRES(mutex) NO_THREAD_SAFETY_ANALYSIS {
    std::unique_lock<std::mutex> lock(mutex.mutex_, std::adopt_lock);
    const bool woken = condition_.wait_for(lock, timeout) == std::cv_status::no_timeout;
    lock.release();
    return woken;
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace vivace

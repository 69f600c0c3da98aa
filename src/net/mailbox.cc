#include "net/mailbox.h"

#include <utility>

namespace vivace::net {

bool Mailbox::Post(Task task) {
  MutexLock lock(mutex_);
  if (closed_) return false;
  queue_.push_back(std::move(task));
  if (queue_.size() == 1) wake_();
  return true;
}

void Mailbox::Run() {
  std::vector<Task> tasks;
  {
    MutexLock lock(mutex_);
    tasks.swap(queue_);
  }
  for (Task& task : tasks) {
    task();
    task = nullptr;  // What it held goes before the next one runs.
  }
}

void Mailbox::Close() {
  std::vector<Task> dropped;  // Destroyed after the lock: a task's end may post again.
  {
    MutexLock lock(mutex_);
    closed_ = true;
    dropped.swap(queue_);
    wake_ = [] {};
  }
}

}  // namespace vivace::net

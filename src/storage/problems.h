#pragma once
// What is wrong with a store right now, for /status.

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "base/mutex.h"
#include "storage/store.h"

namespace vivace::storage {

/// Problems by what they are about; the first reason stays. Thread-safe.
class Problems {
 public:
  // More are only logged; a store with this many has one cause, and it is listed.
  static constexpr std::size_t kListedMax = 256;

  /// True if `what` was not listed before.
  bool Add(std::string what, std::string reason) EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    if (listed_.size() >= kListedMax) return false;
    return listed_.try_emplace(std::move(what), std::move(reason)).second;
  }
  std::vector<StoreStatus::Problem> List() const EXCLUDES(mutex_) {
    MutexLock lock(mutex_);
    std::vector<StoreStatus::Problem> list;
    for (const auto& [what, reason] : listed_) list.push_back({what, reason});
    return list;
  }

 private:
  mutable Mutex mutex_;
  std::map<std::string, std::string> listed_ GUARDED_BY(mutex_);
};

}  // namespace vivace::storage

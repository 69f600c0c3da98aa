#include "block/row_group_cache.h"

#include <utility>

namespace vivace::block {

std::shared_ptr<const RowGroup> RowGroupCache::Find(const BlockId& block, std::size_t row_group) {
  MutexLock lock(mutex_);
  const auto at = index_.find(Key{block, row_group});
  if (at == index_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, at->second);
  return at->second->rows;
}

void RowGroupCache::Insert(const BlockId& block, std::size_t row_group,
                           std::shared_ptr<const RowGroup> rows) {
  const std::size_t bytes = rows->memory_bytes();
  if (bytes > bytes_max_) return;
  MutexLock lock(mutex_);
  const Key key{block, row_group};
  if (index_.contains(key)) return;  // Two threads loaded it; the first one stays.
  Evict(bytes_max_ - bytes);
  entries_.push_front({key, std::move(rows)});
  index_[key] = entries_.begin();
  bytes_ += bytes;
}

void RowGroupCache::Evict(std::size_t room) {
  while (bytes_ > room) {
    bytes_ -= entries_.back().rows->memory_bytes();
    index_.erase(entries_.back().key);
    entries_.pop_back();
  }
}

void RowGroupCache::Drop(const BlockId& block) {
  MutexLock lock(mutex_);
  auto at = index_.lower_bound(Key{block, 0});
  while (at != index_.end() && at->first.block == block) {
    bytes_ -= at->second->rows->memory_bytes();
    entries_.erase(at->second);
    at = index_.erase(at);
  }
}

std::size_t RowGroupCache::bytes() const {
  MutexLock lock(mutex_);
  return bytes_;
}

}  // namespace vivace::block

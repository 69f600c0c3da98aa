#pragma once
// Row groups of blocks, decoded and kept while there is room.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <memory>

#include "base/mutex.h"
#include "block/block_meta.h"
#include "block/row_group.h"

namespace vivace::block {

/// Decoded row groups, least recently used out first. Bounded in bytes. Thread-safe. Shared by
/// all readers of a process. What a caller holds stays alive after it has left the cache.
class RowGroupCache {
 public:
  /// Holds at most `bytes_max` by RowGroup::memory_bytes; a larger row group is never kept.
  explicit RowGroupCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// Null if it is not here.
  std::shared_ptr<const RowGroup> Find(const BlockId& block, std::size_t row_group)
      EXCLUDES(mutex_);
  void Insert(const BlockId& block, std::size_t row_group, std::shared_ptr<const RowGroup> rows)
      EXCLUDES(mutex_);
  /// Drops what belongs to `block`, when the block is deleted.
  void Drop(const BlockId& block) EXCLUDES(mutex_);
  std::size_t bytes() const EXCLUDES(mutex_);

 private:
  struct Key {
    BlockId block;
    std::size_t row_group = 0;
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    Key key;
    std::shared_ptr<const RowGroup> rows;
  };
  void Evict(std::size_t room) REQUIRES(mutex_);

  const std::size_t bytes_max_;
  mutable Mutex mutex_;
  std::list<Entry> entries_ GUARDED_BY(mutex_);  // most recently used first
  std::map<Key, std::list<Entry>::iterator> index_ GUARDED_BY(mutex_);
  std::size_t bytes_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vivace::block

#pragma once
// Turns runs of live chunks into one block.

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/byte_accountant.h"
#include "base/file_system.h"
#include "base/result.h"
#include "block/block_meta.h"
#include "storage/live_run.h"

namespace vivace::storage {

/// What one block is made of and where it goes.
struct BlockOrder {
  std::string path;
  block::BlockId id;
  std::string tenant;
  std::int64_t created_unix_ns = 0;
  std::vector<std::shared_ptr<const LiveRun>> runs;  ///< Sealed.
  std::uint64_t row_group_spans = 0;                 ///< Aim for a row group.
};

/// Called with a chunk that cannot be decoded (a fault of ours: the walk took it); an error
/// ends the building.
using OnUndecodable = std::function<Status(const LiveChunk&, const Error&)>;

/// Writes the block durably under its final name: traces by start, whole traces in one row group
/// as far as they fit. Memory: one row group, one decoded chunk, 48 bytes a trace; the row group
/// is accounted in `process`. Returns nullopt when there was no span. kCancelled: `cancel` was
/// set. After an error nothing of the block has its final name, unless only the last sync of the
/// folder failed.
Result<std::optional<block::BlockMeta>> BuildBlock(FileSystem& files, ByteAccountant& process,
                                                   const BlockOrder& order,
                                                   const OnUndecodable& on_undecodable,
                                                   const std::atomic<bool>& cancel);

}  // namespace vivace::storage

#pragma once
// Reading of blocks. The bytes are described in docs/block-format.md.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "block/block_footer.h"
#include "block/block_meta.h"
#include "block/catalogue.h"
#include "block/row_group.h"
#include "block/row_group_cache.h"
#include "model/span.h"

namespace vivace::block {

/// What a reader shares with others, and its bounds.
struct BlockReaderOptions {
  /// Decoded row groups; without it each load decodes again. Outlives the reader.
  RowGroupCache* cache = nullptr;
  /// Bytes that decoding one row group, or the indexes of a block, may take at most, whatever
  /// the file claims. 1 GiB is more than any row group that the writer accepts.
  std::uint64_t decoded_bytes_max = std::uint64_t{1} << 30;
};

/// Reads one block: footer, trace index and catalogue when it is opened, row groups on request.
///
/// A block never changes, so a reader needs no lock and any number of threads may share one.
/// It owns its file. Every byte that is used has been checked against its checksum.
class BlockReader {
 public:
  /// Opens the block at `path` and reads footer, trace index and catalogue. Two to four reads.
  /// kCorruption: a checksum, a bound or a length is wrong. kUnsupported: a newer format.
  static Result<std::unique_ptr<BlockReader>> Open(FileSystem& files, const std::string& path,
                                                   BlockReaderOptions options = {});
  /// The same for an open file; `name` is for messages.
  static Result<std::unique_ptr<BlockReader>> Open(std::unique_ptr<RandomAccessFile> file,
                                                   std::string name,
                                                   BlockReaderOptions options = {});
  ~BlockReader();

  const BlockMeta& meta() const;
  const Catalogue& catalogue() const;

  std::size_t row_group_count() const;
  /// Figures of a row group from the footer, for skipping it unread.
  const RowGroupSummary& row_group(std::size_t index) const;
  /// All columns of row group `index` (below row_group_count), from the cache if it is there.
  Result<std::shared_ptr<const RowGroup>> LoadRowGroup(std::size_t index) const;

  /// True if the trace index has the fingerprint of `id`; false is certain. Reads nothing.
  bool MayHaveTrace(const TraceId& id) const;
  /// Appends the spans of `id` as RowGroup::AppendTrace does, from every row group that has
  /// some; false when there is none.
  Result<bool> AppendTrace(const TraceId& id, TraceData& out) const;

  /// Bytes on disk by what they hold, largest first, for inspection.
  struct Usage {
    std::string what;  ///< Such as "durations" or "span.http.url".
    std::uint64_t stored_bytes = 0;
    std::uint64_t raw_bytes = 0;
  };
  Result<std::vector<Usage>> BytesByColumn() const;

  /// Reads the whole file: every checksum, every length, every reference, and that nothing lies
  /// between the parts. Also that indexes and footer agree with the rows.
  Status Verify() const;

  /// Memory that an open reader holds: trace index, catalogue, footer.
  std::size_t memory_bytes() const;

 private:
  struct State;
  explicit BlockReader(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace vivace::block

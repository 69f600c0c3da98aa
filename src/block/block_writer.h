#pragma once
// Writing of blocks. The bytes are described in docs/block-format.md.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "base/result.h"
#include "block/block_meta.h"
#include "block/catalogue.h"
#include "block/row_group.h"

namespace vivace::block {

/// Writes one block, row group by row group. Memory: the pages of one row group, 24 bytes a
/// trace, and the catalogue. Not thread-safe.
///
/// The file has the name `path` + ".tmp" until Finish, which syncs it, renames it to `path` and
/// syncs the folder. A writer that is destroyed without Finish removes its file.
///
///   ASSIGN_OR_RETURN(auto writer, BlockWriter::Create(files, path, {.id = id, .tenant = "a"}));
///   for (const auto& rows : row_groups) RETURN_IF_ERROR(writer->Add(*rows));
///   ASSIGN_OR_RETURN(const BlockMeta meta, writer->Finish());
class BlockWriter {
 public:
  struct Config {
    BlockId id;
    std::string tenant;
    std::int64_t created_unix_ns = 0;
  };
  /// `files` outlives the writer.
  static Result<std::unique_ptr<BlockWriter>> Create(FileSystem& files, std::string path,
                                                     Config config);
  ~BlockWriter();

  /// Writes the columns of `rows`. After an error the writer is only fit for destruction.
  Status Add(const RowGroup& rows);
  /// Writes indexes and footer, and puts the block in its place. Called once. A block without
  /// row groups is refused with kFailedPrecondition.
  Result<BlockMeta> Finish();

 private:
  struct State;
  explicit BlockWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace vivace::block

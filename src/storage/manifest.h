#pragma once
// The manifest: which blocks exist and where the log begins. Bytes: docs/storage.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/file_system.h"
#include "base/result.h"
#include "block/block_meta.h"

namespace vivace::storage {

constexpr std::uint32_t kManifestVersion = 1;

/// Bytes a manifest may have: 100 bytes for each of two million blocks, far more than a
/// compacted store has. A larger file is damage.
constexpr std::uint64_t kManifestBytesMax = 256ULL << 20;

/// One block as the manifest names it.
struct ManifestBlock {
  block::BlockMeta meta;
  bool quarantined = false;
  std::string quarantine_reason;  ///< Empty unless quarantined.

  bool operator==(const ManifestBlock&) const = default;
};

/// One generation.
struct Manifest {
  std::uint64_t generation = 0;
  std::int64_t written_unix_ns = 0;
  std::uint64_t release_segment = 0;  ///< The log is replayed from the first record at or
  std::uint64_t release_offset = 0;   ///< after this position.
  std::vector<ManifestBlock> blocks;  ///< Sorted by id, distinct.

  bool operator==(const Manifest&) const = default;
};

/// Returns the bytes of `manifest`; sorts nothing: the blocks are in order.
std::string EncodeManifest(const Manifest& manifest);

/// kCorruption: not a whole manifest. kUnsupported: whole, but of a newer version.
Result<Manifest> DecodeManifest(ByteView bytes);

/// Reads and writes the generations in one folder. Not thread-safe.
class ManifestFolder {
 public:
  struct Damaged {
    std::string name;  ///< File name within the folder.
    std::string reason;
  };
  struct Loaded {
    Manifest manifest;             ///< Generation 0 if there is none that can be read.
    bool found = false;            ///< There was a readable generation.
    std::vector<Damaged> damaged;  ///< Newer generations that could not be decoded.
  };

  ManifestFolder(FileSystem& files, std::string folder);

  /// Returns the newest readable generation; writes nothing. kUnsupported: the newest whole
  /// generation is of a newer version. kIo: a file could not be read.
  Result<Loaded> Load();

  /// Writes `manifest` durably under the next generation number, which it fills in, then
  /// removes generations older than the one before. After a failure the generation may or may
  /// not be found by a later Load; its number is not used again.
  Status Commit(Manifest& manifest);

  /// Removes what an interrupted Commit left; failures are not errors.
  void SweepTemporaries();

  const std::string& folder() const { return folder_; }

 private:
  FileSystem& files_;
  const std::string folder_;
  std::uint64_t last_generation_ = 0;       // Highest number seen or tried.
  std::uint64_t committed_generation_ = 0;  // Highest number known to be durable.
};

/// The number in a manifest's file name, or 0 if `name` is none.
std::uint64_t ParseManifestName(std::string_view name);

}  // namespace vivace::storage

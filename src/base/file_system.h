#pragma once
// Files, injected: the real file system and, in simulated_file_system.h, a disk
// that forgets unsynced bytes, tears writes, fails the Nth call and fills up.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace vivace {

/// A file that is being written, front to back. Not thread-safe. Destruction closes
/// without syncing.
class WritableFile {
 public:
  virtual ~WritableFile() = default;
  /// Appends all of `bytes`, or fails; after a failure the file's tail is undefined.
  virtual Status Append(ByteView bytes) = 0;
  /// Reserves disk space for the first `size` bytes without changing the file's size.
  /// kUnavailable when the disk is full.
  virtual Status Preallocate(std::uint64_t size) = 0;
  /// Makes everything appended durable (fdatasync). After a failure the file must not be
  /// written or synced again: the kernel may have dropped the dirty pages.
  virtual Status Sync() = 0;
  virtual Status Close() = 0;
};

/// A file that is read at any place. Thread-safe.
class RandomAccessFile {
 public:
  virtual ~RandomAccessFile() = default;
  virtual std::uint64_t size() const = 0;
  /// Fills `out` from `offset`. kCorruption if the file ends before.
  virtual Status ReadAt(std::uint64_t offset, std::span<std::byte> out) const = 0;
};

/// Held while a process uses a data folder; destruction releases it.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

struct DirectoryEntry {
  std::string name;
  bool is_directory = false;
  std::uint64_t size = 0;
};

/// Files below paths. Thread-safe. Errors: kNotFound, kAlreadyExists, kUnavailable (disk
/// full), kIo; the message names the path and the system's reason.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  /// Makes a new, empty file; kAlreadyExists if there is one. Durable only after the file's
  /// Sync and SyncDirectory of its folder.
  virtual Result<std::unique_ptr<WritableFile>> CreateFile(const std::string& path) = 0;
  virtual Result<std::unique_ptr<RandomAccessFile>> OpenFile(const std::string& path) = 0;
  /// Makes the bytes of a closed file durable, whoever wrote them. After a failure nothing is
  /// known about them.
  virtual Status SyncFile(const std::string& path) = 0;
  /// Replaces `to` if it exists. Durable after SyncDirectory of the folder(s).
  virtual Status Rename(const std::string& from, const std::string& to) = 0;
  virtual Status Remove(const std::string& path) = 0;
  /// Makes `path` and the folders above it.
  virtual Status CreateDirectories(const std::string& path) = 0;
  /// Makes creations, renames and removals in `path` durable.
  virtual Status SyncDirectory(const std::string& path) = 0;
  /// The entries of a folder, sorted by name.
  virtual Result<std::vector<DirectoryEntry>> List(const std::string& path) = 0;
  virtual bool Exists(const std::string& path) = 0;
  /// Bytes that may still be written on the disk of `path`.
  virtual Result<std::uint64_t> FreeBytes(const std::string& path) = 0;
  /// Takes the lock file at `path`, made if absent. kFailedPrecondition if another process
  /// (or another holder in this one) has it; the message says which process.
  virtual Result<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
};

/// The operating system's files. One instance for the process.
FileSystem& RealFileSystem();

/// The code for a failed call's errno: kUnavailable for a full disk or quota, kIo for the rest.
ErrorCode ErrorCodeOfErrno(int error_number);

/// Reads a whole file; kResourceExhausted if it is larger than `bytes_max`.
Result<std::string> ReadWholeFile(FileSystem& files, const std::string& path,
                                  std::uint64_t bytes_max);

/// Writes `content` to `path` so that after success, and after any crash, `path` holds the
/// old or the new content whole: temporary file, sync, rename, sync of the folder.
Status WriteFileAtomically(FileSystem& files, const std::string& path, ByteView content);

/// Joins two path parts with one slash.
std::string JoinPath(std::string_view folder, std::string_view name);
/// The folder part of `path`, "." if there is none.
std::string ParentPath(std::string_view path);

}  // namespace vivace

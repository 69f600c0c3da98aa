#pragma once
// A disk in memory for tests: it forgets unsynced bytes when the power goes, tears writes, fails
// the Nth call and fills up. The same seed and the same calls give the same disk.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/file_system.h"
#include "base/mutex.h"
#include "base/random.h"

namespace vivace {

/// What a disk may do to a program, and no more: synced bytes stay, sectors of 512 bytes are
/// written whole or not at all, a rename happens or does not.
///
/// A power cut keeps, of the bytes since a file's last Sync, any sectors in any order; lost ones
/// read as zeros or as old rubbish, and the file's size is the old one, the new one or one
/// between. Of the names made, renamed and removed since their folder's last SyncDirectory any
/// may be kept. Syncing a file does not sync its name. After a failed Sync the bytes it was to
/// save are gone from the disk although they can still be read, and later Syncs of that file
/// succeed without saving them, as Linux does.
///
/// "/" and "." are there from the start. Thread-safe; files opened before a power cut fail.
///
///   SimulatedFileSystem disk(seed);
///   disk.CutPowerAt(disk.operations() + 7);
///   ... run until it fails ...
///   disk.PowerCut();
///   ... reopen and look ...
class SimulatedFileSystem final : public FileSystem {
 public:
  explicit SimulatedFileSystem(std::uint64_t seed);
  ~SimulatedFileSystem() override;

  Result<std::unique_ptr<WritableFile>> CreateFile(const std::string& path) override;
  Result<std::unique_ptr<RandomAccessFile>> OpenFile(const std::string& path) override;
  Status SyncFile(const std::string& path) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Status CreateDirectories(const std::string& path) override;
  Status SyncDirectory(const std::string& path) override;
  Result<std::vector<DirectoryEntry>> List(const std::string& path) override;
  bool Exists(const std::string& path) override;
  Result<std::uint64_t> FreeBytes(const std::string& path) override;
  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override;

  /// Calls so far that may fail: all but Exists and FreeBytes, on files too.
  std::uint64_t operations() const EXCLUDES(mutex_);
  /// Lets the call with that number (the next one is operations() + 1) fail, and with `for_ever`
  /// all later ones. A failing Append writes a random part first.
  void FailAt(std::uint64_t operation, ErrorCode code, bool for_ever = false) EXCLUDES(mutex_);
  /// Lets the power go, or the process die, during the call with that number: it and all later
  /// ones fail until PowerCut or RestartProcess.
  void CutPowerAt(std::uint64_t operation) EXCLUDES(mutex_);
  /// Loses what was not synced and serves again; planned failures are forgotten, locks are free.
  void PowerCut() EXCLUDES(mutex_);
  /// Serves again without a loss, as after a kill -9; planned failures are forgotten, locks are
  /// free, files opened before fail.
  void RestartProcess() EXCLUDES(mutex_);
  /// Bytes that all files together may hold, reserved ones included; none: no limit.
  void SetCapacity(std::optional<std::uint64_t> bytes) EXCLUDES(mutex_);

  /// A file's bytes; empty if it does not exist.
  std::string Content(const std::string& path) const EXCLUDES(mutex_);
  /// Replaces or makes a file, durable at once, with the folders above it.
  void SetContent(const std::string& path, std::string content) EXCLUDES(mutex_);

 private:
  class Writable;
  class Readable;
  class HeldLock;

  struct Inode {
    std::string content;  // What reads see.
    std::string durable;  // What is on the disk: a prefix of it, but for SetContent.
    std::uint64_t reserved = 0;
    bool sync_failed = false;
  };
  using InodePointer = std::shared_ptr<Inode>;

  // A change of names that its folder's sync has not saved yet.
  struct NameChange {
    std::string removed;  // Empty: none.
    std::string added;    // Empty: none.
    InodePointer inode;
  };

  bool IsOff() const REQUIRES(mutex_) { return power_cut_at_ && operations_ >= *power_cut_at_; }
  void ForgetPlans() REQUIRES(mutex_);
  Status Count(std::string_view what, const std::string& path) REQUIRES(mutex_);
  Status CheckOpen(std::uint64_t epoch, const std::string& path) const REQUIRES(mutex_);
  Status Append(const InodePointer& inode, const std::string& path, std::uint64_t epoch,
                ByteView bytes) EXCLUDES(mutex_);
  Status Preallocate(const InodePointer& inode, const std::string& path, std::uint64_t epoch,
                     std::uint64_t size) EXCLUDES(mutex_);
  Status Sync(const InodePointer& inode, const std::string& path, std::uint64_t epoch)
      EXCLUDES(mutex_);
  Status SyncInode(const InodePointer& inode, std::string_view what, const std::string& path)
      REQUIRES(mutex_);
  std::uint64_t FreeLocked() const REQUIRES(mutex_);
  void LoseUnsynced(Inode& inode) REQUIRES(mutex_);
  void LoseNames() REQUIRES(mutex_);
  static void Apply(const NameChange& change, std::map<std::string, InodePointer>& names);

  mutable Mutex mutex_;
  SeededRandom random_ GUARDED_BY(mutex_);
  std::map<std::string, InodePointer> names_ GUARDED_BY(mutex_);
  std::map<std::string, InodePointer> durable_names_ GUARDED_BY(mutex_);
  std::vector<NameChange> name_changes_ GUARDED_BY(mutex_);
  std::set<std::string> folders_ GUARDED_BY(mutex_);
  std::set<std::string> durable_folders_ GUARDED_BY(mutex_);
  std::set<std::string> locks_ GUARDED_BY(mutex_);
  std::optional<std::uint64_t> capacity_ GUARDED_BY(mutex_);
  std::uint64_t operations_ GUARDED_BY(mutex_) = 0;
  std::uint64_t epoch_ GUARDED_BY(mutex_) = 0;
  struct Fault {
    ErrorCode code = ErrorCode::kIo;
    bool for_ever = false;
  };
  std::map<std::uint64_t, Fault> faults_ GUARDED_BY(mutex_);
  std::optional<std::uint64_t> power_cut_at_ GUARDED_BY(mutex_);
};

}  // namespace vivace

#include "base/simulated_file_system.h"

#include <algorithm>
#include <iterator>

#include <fmt/core.h>

namespace vivace {
namespace {

constexpr std::uint64_t kSectorBytes = 512;

Error NotFound(std::string_view what, std::string_view path) {
  return Error(ErrorCode::kNotFound, fmt::format("{} {}: no such file or folder", what, path));
}

bool IsIn(const std::string& path, const std::string& folder) {
  return !path.empty() && ParentPath(path) == folder;
}

}  // namespace

class SimulatedFileSystem::Writable final : public WritableFile {
 public:
  Writable(SimulatedFileSystem& disk, InodePointer inode, std::string path, std::uint64_t epoch)
      : disk_(disk), inode_(std::move(inode)), path_(std::move(path)), epoch_(epoch) {}

  Status Append(ByteView bytes) override { return disk_.Append(inode_, path_, epoch_, bytes); }
  Status Preallocate(std::uint64_t size) override {
    return disk_.Preallocate(inode_, path_, epoch_, size);
  }
  Status Sync() override { return disk_.Sync(inode_, path_, epoch_); }
  Status Close() override {
    MutexLock lock(disk_.mutex_);
    RETURN_IF_ERROR(disk_.CheckOpen(epoch_, path_));
    return disk_.Count("close", path_);
  }

 private:
  SimulatedFileSystem& disk_;
  const InodePointer inode_;
  const std::string path_;
  const std::uint64_t epoch_;
};

class SimulatedFileSystem::Readable final : public RandomAccessFile {
 public:
  Readable(SimulatedFileSystem& disk, InodePointer inode, std::string path, std::uint64_t epoch,
           std::uint64_t size)
      : disk_(disk), inode_(std::move(inode)), path_(std::move(path)), epoch_(epoch), size_(size) {}

  std::uint64_t size() const override { return size_; }
  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) const override {
    MutexLock lock(disk_.mutex_);
    RETURN_IF_ERROR(disk_.CheckOpen(epoch_, path_));
    RETURN_IF_ERROR(disk_.Count("read", path_));
    const std::string& content = inode_->content;
    if (offset > content.size() || out.size() > content.size() - offset) {
      return Error(ErrorCode::kCorruption,
                   fmt::format("read {}: {} bytes at offset {} reach past its end at {}", path_,
                               out.size(), offset, content.size()));
    }
    const ByteView bytes = AsBytes(content).subspan(static_cast<std::size_t>(offset), out.size());
    std::ranges::copy(bytes, out.begin());
    return {};
  }

 private:
  SimulatedFileSystem& disk_;
  const InodePointer inode_;
  const std::string path_;
  const std::uint64_t epoch_;
  const std::uint64_t size_;
};

class SimulatedFileSystem::HeldLock final : public FileLock {
 public:
  HeldLock(SimulatedFileSystem& disk, std::string path, std::uint64_t epoch)
      : disk_(disk), path_(std::move(path)), epoch_(epoch) {}
  ~HeldLock() override {
    MutexLock lock(disk_.mutex_);
    if (disk_.epoch_ == epoch_) disk_.locks_.erase(path_);
  }

 private:
  SimulatedFileSystem& disk_;
  const std::string path_;
  const std::uint64_t epoch_;
};

SimulatedFileSystem::SimulatedFileSystem(std::uint64_t seed)
    : random_(seed), folders_{"/", "."}, durable_folders_{"/", "."} {}

SimulatedFileSystem::~SimulatedFileSystem() = default;

// ---- Calls and their failures ----------------------------------------------------------------

Status SimulatedFileSystem::Count(std::string_view what, const std::string& path) {
  ++operations_;
  if (IsOff()) {
    return Error(ErrorCode::kIo, fmt::format("{} {}: the power is off", what, path));
  }
  // The last fault at or before this call, if it lasts that long.
  const auto after = faults_.upper_bound(operations_);
  if (after == faults_.begin()) return {};
  const auto& [at, fault] = *std::prev(after);
  if (at != operations_ && !fault.for_ever) return {};
  return Error(fault.code,
               fmt::format("{} {}: failure planned for call {}", what, path, operations_));
}

Status SimulatedFileSystem::CheckOpen(std::uint64_t epoch, const std::string& path) const {
  if (epoch == epoch_) return {};
  return Error(ErrorCode::kIo, fmt::format("{} was opened before the power went", path));
}

std::uint64_t SimulatedFileSystem::operations() const {
  MutexLock lock(mutex_);
  return operations_;
}

void SimulatedFileSystem::FailAt(std::uint64_t operation, ErrorCode code, bool for_ever) {
  MutexLock lock(mutex_);
  faults_[operation] = Fault{code, for_ever};
}

void SimulatedFileSystem::CutPowerAt(std::uint64_t operation) {
  MutexLock lock(mutex_);
  power_cut_at_ = operation;
}

void SimulatedFileSystem::SetCapacity(std::optional<std::uint64_t> bytes) {
  MutexLock lock(mutex_);
  capacity_ = bytes;
}

std::uint64_t SimulatedFileSystem::FreeLocked() const {
  if (!capacity_) return std::uint64_t{1} << 40;  // As good as endless, and still a plain number.
  std::uint64_t used = 0;
  for (const auto& [path, inode] : names_) {
    used += std::max<std::uint64_t>(inode->content.size(), inode->reserved);
  }
  return used < *capacity_ ? *capacity_ - used : 0;
}

// ---- Files -----------------------------------------------------------------------------------

Result<std::unique_ptr<WritableFile>> SimulatedFileSystem::CreateFile(const std::string& path) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Count("create", path));
  if (names_.contains(path) || folders_.contains(path)) {
    return Error(ErrorCode::kAlreadyExists, fmt::format("create {}: it exists", path));
  }
  if (!folders_.contains(ParentPath(path))) return NotFound("create", path);
  auto inode = std::make_shared<Inode>();
  names_[path] = inode;
  name_changes_.push_back(NameChange{.removed = {}, .added = path, .inode = inode});
  return std::unique_ptr<WritableFile>(new Writable(*this, inode, path, epoch_));
}

Result<std::unique_ptr<RandomAccessFile>> SimulatedFileSystem::OpenFile(const std::string& path) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Count("open", path));
  const auto found = names_.find(path);
  if (found == names_.end()) return NotFound("open", path);
  return std::unique_ptr<RandomAccessFile>(
      new Readable(*this, found->second, path, epoch_, found->second->content.size()));
}

Status SimulatedFileSystem::Append(const InodePointer& inode, const std::string& path,
                                   std::uint64_t epoch, ByteView bytes) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(CheckOpen(epoch, path));
  Status status = Count("write", path);
  std::uint64_t fits = bytes.size();
  if (!status.ok()) {
    fits = random_.Below(bytes.size() + 1);
  } else {
    const std::uint64_t reserved_left =
        inode->reserved > inode->content.size() ? inode->reserved - inode->content.size() : 0;
    const std::uint64_t room = reserved_left + FreeLocked();
    if (room < bytes.size()) {
      fits = room;
      status = Error(ErrorCode::kUnavailable, fmt::format("write {}: no space left", path));
    }
  }
  inode->content.append(AsText(bytes.first(static_cast<std::size_t>(fits))));
  return status;
}

Status SimulatedFileSystem::Preallocate(const InodePointer& inode, const std::string& path,
                                        std::uint64_t epoch, std::uint64_t size) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(CheckOpen(epoch, path));
  RETURN_IF_ERROR(Count("preallocate", path));
  const std::uint64_t held = std::max<std::uint64_t>(inode->content.size(), inode->reserved);
  if (size > held && size - held > FreeLocked()) {
    return Error(ErrorCode::kUnavailable,
                 fmt::format("preallocate {}: no space left for {} bytes", path, size));
  }
  inode->reserved = std::max(inode->reserved, size);
  return {};
}

Status SimulatedFileSystem::SyncInode(const InodePointer& inode, std::string_view what,
                                      const std::string& path) {
  const Status status = Count(what, path);
  if (IsOff()) return status;  // PowerCut will see to the rest.
  if (!status.ok()) {
    // Some of it may have reached the disk; the rest is not tried again.
    LoseUnsynced(*inode);
    inode->sync_failed = true;
    return status;
  }
  if (!inode->sync_failed) inode->durable = inode->content;
  return {};
}

Status SimulatedFileSystem::Sync(const InodePointer& inode, const std::string& path,
                                 std::uint64_t epoch) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(CheckOpen(epoch, path));
  return SyncInode(inode, "sync", path);
}

Status SimulatedFileSystem::SyncFile(const std::string& path) {
  MutexLock lock(mutex_);
  const auto found = names_.find(path);
  if (found == names_.end()) return NotFound("sync", path);
  return SyncInode(found->second, "sync", path);
}

// ---- Names -----------------------------------------------------------------------------------

Status SimulatedFileSystem::Rename(const std::string& from, const std::string& to) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Count("rename", from));
  const auto found = names_.find(from);
  if (found == names_.end() || !folders_.contains(ParentPath(to))) return NotFound("rename", from);
  const InodePointer inode = found->second;
  names_.erase(found);
  names_[to] = inode;
  name_changes_.push_back(NameChange{.removed = from, .added = to, .inode = inode});
  return {};
}

Status SimulatedFileSystem::Remove(const std::string& path) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Count("remove", path));
  if (names_.erase(path) == 0) return NotFound("remove", path);
  name_changes_.push_back(NameChange{.removed = path, .added = {}, .inode = nullptr});
  return {};
}

Status SimulatedFileSystem::CreateDirectories(const std::string& path) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Count("make folder", path));
  for (std::string part = path; folders_.insert(part).second; part = ParentPath(part)) {
    if (names_.contains(part)) {
      folders_.erase(part);
      return Error(ErrorCode::kIo, fmt::format("make folder {}: {} is a file", path, part));
    }
  }
  return {};
}

void SimulatedFileSystem::Apply(const NameChange& change,
                                std::map<std::string, InodePointer>& names) {
  if (!change.removed.empty()) names.erase(change.removed);
  if (!change.added.empty()) names[change.added] = change.inode;
}

Status SimulatedFileSystem::SyncDirectory(const std::string& path) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Count("sync folder", path));
  if (!folders_.contains(path)) return NotFound("sync folder", path);
  std::vector<NameChange> others;
  for (NameChange& change : name_changes_) {
    if (IsIn(change.added, path) || IsIn(change.removed, path)) {
      Apply(change, durable_names_);
    } else {
      others.push_back(std::move(change));
    }
  }
  name_changes_ = std::move(others);
  for (const std::string& folder : folders_) {
    if (IsIn(folder, path)) durable_folders_.insert(folder);
  }
  return {};
}

Result<std::vector<DirectoryEntry>> SimulatedFileSystem::List(const std::string& path) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Count("list", path));
  if (!folders_.contains(path)) return NotFound("list", path);
  const auto name_of = [](const std::string& full) { return full.substr(full.rfind('/') + 1); };
  std::vector<DirectoryEntry> entries;
  for (const auto& [file, inode] : names_) {
    if (IsIn(file, path)) entries.push_back({name_of(file), false, inode->content.size()});
  }
  for (const std::string& folder : folders_) {
    if (folder != path && IsIn(folder, path)) entries.push_back({name_of(folder), true, 0});
  }
  std::ranges::sort(entries, {}, &DirectoryEntry::name);
  return entries;
}

bool SimulatedFileSystem::Exists(const std::string& path) {
  MutexLock lock(mutex_);
  return names_.contains(path) || folders_.contains(path);
}

Result<std::uint64_t> SimulatedFileSystem::FreeBytes(const std::string& /*path*/) {
  MutexLock lock(mutex_);
  return FreeLocked();
}

Result<std::unique_ptr<FileLock>> SimulatedFileSystem::Lock(const std::string& path) {
  MutexLock lock(mutex_);
  RETURN_IF_ERROR(Count("lock", path));
  if (!folders_.contains(ParentPath(path))) return NotFound("lock", path);
  if (!locks_.insert(path).second) {
    return Error(ErrorCode::kFailedPrecondition,
                 fmt::format("lock {}: another holder in this process has it", path));
  }
  if (!names_.contains(path)) {
    names_[path] = std::make_shared<Inode>();
    name_changes_.push_back(NameChange{.removed = {}, .added = path, .inode = names_[path]});
  }
  return std::unique_ptr<FileLock>(new HeldLock(*this, path, epoch_));
}

// ---- Power -----------------------------------------------------------------------------------

// Moves any part of what was written since the last sync to the disk.
void SimulatedFileSystem::LoseUnsynced(Inode& inode) {
  if (inode.sync_failed || inode.content.size() <= inode.durable.size()) return;
  const std::uint64_t synced = inode.durable.size();
  const std::uint64_t written = inode.content.size();
  // Whole kinds of accident first, so that each is common; then sectors at random.
  const std::uint64_t kind = random_.Below(8);
  if (kind == 0) return;  // Nothing arrived.
  std::uint64_t size = written;
  if (kind == 1) {
    size = synced + random_.Below(written - synced + 1);
    inode.durable = inode.content.substr(0, size);
    return;
  }
  if (kind == 2) {
    inode.durable = inode.content;
    return;
  }
  if (random_.Chance(1, 3)) {
    size = std::min(written, (synced / kSectorBytes + 1 +
                              random_.Below((written - synced) / kSectorBytes + 1)) *
                                 kSectorBytes);
  }
  const std::uint64_t kept_of_16 = random_.Below(17);
  const bool rubbish = random_.Chance(1, 4);
  std::string disk = inode.durable;
  disk.resize(size, '\0');
  for (std::uint64_t sector = synced / kSectorBytes; sector * kSectorBytes < size; ++sector) {
    const std::uint64_t from = std::max(synced, sector * kSectorBytes);
    const std::uint64_t to = std::min(size, (sector + 1) * kSectorBytes);
    if (random_.Chance(kept_of_16, 16)) {
      disk.replace(from, to - from, inode.content, from, to - from);
    } else if (rubbish) {
      for (std::uint64_t at = from; at < to; ++at) disk[at] = static_cast<char>(random_.Next());
    }
  }
  inode.durable = std::move(disk);
}

void SimulatedFileSystem::LoseNames() {
  // Either a journal, which keeps a first part of the changes, or any of them.
  const bool journal = random_.Chance(1, 2);
  const std::uint64_t kept = random_.Below(name_changes_.size() + 1);
  for (std::size_t i = 0; i < name_changes_.size(); ++i) {
    if (journal ? i < kept : random_.Chance(1, 2)) Apply(name_changes_[i], durable_names_);
  }
  for (const std::string& folder : folders_) {
    if (random_.Chance(1, 2)) durable_folders_.insert(folder);
  }
  // What stands in a folder that is lost is lost with it.
  // Sorted by name, a folder stands behind those above it.
  for (auto it = durable_folders_.begin(); it != durable_folders_.end();) {
    it = durable_folders_.contains(ParentPath(*it)) ? std::next(it) : durable_folders_.erase(it);
  }
  for (auto it = durable_names_.begin(); it != durable_names_.end();) {
    it =
        durable_folders_.contains(ParentPath(it->first)) ? std::next(it) : durable_names_.erase(it);
  }
  name_changes_.clear();
}

void SimulatedFileSystem::PowerCut() {
  MutexLock lock(mutex_);
  LoseNames();
  for (auto& [path, inode] : durable_names_) {
    LoseUnsynced(*inode);
    inode->content = inode->durable;
    inode->sync_failed = false;
  }
  names_ = durable_names_;
  folders_ = durable_folders_;
  ForgetPlans();
}

void SimulatedFileSystem::RestartProcess() {
  MutexLock lock(mutex_);
  ForgetPlans();
}

void SimulatedFileSystem::ForgetPlans() {
  locks_.clear();
  faults_.clear();
  power_cut_at_.reset();
  ++epoch_;
}

std::string SimulatedFileSystem::Content(const std::string& path) const {
  MutexLock lock(mutex_);
  const auto found = names_.find(path);
  return found == names_.end() ? std::string() : found->second->content;
}

void SimulatedFileSystem::SetContent(const std::string& path, std::string content) {
  MutexLock lock(mutex_);
  for (std::string folder = ParentPath(path); durable_folders_.insert(folder).second;
       folder = ParentPath(folder)) {
    folders_.insert(folder);
  }
  for (const std::string& folder : durable_folders_) folders_.insert(folder);
  // A new inode: files that are open keep what they have.
  auto inode = std::make_shared<Inode>();
  inode->durable = content;
  inode->content = std::move(content);
  std::erase_if(name_changes_, [&](const NameChange& change) {
    return change.added == path || change.removed == path;
  });
  names_[path] = inode;
  durable_names_[path] = inode;
}

}  // namespace vivace

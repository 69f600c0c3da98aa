// The operating system's files: plain POSIX calls, interrupted ones tried again.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>
#include <utility>

#include <fmt/core.h>

#include "base/file_system.h"

namespace vivace {
namespace {

// Readable by the owner's group, so that a backup or support account can be let in.
constexpr mode_t kFileMode = 0640;
constexpr mode_t kDirectoryMode = 0750;

/// Closes a descriptor at the end of its life.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }
  /// Closes now and says how that went; errno is set on failure.
  int Close() { return ::close(std::exchange(fd_, -1)); }

 private:
  int fd_;
};

Error SystemError(std::string_view what, std::string_view path, int error_number) {
  return Error(ErrorCodeOfErrno(error_number),
               fmt::format("{} {}: {}", what, path, std::generic_category().message(error_number)));
}

template <typename Call>
auto RetryInterrupted(Call call) {
  decltype(call()) result;
  do {
    result = call();
  } while (result < 0 && errno == EINTR);
  return result;
}

Result<Descriptor> Open(std::string_view what, const std::string& path, int flags) {
  const int fd =
      RetryInterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, kFileMode); });
  if (fd < 0) return SystemError(what, path, errno);
  return Descriptor(fd);
}

class RealWritableFile final : public WritableFile {
 public:
  RealWritableFile(std::string path, Descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}

  Status Append(ByteView bytes) override {
    while (!bytes.empty()) {
      const ssize_t written =
          RetryInterrupted([&] { return ::write(file_.get(), bytes.data(), bytes.size()); });
      if (written < 0) return SystemError("write", path_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  Status Preallocate(std::uint64_t size) override {
    const int result = RetryInterrupted(
        [&] { return ::fallocate(file_.get(), FALLOC_FL_KEEP_SIZE, 0, static_cast<off_t>(size)); });
    // Some file systems cannot; then appends allocate as they go.
    if (result < 0 && errno != EOPNOTSUPP && errno != ENOSYS) {
      return SystemError("preallocate", path_, errno);
    }
    return {};
  }

  Status Sync() override {
    // Not tried again, not even when interrupted: what the first call lost it does not name.
    if (::fdatasync(file_.get()) < 0) return SystemError("fdatasync", path_, errno);
    return {};
  }

  Status Close() override {
    if (file_.Close() < 0) return SystemError("close", path_, errno);
    return {};
  }

 private:
  const std::string path_;
  Descriptor file_;
};

class RealRandomAccessFile final : public RandomAccessFile {
 public:
  RealRandomAccessFile(std::string path, Descriptor file, std::uint64_t size)
      : path_(std::move(path)), file_(std::move(file)), size_(size) {}

  std::uint64_t size() const override { return size_; }

  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      const ssize_t got = RetryInterrupted(
          [&] { return ::pread(file_.get(), out.data(), out.size(), static_cast<off_t>(offset)); });
      if (got < 0) return SystemError("read", path_, errno);
      if (got == 0) {
        return Error(ErrorCode::kCorruption,
                     fmt::format("read {}: {} bytes are missing at offset {}, where the file ends",
                                 path_, out.size(), offset));
      }
      out = out.subspan(static_cast<std::size_t>(got));
      offset += static_cast<std::uint64_t>(got);
    }
    return {};
  }

 private:
  const std::string path_;
  const Descriptor file_;
  const std::uint64_t size_;
};

class RealFileLock final : public FileLock {
 public:
  explicit RealFileLock(Descriptor file) : file_(std::move(file)) {}

 private:
  const Descriptor file_;  // Closing it ends the lock, also when the process dies.
};

class OperatingSystemFiles final : public FileSystem {
 public:
  Result<std::unique_ptr<WritableFile>> CreateFile(const std::string& path) override {
    ASSIGN_OR_RETURN(Descriptor file, Open("create", path, O_WRONLY | O_CREAT | O_EXCL));
    return std::unique_ptr<WritableFile>(new RealWritableFile(path, std::move(file)));
  }

  Result<std::unique_ptr<RandomAccessFile>> OpenFile(const std::string& path) override {
    ASSIGN_OR_RETURN(Descriptor file, Open("open", path, O_RDONLY));
    struct stat info {};
    if (::fstat(file.get(), &info) < 0) return SystemError("stat", path, errno);
    if (!S_ISREG(info.st_mode)) {
      return Error(ErrorCode::kIo, fmt::format("open {}: not a regular file", path));
    }
    return std::unique_ptr<RandomAccessFile>(
        new RealRandomAccessFile(path, std::move(file), static_cast<std::uint64_t>(info.st_size)));
  }

  Status SyncFile(const std::string& path) override {
    // Linux syncs through a descriptor for reading, too.
    ASSIGN_OR_RETURN(const Descriptor file, Open("open", path, O_RDONLY));
    if (::fdatasync(file.get()) < 0) return SystemError("fdatasync", path, errno);
    return {};
  }

  Status Rename(const std::string& from, const std::string& to) override {
    if (::rename(from.c_str(), to.c_str()) < 0) {
      return SystemError("rename", fmt::format("{} to {}", from, to), errno);
    }
    return {};
  }

  Status Remove(const std::string& path) override {
    if (::unlink(path.c_str()) < 0) return SystemError("remove", path, errno);
    return {};
  }

  Status CreateDirectories(const std::string& path) override {
    for (std::size_t end = 0; end < path.size();) {
      end = std::min(path.find('/', end + 1), path.size());
      const std::string part = path.substr(0, end);
      if (::mkdir(part.c_str(), kDirectoryMode) < 0 && errno != EEXIST) {
        return SystemError("make folder", part, errno);
      }
    }
    struct stat info {};
    if (::stat(path.c_str(), &info) < 0) return SystemError("make folder", path, errno);
    if (!S_ISDIR(info.st_mode)) return SystemError("make folder", path, ENOTDIR);
    return {};
  }

  Status SyncDirectory(const std::string& path) override {
    ASSIGN_OR_RETURN(const Descriptor folder, Open("open folder", path, O_RDONLY | O_DIRECTORY));
    if (::fsync(folder.get()) < 0) return SystemError("fsync folder", path, errno);
    return {};
  }

  Result<std::vector<DirectoryEntry>> List(const std::string& path) override {
    const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir(path.c_str()), &::closedir);
    if (folder == nullptr) return SystemError("list", path, errno);
    std::vector<DirectoryEntry> entries;
    for (;;) {
      errno = 0;
      const dirent* found = ::readdir(folder.get());
      if (found == nullptr) {
        if (errno != 0) return SystemError("list", path, errno);
        break;
      }
      DirectoryEntry entry{.name = found->d_name};
      if (entry.name == "." || entry.name == "..") continue;
      struct stat info {};
      if (::fstatat(::dirfd(folder.get()), found->d_name, &info, 0) < 0) {
        if (errno == ENOENT) continue;  // Removed meanwhile, or a link that leads nowhere.
        return SystemError("stat", JoinPath(path, entry.name), errno);
      }
      entry.is_directory = S_ISDIR(info.st_mode);
      entry.size = entry.is_directory ? 0 : static_cast<std::uint64_t>(info.st_size);
      entries.push_back(std::move(entry));
    }
    std::ranges::sort(entries, {}, &DirectoryEntry::name);
    return entries;
  }

  bool Exists(const std::string& path) override { return ::access(path.c_str(), F_OK) == 0; }

  Result<std::uint64_t> FreeBytes(const std::string& path) override {
    struct statvfs info {};
    if (RetryInterrupted([&] { return ::statvfs(path.c_str(), &info); }) < 0) {
      return SystemError("statvfs", path, errno);
    }
    return static_cast<std::uint64_t>(info.f_bavail) * info.f_frsize;
  }

  Result<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    ASSIGN_OR_RETURN(Descriptor file, Open("open lock file", path, O_RDWR | O_CREAT));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) < 0) {
      if (errno != EWOULDBLOCK) return SystemError("lock", path, errno);
      return Error(ErrorCode::kFailedPrecondition,
                   fmt::format("lock {}: {} holds it; stop that process or use another folder",
                               path, HolderOf(file)));
    }
    const std::string holder = fmt::format("{}\n", ::getpid());
    if (::ftruncate(file.get(), 0) < 0 || ::pwrite(file.get(), holder.data(), holder.size(), 0) !=
                                              static_cast<ssize_t>(holder.size())) {
      return SystemError("write lock file", path, errno);
    }
    return std::unique_ptr<FileLock>(new RealFileLock(std::move(file)));
  }

 private:
  static std::string HolderOf(const Descriptor& file) {
    char text[32];  // A process id and a newline.
    const ssize_t got = ::pread(file.get(), text, sizeof text, 0);
    std::string_view holder(text, got > 0 ? static_cast<std::size_t>(got) : 0);
    holder = holder.substr(0, holder.find_first_not_of("0123456789"));
    return holder.empty() ? "another process" : fmt::format("process {}", holder);
  }
};

}  // namespace

ErrorCode ErrorCodeOfErrno(int error_number) {
  switch (error_number) {
    case ENOENT:
      return ErrorCode::kNotFound;
    case EEXIST:
      return ErrorCode::kAlreadyExists;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kIo;
  }
}

FileSystem& RealFileSystem() {
  static OperatingSystemFiles files;
  return files;
}

}  // namespace vivace

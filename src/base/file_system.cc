#include "base/file_system.h"

#include <fmt/core.h>

namespace vivace {

Result<std::string> ReadWholeFile(FileSystem& files, const std::string& path,
                                  std::uint64_t bytes_max) {
  ASSIGN_OR_RETURN(const std::unique_ptr<RandomAccessFile> file, files.OpenFile(path));
  const std::uint64_t size = file->size();
  if (size > bytes_max) {
    return Error(
        ErrorCode::kResourceExhausted,
        fmt::format("read {}: it has {} bytes, at most {} are taken", path, size, bytes_max));
  }
  std::string content(static_cast<std::size_t>(size), '\0');
  RETURN_IF_ERROR(file->ReadAt(0, std::as_writable_bytes(std::span<char>(content))));
  return content;
}

namespace {

Status WriteAndSync(FileSystem& files, const std::string& path, ByteView content) {
  ASSIGN_OR_RETURN(const std::unique_ptr<WritableFile> file, files.CreateFile(path));
  RETURN_IF_ERROR(file->Append(content));
  RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

}  // namespace

Status WriteFileAtomically(FileSystem& files, const std::string& path, ByteView content) {
  const std::string temporary = path + ".tmp";
  if (files.Exists(temporary)) RETURN_IF_ERROR(files.Remove(temporary));
  Status status = WriteAndSync(files, temporary, content);
  if (status.ok()) status = files.Rename(temporary, path);
  if (!status.ok()) {
    IgnoreError(files.Remove(temporary), "left over; the next write to this path removes it");
    return status;
  }
  return files.SyncDirectory(ParentPath(path));
}

std::string JoinPath(std::string_view folder, std::string_view name) {
  if (folder.empty()) return std::string(name);
  if (folder.back() == '/') return fmt::format("{}{}", folder, name);
  return fmt::format("{}/{}", folder, name);
}

std::string ParentPath(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return ".";
  if (slash == 0) return "/";
  return std::string(path.substr(0, slash));
}

}  // namespace vivace

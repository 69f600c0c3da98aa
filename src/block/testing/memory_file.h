#pragma once
// A file of fixed bytes, for reading damaged blocks without a disk.

#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include "base/file_system.h"

namespace vivace::block::testing {

/// Serves `bytes`. Thread-safe.
class MemoryFile final : public RandomAccessFile {
 public:
  explicit MemoryFile(std::string bytes) : bytes_(std::move(bytes)) {}
  std::uint64_t size() const override { return bytes_.size(); }
  Status ReadAt(std::uint64_t offset, std::span<std::byte> out) const override {
    if (offset > bytes_.size() || out.size() > bytes_.size() - offset) {
      return Error(ErrorCode::kCorruption, "read past the end of a memory file");
    }
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
    return OkStatus();
  }

 private:
  const std::string bytes_;
};

}  // namespace vivace::block::testing

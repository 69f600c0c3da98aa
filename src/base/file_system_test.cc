#include "base/file_system.h"

#include <stdlib.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/simulated_file_system.h"

namespace vivace {
namespace {

using ::testing::HasSubstr;

// What both file systems must do alike: the tests of everything else run on the simulated one.
class FileSystemTest : public ::testing::TestWithParam<const char*> {
 protected:
  FileSystemTest() {
    if (std::string(GetParam()) == "simulated") {
      folder_ = "/test";
      files_ = &simulated_;
      EXPECT_TRUE(files_->CreateDirectories(folder_).ok());
      return;
    }
    std::string pattern = (std::filesystem::temp_directory_path() / "vivace-XXXXXX").string();
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
    files_ = &RealFileSystem();
  }
  ~FileSystemTest() override {
    std::error_code ignored;
    if (files_ != &simulated_) std::filesystem::remove_all(folder_, ignored);
  }

  std::string Path(const std::string& name) { return JoinPath(folder_, name); }
  void Write(const std::string& path, std::string_view content) {
    Result<std::unique_ptr<WritableFile>> file = files_->CreateFile(path);
    ASSERT_TRUE(file.ok()) << file.error().ToString();
    ASSERT_TRUE((*file)->Append(AsBytes(content)).ok());
    ASSERT_TRUE((*file)->Sync().ok());
    ASSERT_TRUE((*file)->Close().ok());
  }
  std::string Read(const std::string& path) {
    const Result<std::string> content = ReadWholeFile(*files_, path, 1 << 20);
    return content.ok() ? *content : content.error().ToString();
  }

  SimulatedFileSystem simulated_{1};
  FileSystem* files_ = nullptr;
  std::string folder_;
};

TEST_P(FileSystemTest, ReadsBackWhatWasWritten) {
  Write(Path("a"), "hello world");
  EXPECT_EQ(Read(Path("a")), "hello world");
  const auto file = *files_->OpenFile(Path("a"));
  EXPECT_EQ(file->size(), 11U);
  std::array<std::byte, 5> bytes{};
  ASSERT_TRUE(file->ReadAt(6, bytes).ok());
  EXPECT_EQ(AsText(bytes), "world");
}

TEST_P(FileSystemTest, FailsToReadPastTheEnd) {
  Write(Path("a"), "hello");
  const auto file = *files_->OpenFile(Path("a"));
  std::array<std::byte, 5> bytes{};
  EXPECT_EQ(file->ReadAt(1, bytes).error().code(), ErrorCode::kCorruption);
}

TEST_P(FileSystemTest, NamesPathAndReasonOfAFailure) {
  const auto missing = files_->OpenFile(Path("missing"));
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code(), ErrorCode::kNotFound);
  EXPECT_THAT(missing.error().message(), HasSubstr(Path("missing")));
  EXPECT_EQ(files_->Remove(Path("missing")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->Rename(Path("missing"), Path("b")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->List(Path("missing")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->SyncFile(Path("missing")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->SyncDirectory(Path("missing")).error().code(), ErrorCode::kNotFound);
  EXPECT_EQ(files_->CreateFile(Path("no/folder")).error().code(), ErrorCode::kNotFound);
}

TEST_P(FileSystemTest, DoesNotCreateOverAFile) {
  Write(Path("a"), "hello");
  EXPECT_EQ(files_->CreateFile(Path("a")).error().code(), ErrorCode::kAlreadyExists);
  EXPECT_EQ(Read(Path("a")), "hello");
}

TEST_P(FileSystemTest, PreallocationKeepsTheSize) {
  const auto file = *files_->CreateFile(Path("a"));
  ASSERT_TRUE(file->Preallocate(1 << 20).ok());
  ASSERT_TRUE(file->Append(AsBytes("abc")).ok());
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_EQ(Read(Path("a")), "abc");
}

TEST_P(FileSystemTest, RenamesOverAnOldFileAndRemoves) {
  Write(Path("a"), "new");
  Write(Path("b"), "old");
  ASSERT_TRUE(files_->Rename(Path("a"), Path("b")).ok());
  EXPECT_EQ(Read(Path("b")), "new");
  EXPECT_FALSE(files_->Exists(Path("a")));
  ASSERT_TRUE(files_->Remove(Path("b")).ok());
  EXPECT_FALSE(files_->Exists(Path("b")));
}

TEST_P(FileSystemTest, ListsFilesAndFoldersByName) {
  Write(Path("b"), "12345");
  ASSERT_TRUE(files_->CreateDirectories(Path("a/inner")).ok());
  ASSERT_TRUE(files_->CreateDirectories(Path("a/inner")).ok());
  Write(Path("a/x"), "not listed");
  const auto entries = files_->List(folder_);
  ASSERT_TRUE(entries.ok());
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].name, "a");
  EXPECT_TRUE((*entries)[0].is_directory);
  EXPECT_EQ((*entries)[1].name, "b");
  EXPECT_EQ((*entries)[1].size, 5U);
  EXPECT_FALSE((*entries)[1].is_directory);
}

TEST_P(FileSystemTest, DoesNotMakeAFolderWhereAFileIs) {
  Write(Path("a"), "file");
  EXPECT_FALSE(files_->CreateDirectories(Path("a")).ok());
  EXPECT_FALSE(files_->CreateDirectories(Path("a/b")).ok());
}

TEST_P(FileSystemTest, SyncsFoldersAndClosedFiles) {
  Write(Path("a"), "x");
  EXPECT_TRUE(files_->SyncFile(Path("a")).ok());
  EXPECT_TRUE(files_->SyncDirectory(folder_).ok());
}

TEST_P(FileSystemTest, SaysHowMuchSpaceIsFree) {
  const auto bytes = files_->FreeBytes(folder_);
  ASSERT_TRUE(bytes.ok());
  EXPECT_GT(*bytes, 0U);
}

TEST_P(FileSystemTest, ReadWholeFileRefusesWhatIsTooLarge) {
  Write(Path("a"), "12345");
  const auto content = ReadWholeFile(*files_, Path("a"), 4);
  ASSERT_FALSE(content.ok());
  EXPECT_EQ(content.error().code(), ErrorCode::kResourceExhausted);
  EXPECT_THAT(content.error().message(), HasSubstr("it has 5 bytes, at most 4 are taken"));
}

TEST_P(FileSystemTest, WritesFilesAtomicallyOverOldAndLeftOverOnes) {
  Write(Path("a.tmp"), "left over by a crash");
  ASSERT_TRUE(WriteFileAtomically(*files_, Path("a"), AsBytes("first")).ok());
  ASSERT_TRUE(WriteFileAtomically(*files_, Path("a"), AsBytes("second")).ok());
  EXPECT_EQ(Read(Path("a")), "second");
  EXPECT_FALSE(files_->Exists(Path("a.tmp")));
}

TEST_P(FileSystemTest, OneHolderHasTheLock) {
  {
    const auto held = files_->Lock(Path("LOCK"));
    ASSERT_TRUE(held.ok()) << held.error().ToString();
    const auto second = files_->Lock(Path("LOCK"));
    ASSERT_FALSE(second.ok());
    EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
  }
  EXPECT_TRUE(files_->Lock(Path("LOCK")).ok());
}

INSTANTIATE_TEST_SUITE_P(Both, FileSystemTest, ::testing::Values("real", "simulated"),
                         [](const auto& instance) { return std::string(instance.param); });

class RealFileSystemTest : public FileSystemTest {};

TEST_P(RealFileSystemTest, NamesTheProcessThatHoldsTheLock) {
  const auto held = files_->Lock(Path("LOCK"));
  ASSERT_TRUE(held.ok());
  const auto second = files_->Lock(Path("LOCK"));
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message(),
              HasSubstr("process " + std::to_string(getpid()) + " holds it"));
}

TEST_P(RealFileSystemTest, OpensOnlyRegularFiles) {
  EXPECT_EQ(files_->OpenFile("/dev/full").error().code(), ErrorCode::kIo);
  EXPECT_EQ(files_->OpenFile(folder_).error().code(), ErrorCode::kIo);
}

INSTANTIATE_TEST_SUITE_P(Real, RealFileSystemTest, ::testing::Values("real"),
                         [](const auto& instance) { return std::string(instance.param); });

TEST(ErrorCodeOfErrnoTest, CallsAFullDiskUnavailable) {
  EXPECT_EQ(ErrorCodeOfErrno(ENOSPC), ErrorCode::kUnavailable);
  EXPECT_EQ(ErrorCodeOfErrno(EDQUOT), ErrorCode::kUnavailable);
  EXPECT_EQ(ErrorCodeOfErrno(ENOENT), ErrorCode::kNotFound);
  EXPECT_EQ(ErrorCodeOfErrno(EEXIST), ErrorCode::kAlreadyExists);
  EXPECT_EQ(ErrorCodeOfErrno(EIO), ErrorCode::kIo);
}

TEST(PathTest, JoinsAndSplits) {
  EXPECT_EQ(JoinPath("a", "b"), "a/b");
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("", "b"), "b");
  EXPECT_EQ(ParentPath("a/b/c"), "a/b");
  EXPECT_EQ(ParentPath("/a"), "/");
  EXPECT_EQ(ParentPath("a"), ".");
}

}  // namespace
}  // namespace vivace

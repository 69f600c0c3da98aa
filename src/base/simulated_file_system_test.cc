#include "base/simulated_file_system.h"

#include <memory>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace {
namespace {

using ::testing::SizeIs;

constexpr const char* kPath = "/d/file";

// A disk with the durable folder /d.
std::unique_ptr<SimulatedFileSystem> MakeDisk(std::uint64_t seed) {
  auto disk = std::make_unique<SimulatedFileSystem>(seed);
  EXPECT_TRUE(disk->CreateDirectories("/d").ok());
  EXPECT_TRUE(disk->SyncDirectory("/").ok());
  return disk;
}

// 2000 bytes without a zero and without two equal sectors.
std::string Pattern() {
  std::string bytes;
  for (int i = 0; i < 2000; ++i) bytes.push_back(static_cast<char>(1 + (i * 7 + i / 512) % 255));
  return bytes;
}

TEST(SimulatedFileSystemTest, KeepsSyncedBytesUnderSyncedNamesThroughEveryPowerCut) {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    auto disk = MakeDisk(seed);
    const auto file = *disk->CreateFile(kPath);
    ASSERT_TRUE(file->Append(AsBytes("synced")).ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(disk->SyncDirectory("/d").ok());
    ASSERT_TRUE(file->Append(AsBytes(Pattern())).ok());
    disk->PowerCut();
    EXPECT_TRUE(disk->Content(kPath).starts_with("synced"));
    const std::string once = disk->Content(kPath);
    disk->PowerCut();  // What has survived is on the disk.
    EXPECT_EQ(disk->Content(kPath), once);
  }
}

TEST(SimulatedFileSystemTest, LosesUnsyncedBytesInEveryWayADiskMay) {
  const std::string pattern = Pattern();
  std::set<std::string> kinds;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    auto disk = MakeDisk(seed);
    const auto file = *disk->CreateFile(kPath);
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(disk->SyncDirectory("/d").ok());
    ASSERT_TRUE(file->Append(AsBytes(pattern)).ok());
    disk->PowerCut();
    const std::string left = disk->Content(kPath);
    ASSERT_LE(left.size(), pattern.size());
    if (left.empty()) kinds.insert("nothing");
    if (left == pattern) kinds.insert("everything");
    if (!left.empty() && left.size() < pattern.size() && pattern.starts_with(left)) {
      kinds.insert("prefix");
    }
    if (left.size() == pattern.size() && left.substr(0, 512) != pattern.substr(0, 512) &&
        left.substr(512, 512) == pattern.substr(512, 512)) {
      kinds.insert("later sector without earlier one");
    }
    if (left.find('\0') != std::string::npos) kinds.insert("zeros");
    // Sectors are whole or lost.
    for (std::size_t at = 0; at + 512 <= left.size(); at += 512) {
      const std::string sector = left.substr(at, 512);
      if (sector == pattern.substr(at, 512) || sector == std::string(512, '\0')) continue;
      kinds.insert("rubbish");
    }
  }
  EXPECT_THAT(kinds, SizeIs(6));
}

TEST(SimulatedFileSystemTest, LosesUnsyncedNames) {
  int created = 0;
  int old_content = 0;
  int removed = 0;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    auto disk = MakeDisk(seed);
    disk->SetContent("/d/old", "old");
    disk->SetContent("/d/gone", "gone");
    const auto file = *disk->CreateFile("/d/new");
    ASSERT_TRUE(file->Append(AsBytes("new")).ok());
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(disk->Rename("/d/new", "/d/old").ok());
    ASSERT_TRUE(disk->Remove("/d/gone").ok());
    disk->PowerCut();
    const std::string content = disk->Content("/d/old");
    ASSERT_TRUE(content == "old" || content == "new") << content;
    if (disk->Exists("/d/new")) ++created;
    if (content == "old") ++old_content;
    if (!disk->Exists("/d/gone")) ++removed;
  }
  for (const int count : {created, old_content, removed}) {
    EXPECT_GT(count, 10);
    EXPECT_LT(count, 190);
  }
}

TEST(SimulatedFileSystemTest, LosesAFolderThatIsNotSyncedWithAllThatIsInIt) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    auto disk = MakeDisk(seed);
    ASSERT_TRUE(disk->CreateDirectories("/d/inner").ok());
    const auto file = *disk->CreateFile("/d/inner/file");
    ASSERT_TRUE(file->Sync().ok());
    ASSERT_TRUE(disk->SyncDirectory("/d/inner").ok());
    disk->PowerCut();
    EXPECT_EQ(disk->Exists("/d/inner"), disk->Exists("/d/inner/file"));
    if (!disk->Exists("/d/inner")) ++lost;
  }
  EXPECT_GT(lost, 10);
  EXPECT_LT(lost, 90);
}

TEST(SimulatedFileSystemTest, AtomicWritesHoldTheOldOrTheNewContentThroughEveryPowerCut) {
  for (std::uint64_t cut = 1;; ++cut) {
    bool whole = false;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
      auto disk = MakeDisk(seed);
      ASSERT_TRUE(WriteFileAtomically(*disk, kPath, AsBytes("old")).ok());
      disk->CutPowerAt(disk->operations() + cut);
      whole = WriteFileAtomically(*disk, kPath, AsBytes("new")).ok();
      disk->PowerCut();
      const std::string content = disk->Content(kPath);
      EXPECT_TRUE(content == "new" || (content == "old" && !whole)) << content;
    }
    if (whole) break;
    ASSERT_LT(cut, 20U);
  }
}

TEST(SimulatedFileSystemTest, FailsTheCallThatWasNamedAndOnlyThat) {
  auto disk = MakeDisk(1);
  const auto file = *disk->CreateFile(kPath);
  disk->FailAt(disk->operations() + 2, ErrorCode::kUnavailable);
  EXPECT_TRUE(file->Append(AsBytes("a")).ok());
  const Status failed = file->Append(AsBytes("b"));
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().code(), ErrorCode::kUnavailable);
  EXPECT_TRUE(file->Append(AsBytes("c")).ok());
}

TEST(SimulatedFileSystemTest, FailsForEverIfTold) {
  auto disk = MakeDisk(1);
  const auto file = *disk->CreateFile(kPath);
  disk->FailAt(disk->operations() + 2, ErrorCode::kIo, true);
  EXPECT_TRUE(file->Append(AsBytes("a")).ok());
  EXPECT_FALSE(file->Append(AsBytes("b")).ok());
  EXPECT_FALSE(disk->List("/d").ok());
  EXPECT_FALSE(disk->OpenFile(kPath).ok());
}

TEST(SimulatedFileSystemTest, AFailedWriteLeavesARandomPart) {
  std::set<std::size_t> sizes;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto disk = MakeDisk(seed);
    const auto file = *disk->CreateFile(kPath);
    disk->FailAt(disk->operations() + 1, ErrorCode::kIo);
    EXPECT_FALSE(file->Append(AsBytes("0123456789")).ok());
    EXPECT_TRUE(std::string("0123456789").starts_with(disk->Content(kPath)));
    sizes.insert(disk->Content(kPath).size());
  }
  EXPECT_GT(sizes.size(), 5U);
}

TEST(SimulatedFileSystemTest, ASyncAfterAFailedOneSucceedsWithoutSaving) {
  int lost = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    auto disk = MakeDisk(seed);
    const auto file = *disk->CreateFile(kPath);
    ASSERT_TRUE(disk->SyncDirectory("/d").ok());
    ASSERT_TRUE(file->Append(AsBytes(Pattern())).ok());
    disk->FailAt(disk->operations() + 1, ErrorCode::kIo);
    EXPECT_FALSE(file->Sync().ok());
    EXPECT_TRUE(file->Sync().ok());
    EXPECT_EQ(disk->Content(kPath), Pattern());
    disk->PowerCut();
    if (disk->Content(kPath) != Pattern()) ++lost;
  }
  EXPECT_GT(lost, 20);
}

TEST(SimulatedFileSystemTest, FillsUp) {
  auto disk = MakeDisk(1);
  disk->SetCapacity(100);
  const auto file = *disk->CreateFile(kPath);
  ASSERT_TRUE(file->Preallocate(80).ok());
  EXPECT_EQ(*disk->FreeBytes("/d"), 20U);
  const auto other = *disk->CreateFile("/d/other");
  EXPECT_EQ(other->Preallocate(21).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(other->Append(AsBytes(std::string(25, 'x'))).error().code(), ErrorCode::kUnavailable);
  EXPECT_EQ(disk->Content("/d/other").size(), 20U);
  EXPECT_TRUE(file->Append(AsBytes(std::string(80, 'x'))).ok());  // It was reserved.
  EXPECT_FALSE(file->Append(AsBytes("x")).ok());
  ASSERT_TRUE(disk->Remove("/d/other").ok());
  EXPECT_TRUE(file->Append(AsBytes("x")).ok());
}

TEST(SimulatedFileSystemTest, FilesOpenedBeforeAPowerCutFail) {
  auto disk = MakeDisk(1);
  disk->SetContent(kPath, "x");
  const auto reader = *disk->OpenFile(kPath);
  const auto writer = *disk->CreateFile("/d/other");
  const auto held = *disk->Lock("/d/LOCK");
  disk->PowerCut();
  std::byte byte{};
  EXPECT_FALSE(reader->ReadAt(0, {&byte, 1}).ok());
  EXPECT_FALSE(writer->Append(AsBytes("x")).ok());
  EXPECT_FALSE(writer->Sync().ok());
  EXPECT_TRUE(disk->Lock("/d/LOCK").ok());
}

TEST(SimulatedFileSystemTest, AKilledProcessLosesNothing) {
  auto disk = MakeDisk(1);
  const auto file = *disk->CreateFile(kPath);
  ASSERT_TRUE(file->Append(AsBytes("unsynced")).ok());
  disk->CutPowerAt(disk->operations() + 1);
  EXPECT_FALSE(file->Sync().ok());
  disk->RestartProcess();
  EXPECT_EQ(disk->Content(kPath), "unsynced");
  EXPECT_FALSE(file->Sync().ok());
  EXPECT_TRUE(disk->SyncFile(kPath).ok());
  EXPECT_TRUE(disk->SyncDirectory("/d").ok());
  disk->PowerCut();
  EXPECT_EQ(disk->Content(kPath), "unsynced");
}

TEST(SimulatedFileSystemTest, RepeatsExactlyFromASeed) {
  const auto run = [](std::uint64_t seed) {
    auto disk = MakeDisk(seed);
    for (const char* path : {"/d/a", "/d/b", "/d/c"}) {
      const auto file = *disk->CreateFile(path);
      EXPECT_TRUE(file->Append(AsBytes(Pattern())).ok());
    }
    disk->PowerCut();
    return disk->Content("/d/a") + "|" + disk->Content("/d/b") + "|" + disk->Content("/d/c");
  };
  std::set<std::string> outcomes;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    EXPECT_EQ(run(seed), run(seed));
    outcomes.insert(run(seed));
  }
  EXPECT_GT(outcomes.size(), 10U);
}

}  // namespace
}  // namespace vivace

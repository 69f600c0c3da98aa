#include "storage/manifest.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/checksum.h"
#include "base/simulated_file_system.h"

namespace vivace::storage {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

const std::string kFolder = "/data/manifest";

ManifestBlock Block(std::uint8_t number) {
  ManifestBlock block;
  block.meta.id.bytes[0] = number;
  block.meta.tenant = "tenant-" + std::to_string(number);
  block.meta.created_unix_ns = 100 + number;
  block.meta.start_unix_ns_min = 1;
  block.meta.start_unix_ns_max = 2;
  block.meta.end_unix_ns_max = 3;
  block.meta.trace_start_unix_ns_min = 4;
  block.meta.trace_start_unix_ns_max = 5;
  block.meta.spans = 6;
  block.meta.traces = 7;
  block.meta.bytes = 8;
  return block;
}

Manifest Example() {
  Manifest manifest;
  manifest.generation = 7;
  manifest.written_unix_ns = -5;
  manifest.release_segment = 3;
  manifest.release_offset = 4096;
  manifest.blocks = {Block(1), Block(2)};
  manifest.blocks[1].quarantined = true;
  manifest.blocks[1].quarantine_reason = "footer is torn";
  return manifest;
}

// The same bytes with a right checksum.
std::string Resealed(std::string bytes) {
  bytes.resize(bytes.size() - 4);
  ByteWriter out;
  out.Raw(bytes);
  out.U32(Crc32c(AsBytes(bytes)));
  return out.Take();
}

TEST(ManifestTest, ComesBackAsItWas) {
  const Manifest manifest = Example();
  const std::string bytes = EncodeManifest(manifest);
  const Result<Manifest> decoded = DecodeManifest(AsBytes(bytes));
  ASSERT_TRUE(decoded.ok()) << decoded.error().ToString();
  EXPECT_EQ(*decoded, manifest);
}

TEST(ManifestTest, HasTheBytesThatTheDocumentShows) {
  Manifest manifest;
  manifest.generation = 2;
  manifest.release_segment = 1;
  const std::string bytes = EncodeManifest(manifest);
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<unsigned char>(c));
  EXPECT_EQ(hex,
            "5649564d414e494601000000"
            "0200000000000000"
            "0000000000000000"
            "01000000000000000000000000000000"
            "00000000"
            "7ddfaec5");
}

// Written by hand from docs/storage.md; every later version reads it.
TEST(ManifestTest, ReadsTheGoldenFileOfVersion1) {
  const std::string bytes =
      ReadWholeFile(RealFileSystem(), "tests/corpus/manifest_fuzz/two-blocks-v1", 4096).value();
  const Result<Manifest> decoded = DecodeManifest(AsBytes(bytes));
  ASSERT_TRUE(decoded.ok()) << decoded.error().ToString();
  EXPECT_EQ(decoded->generation, 7U);
  EXPECT_EQ(decoded->written_unix_ns, 1'700'000'000'000'000'007);
  EXPECT_EQ(decoded->release_segment, 3U);
  EXPECT_EQ(decoded->release_offset, 4096U);
  ASSERT_EQ(decoded->blocks.size(), 2U);
  const ManifestBlock& served = decoded->blocks[0];
  EXPECT_EQ(served.meta.id.ToHex(), "01000000000000000000000000000000");
  EXPECT_FALSE(served.quarantined);
  EXPECT_EQ(served.meta.tenant, "common");
  EXPECT_EQ(served.meta.created_unix_ns, 1'700'000'000'000'000'001);
  EXPECT_EQ(served.meta.start_unix_ns_min, 11U);
  EXPECT_EQ(served.meta.start_unix_ns_max, 21U);
  EXPECT_EQ(served.meta.end_unix_ns_max, 31U);
  EXPECT_EQ(served.meta.trace_start_unix_ns_min, 11U);
  EXPECT_EQ(served.meta.trace_start_unix_ns_max, 20U);
  EXPECT_EQ(served.meta.spans, 100U);
  EXPECT_EQ(served.meta.traces, 10U);
  EXPECT_EQ(served.meta.bytes, 5000U);
  EXPECT_TRUE(decoded->blocks[1].quarantined);
  EXPECT_EQ(decoded->blocks[1].quarantine_reason, "footer is torn");
  EXPECT_EQ(EncodeManifest(*decoded), bytes);
}

TEST(ManifestTest, EveryFlippedBitIsSeen) {
  const std::string bytes = EncodeManifest(Example());
  for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
    const Result<Manifest> decoded = DecodeManifest(AsBytes(flipped));
    ASSERT_FALSE(decoded.ok()) << "bit " << bit;
    EXPECT_EQ(decoded.error().code(), ErrorCode::kCorruption) << "bit " << bit;
  }
}

TEST(ManifestTest, EveryPrefixIsRefused) {
  const std::string bytes = EncodeManifest(Example());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_FALSE(DecodeManifest(AsBytes(bytes.substr(0, size))).ok()) << size;
  }
}

TEST(ManifestTest, RefusesContentThatOnlyTheChecksumLikes) {
  const std::string good = EncodeManifest(Example());
  const auto decode = [](const std::string& bytes) {
    return DecodeManifest(AsBytes(Resealed(bytes)));
  };
  ASSERT_TRUE(decode(good).ok());

  std::string newer = good;
  newer[8] = 2;
  EXPECT_EQ(decode(newer).error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(decode(newer).error().message(), HasSubstr("version 2"));

  std::string many = good;
  many[47] = '\x7f';  // Two thousand million blocks.
  EXPECT_THAT(decode(many).error().message(), HasSubstr("announced"));

  std::string fewer = good;
  fewer[44] = 1;
  EXPECT_THAT(decode(fewer).error().message(), HasSubstr("after the last block"));

  std::string state = good;
  state[48 + 16] = 2;
  EXPECT_THAT(decode(state).error().message(), HasSubstr("block state 2"));

  Manifest unsorted = Example();
  std::swap(unsorted.blocks[0], unsorted.blocks[1]);
  EXPECT_THAT(decode(EncodeManifest(unsorted)).error().message(), HasSubstr("ascending"));
}

class ManifestFolderTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(disk_.CreateDirectories(kFolder).ok());
    for (const char* folder : {"/", "/data", "/data/manifest"}) {
      ASSERT_TRUE(disk_.SyncDirectory(folder).ok());
    }
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    const std::vector<DirectoryEntry> entries = disk_.List(kFolder).value();
    for (const DirectoryEntry& entry : entries) names.push_back(entry.name);
    return names;
  }

  SimulatedFileSystem disk_{1};
};

TEST_F(ManifestFolderTest, StartsEmpty) {
  ManifestFolder folder(disk_, kFolder);
  const auto loaded = folder.Load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->found);
  EXPECT_TRUE(loaded->damaged.empty());
}

TEST_F(ManifestFolderTest, KeepsTheTwoNewestGenerations) {
  ManifestFolder folder(disk_, kFolder);
  Manifest manifest = Example();
  for (std::uint64_t generation = 1; generation <= 4; ++generation) {
    ASSERT_TRUE(folder.Commit(manifest).ok());
    EXPECT_EQ(manifest.generation, generation);
  }
  EXPECT_THAT(Names(), ElementsAre("manifest-0000000000000003", "manifest-0000000000000004"));
  ManifestFolder again(disk_, kFolder);
  EXPECT_EQ(again.Load().value().manifest, manifest);
  ASSERT_TRUE(again.Commit(manifest).ok());
  EXPECT_EQ(manifest.generation, 5U);
}

TEST_F(ManifestFolderTest, FallsBackFromADamagedGenerationAndSaysSo) {
  Manifest manifest = Example();
  {
    ManifestFolder folder(disk_, kFolder);
    ASSERT_TRUE(folder.Commit(manifest).ok());
    Manifest newer = manifest;
    newer.release_segment = 99;
    ASSERT_TRUE(folder.Commit(newer).ok());
  }
  const std::string newest = JoinPath(kFolder, "manifest-0000000000000002");
  disk_.SetContent(newest, disk_.Content(newest).substr(0, 60));

  ManifestFolder folder(disk_, kFolder);
  const auto loaded = folder.Load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_EQ(loaded->manifest, manifest);
  ASSERT_EQ(loaded->damaged.size(), 1U);
  EXPECT_EQ(loaded->damaged[0].name, "manifest-0000000000000002");
  EXPECT_THAT(loaded->damaged[0].reason, HasSubstr("checksum"));
  // Its number is not taken again.
  ASSERT_TRUE(folder.Commit(manifest).ok());
  EXPECT_EQ(manifest.generation, 3U);
}

TEST_F(ManifestFolderTest, RefusesNewerVersionsWithoutWriting) {
  std::string newer = EncodeManifest(Example());
  newer[8] = 2;
  disk_.SetContent(JoinPath(kFolder, "manifest-0000000000000007"), Resealed(newer));
  disk_.SetContent(JoinPath(kFolder, "manifest-0000000000000006"), EncodeManifest(Example()));
  ManifestFolder folder(disk_, kFolder);
  const auto loaded = folder.Load();
  ASSERT_FALSE(loaded.ok());
  EXPECT_EQ(loaded.error().code(), ErrorCode::kUnsupported);
  EXPECT_THAT(Names(), ElementsAre("manifest-0000000000000006", "manifest-0000000000000007"));
}

TEST_F(ManifestFolderTest, ARenamedGenerationIsDamage) {
  disk_.SetContent(JoinPath(kFolder, "manifest-0000000000000009"), EncodeManifest(Example()));
  ManifestFolder folder(disk_, kFolder);
  const auto loaded = folder.Load();
  ASSERT_TRUE(loaded.ok());
  EXPECT_FALSE(loaded->found);
  ASSERT_EQ(loaded->damaged.size(), 1U);
}

TEST_F(ManifestFolderTest, AfterAnyFailureAndPowerCutTheOldOrTheNewGenerationIsThere) {
  for (std::uint64_t step = 1; step < 40; ++step) {
    for (const bool power_cut : {false, true}) {
      SimulatedFileSystem disk(step);
      ASSERT_TRUE(disk.CreateDirectories(kFolder).ok());
      for (const char* path : {"/", "/data", "/data/manifest"}) {
        ASSERT_TRUE(disk.SyncDirectory(path).ok());
      }
      ManifestFolder folder(disk, kFolder);
      Manifest old = Example();
      ASSERT_TRUE(folder.Commit(old).ok());
      if (power_cut) {
        disk.CutPowerAt(disk.operations() + step);
      } else {
        disk.FailAt(disk.operations() + step, ErrorCode::kUnavailable);
      }
      Manifest next = old;
      next.release_segment = 77;
      const Status committed = folder.Commit(next);
      disk.PowerCut();

      ManifestFolder again(disk, kFolder);
      const auto loaded = again.Load();
      ASSERT_TRUE(loaded.ok()) << loaded.error().ToString();
      EXPECT_TRUE(loaded->damaged.empty());
      EXPECT_TRUE(loaded->manifest == next || (!committed.ok() && loaded->manifest == old))
          << "step " << step;
    }
  }
}

TEST_F(ManifestFolderTest, SweepsUnfinishedFiles) {
  disk_.SetContent(JoinPath(kFolder, "manifest-0000000000000003.tmp"), "half");
  disk_.SetContent(JoinPath(kFolder, "notes.txt"), "mine");
  ManifestFolder folder(disk_, kFolder);
  folder.SweepTemporaries();
  EXPECT_THAT(Names(), ElementsAre("notes.txt"));
}

TEST(ManifestNameTest, OnlyWholeNumbersCount) {
  EXPECT_EQ(ParseManifestName("manifest-0000000000000012"), 12U);
  EXPECT_EQ(ParseManifestName("manifest-12"), 0U);
  EXPECT_EQ(ParseManifestName("manifest-000000000000001x"), 0U);
  EXPECT_EQ(ParseManifestName("manifest-0000000000000012.tmp"), 0U);
  EXPECT_EQ(ParseManifestName("other"), 0U);
}

}  // namespace
}  // namespace vivace::storage

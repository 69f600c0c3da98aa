// Blocks from writing to reading: what goes in comes out, and damage is found.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/checksum.h"
#include "base/random.h"
#include "base/simulated_file_system.h"
#include "block/block_reader.h"
#include "block/block_writer.h"
#include "block/row_group_builder.h"
#include "block/testing/memory_file.h"
#include "block/testing/random_traces.h"

namespace vivace::block {
namespace {

using testing::FlatSpan;
using testing::Flatten;
using testing::MemoryFile;
using testing::RandomTraces;
using testing::SameSpans;
using Traces = std::map<TraceId, std::vector<FlatSpan>>;

constexpr const char* kPath = "/blocks/a.block";

BlockWriter::Config TestConfig() {
  SeededRandom random(9);
  return {.id = BlockId::Make(random), .tenant = "tenant", .created_unix_ns = 1234};
}

std::shared_ptr<const RowGroup> RowsOf(const TraceData& data) {
  RowGroupBuilder builder;
  EXPECT_TRUE(builder.Add(data).ok());
  return builder.Finish();
}

// Writes a block at kPath; the first error ends it.
Result<BlockMeta> Write(FileSystem& files, const std::vector<TraceData>& row_groups) {
  RETURN_IF_ERROR(files.CreateDirectories("/blocks"));
  RETURN_IF_ERROR(files.SyncDirectory("/"));
  ASSIGN_OR_RETURN(const auto writer, BlockWriter::Create(files, kPath, TestConfig()));
  for (const TraceData& data : row_groups) RETURN_IF_ERROR(writer->Add(*RowsOf(data)));
  return writer->Finish();
}

std::string BlockBytes(const std::vector<TraceData>& row_groups) {
  SimulatedFileSystem files(1);
  const auto meta = Write(files, row_groups);
  EXPECT_TRUE(meta.ok()) << meta.error().message();
  std::string bytes = files.Content(kPath);
  if (meta.ok()) {
    EXPECT_EQ(meta->bytes, bytes.size());
  }
  return bytes;
}

Result<std::unique_ptr<BlockReader>> OpenBytes(std::string bytes) {
  return BlockReader::Open(std::make_unique<MemoryFile>(std::move(bytes)), "test");
}

TraceData SmallData(std::uint64_t seed) {
  SeededRandom random(seed);
  return RandomTraces(random, {.traces = 3, .spans_per_trace_max = 3, .attributes_max = 4});
}

// Everything that a block answers, or the first error.
struct Answers {
  BlockMeta meta;
  Catalogue catalogue;
  std::vector<TraceData> traces;
  std::vector<RowGroupColumns> row_groups;
  bool operator==(const Answers&) const = default;
};
Result<Answers> Ask(const std::string& bytes, const Traces& expected) {
  ASSIGN_OR_RETURN(const auto reader, OpenBytes(bytes));
  Answers answers{reader->meta(), reader->catalogue(), {}, {}};
  for (const auto& [id, spans] : expected) {
    ASSIGN_OR_RETURN(const bool found, reader->AppendTrace(id, answers.traces.emplace_back()));
    if (!found) return Error(ErrorCode::kNotFound, "a trace is gone");
  }
  for (std::size_t i = 0; i < reader->row_group_count(); ++i) {
    ASSIGN_OR_RETURN(const auto rows, reader->LoadRowGroup(i));
    answers.row_groups.push_back(rows->columns());
  }
  return answers;
}

TEST(BlockFileTest, EveryFieldOfRandomTracesComesBack) {
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    SeededRandom random(seed);
    std::vector<TraceData> row_groups;
    TraceData all;
    for (std::uint64_t i = 0; i <= random.Below(4); ++i) {
      row_groups.push_back(RandomTraces(random, {.traces = 1 + random.Below(40)}));
      // A trace that goes on in another row group.
      if (i > 0) {
        row_groups.back().resource_spans.push_back(row_groups.front().resource_spans.front());
      }
      for (const ResourceSpans& in : row_groups.back().resource_spans) {
        all.resource_spans.push_back(in);
      }
    }
    const auto reader = OpenBytes(BlockBytes(row_groups));
    ASSERT_TRUE(reader.ok()) << reader.error().message();
    const Status verified = (*reader)->Verify();
    ASSERT_TRUE(verified.ok()) << verified.error().message();
    const Traces expected = Flatten(all);
    EXPECT_EQ((*reader)->meta().traces, expected.size());
    EXPECT_EQ((*reader)->meta().spans, all.SpanCount());
    for (const auto& [id, spans] : expected) {
      TraceData trace;
      const auto found = (*reader)->AppendTrace(id, trace);
      ASSERT_TRUE(found.ok()) << found.error().message();
      ASSERT_TRUE(*found);
      ASSERT_TRUE(SameSpans(spans, Flatten(trace).at(id))) << "seed " << seed;
    }
    for (std::size_t i = 0; i < row_groups.size(); ++i) {
      const auto rows = (*reader)->LoadRowGroup(i);
      ASSERT_TRUE(rows.ok());
      EXPECT_EQ((*rows)->columns(), RowsOf(row_groups[i])->columns());
    }
  }
}

TEST(BlockFileTest, MetaTellsTimesAndCounts) {
  const TraceData data = SmallData(1);
  SimulatedFileSystem files(1);
  const auto written = Write(files, {data, SmallData(2)});
  ASSERT_TRUE(written.ok());
  const auto reader = BlockReader::Open(files, kPath);
  ASSERT_TRUE(reader.ok());
  const BlockMeta& meta = (*reader)->meta();
  EXPECT_EQ(meta, *written);
  EXPECT_EQ(meta.id, TestConfig().id);
  EXPECT_EQ(meta.tenant, "tenant");
  EXPECT_EQ(meta.created_unix_ns, 1234);
  std::uint64_t start_min = ~0ULL, start_max = 0, end_max = 0;
  for (const TraceData& part : {data, SmallData(2)}) {
    for (const auto& [id, spans] : Flatten(part)) {
      for (const FlatSpan& flat : spans) {
        start_min = std::min(start_min, flat.span.start_unix_ns);
        start_max = std::max(start_max, flat.span.start_unix_ns);
        end_max = std::max(end_max, flat.span.end_unix_ns);
      }
    }
  }
  EXPECT_EQ(meta.start_unix_ns_min, start_min);
  EXPECT_EQ(meta.start_unix_ns_max, start_max);
  EXPECT_EQ(meta.end_unix_ns_max, end_max);
  EXPECT_EQ((*reader)->row_group(0).spans, data.SpanCount());
}

TEST(BlockFileTest, UnknownTracesAreNotFound) {
  const auto reader = OpenBytes(BlockBytes({SmallData(1)}));
  ASSERT_TRUE(reader.ok());
  SeededRandom random(77);
  for (std::size_t i = 0; i < 100; ++i) {
    TraceId id;
    id.bytes[i % 16] = static_cast<std::uint8_t>(random.Next());
    TraceData out;
    const auto found = (*reader)->AppendTrace(id, out);
    ASSERT_TRUE(found.ok());
    EXPECT_FALSE(*found);
    EXPECT_FALSE((*reader)->MayHaveTrace(id));
    EXPECT_TRUE(out.resource_spans.empty());
  }
}

TEST(BlockFileTest, EverySingleBitFlipIsFound) {
  const TraceData data = SmallData(3);
  const std::string good = BlockBytes({data});
  const Traces expected = Flatten(data);
  const auto truth = Ask(good, expected);
  ASSERT_TRUE(truth.ok());
  for (std::size_t bit = 0; bit < good.size() * 8; ++bit) {
    std::string bytes = good;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << (bit % 8)));
    const auto answers = Ask(bytes, expected);
    if (bit / 8 < kBlockHeaderBytes) {
      // Only Verify reads the header.
      ASSERT_TRUE(answers.ok());
      ASSERT_TRUE(*answers == *truth);
      ASSERT_FALSE((*OpenBytes(bytes))->Verify().ok()) << "bit " << bit;
    } else {
      ASSERT_FALSE(answers.ok()) << "bit " << bit << " of byte " << bit / 8;
    }
  }
}

TEST(BlockFileTest, EveryTruncationIsRefused) {
  const std::string good = BlockBytes({SmallData(3)});
  for (std::size_t size = 0; size < good.size(); ++size) {
    const auto reader = OpenBytes(good.substr(0, size));
    ASSERT_FALSE(reader.ok()) << size;
    EXPECT_EQ(reader.error().code(), ErrorCode::kCorruption) << size;
  }
  for (const std::string& more : {std::string(1, '\0'), std::string(28, 'x'), good}) {
    const auto reader = OpenBytes(good + more);
    EXPECT_FALSE(reader.ok() && (*reader)->Verify().ok());
  }
}

TEST(BlockFileTest, NewerVersionsAreRefusedWithARemedy) {
  std::string bytes = BlockBytes({SmallData(3)});
  bytes[bytes.size() - 12] = 2;
  const auto reader = OpenBytes(bytes);
  ASSERT_FALSE(reader.ok());
  EXPECT_EQ(reader.error().code(), ErrorCode::kUnsupported);
  EXPECT_NE(reader.error().message().find("block version 2, this build reads up to 1"),
            std::string::npos)
      << reader.error().message();
}

// A wrong footer with a right checksum: what a fault of a writer, not of a disk, would leave.
TEST(BlockFileTest, PartsThatOverlapOrLeaveGapsAreRefused) {
  const std::string good = BlockBytes({SmallData(3)});
  const auto trailer = DecodeBlockTrailer(AsBytes(good), good.size());
  ASSERT_TRUE(trailer.ok());
  const Extent place = trailer->footer;
  const auto footer =
      DecodeBlockFooter(AsBytes(good).subspan(place.offset, place.size), *trailer, good.size());
  ASSERT_TRUE(footer.ok());
  const std::string parts = good.substr(0, place.offset);
  ASSERT_EQ(parts + EncodeBlockFooter(*footer, place.offset), good);
  using Damage = void (*)(BlockFooter&);
  for (const Damage damage :
       std::vector<Damage>{[](BlockFooter& f) { f.fingerprints.extent.offset += 1; },
                           [](BlockFooter& f) { f.catalogue.extent.size -= 1; },
                           [](BlockFooter& f) { f.catalogue.extent.size = ~0ULL; },
                           [](BlockFooter& f) { f.locations.raw_bytes = ~0ULL; },
                           [](BlockFooter& f) { f.trace_entries = ~0ULL; },
                           [](BlockFooter& f) { f.trace_entries = 1ULL << 61; },
                           [](BlockFooter& f) { f.row_groups[0].index.extent.offset = 3; },
                           [](BlockFooter& f) { f.row_groups[0].index.extent.offset = ~0ULL; },
                           [](BlockFooter& f) { f.row_groups[0].summary.traces = 0; },
                           [](BlockFooter& f) { f.row_groups.clear(); }}) {
    BlockFooter wrong = *footer;
    damage(wrong);
    const auto reader = OpenBytes(parts + EncodeBlockFooter(wrong, place.offset));
    ASSERT_FALSE(reader.ok());
    EXPECT_EQ(reader.error().code(), ErrorCode::kCorruption);
  }
  for (const Damage damage : std::vector<Damage>{
           [](BlockFooter& f) { f.meta.spans += 1; }, [](BlockFooter& f) { f.meta.traces += 1; },
           [](BlockFooter& f) { f.meta.start_unix_ns_min -= 1; },
           [](BlockFooter& f) { f.row_groups[0].summary.bounds.duration_max += 1; },
           [](BlockFooter& f) { f.row_groups[0].summary.traces += 1; }}) {
    BlockFooter wrong = *footer;
    damage(wrong);
    const auto reader = OpenBytes(parts + EncodeBlockFooter(wrong, place.offset));
    ASSERT_TRUE(reader.ok()) << reader.error().message();
    EXPECT_FALSE((*reader)->Verify().ok());
  }
}

TEST(BlockFileTest, DecodingKeepsToItsBudget) {
  BlockReaderOptions options;
  options.decoded_bytes_max = 3000;
  const auto reader =
      BlockReader::Open(std::make_unique<MemoryFile>(BlockBytes({SmallData(3)})), "test", options);
  if (reader.ok()) {
    const auto rows = (*reader)->LoadRowGroup(0);
    ASSERT_FALSE(rows.ok());
    EXPECT_EQ(rows.error().code(), ErrorCode::kCorruption);
  } else {
    EXPECT_EQ(reader.error().code(), ErrorCode::kCorruption);
  }
}

TEST(BlockWriterTest, FailureOfAnyFileOperationLeavesNoBlock) {
  const TraceData data = SmallData(4);
  SimulatedFileSystem healthy(1);
  ASSERT_TRUE(Write(healthy, {data}).ok());
  const std::uint64_t operations = healthy.operations();
  ASSERT_GT(operations, 5U);
  for (const ErrorCode code : {ErrorCode::kIo, ErrorCode::kUnavailable}) {
    for (std::uint64_t n = 1; n <= operations; ++n) {
      SimulatedFileSystem files(n);
      files.FailAt(n, code);
      const auto meta = Write(files, {data});
      ASSERT_FALSE(meta.ok()) << n;
      EXPECT_EQ(meta.error().code(), code);
      EXPECT_FALSE(files.Exists(kPath)) << n;
      EXPECT_FALSE(files.Exists(std::string(kPath) + ".tmp")) << n;
      // The same again works: nothing is in the way.
      EXPECT_TRUE(Write(files, {data}).ok()) << n;
    }
  }
}

TEST(BlockWriterTest, PowerCutAtAnyOperationLeavesAWholeBlockOrNone) {
  const TraceData data = SmallData(4);
  SimulatedFileSystem healthy(1);
  ASSERT_TRUE(Write(healthy, {data}).ok());
  for (std::uint64_t n = 1; n <= healthy.operations() + 1; ++n) {
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
      SimulatedFileSystem files(seed);
      files.CutPowerAt(n);
      const bool acknowledged = Write(files, {data}).ok();
      files.PowerCut();
      ASSERT_TRUE(files.Exists(kPath) || !acknowledged) << n;
      if (!files.Exists(kPath)) continue;
      const auto reader = BlockReader::Open(files, kPath);
      ASSERT_TRUE(reader.ok()) << n << ": " << reader.error().message();
      EXPECT_TRUE((*reader)->Verify().ok()) << n;
    }
  }
}

TEST(BlockWriterTest, RefusesToReplaceABlockAndToWriteAnEmptyOne) {
  SimulatedFileSystem files(1);
  ASSERT_TRUE(Write(files, {SmallData(1)}).ok());
  const auto again = Write(files, {SmallData(1)});
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().code(), ErrorCode::kAlreadyExists);
  ASSERT_TRUE(files.Remove(kPath).ok());
  const auto empty = Write(files, {});
  ASSERT_FALSE(empty.ok());
  EXPECT_EQ(empty.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_FALSE(files.Exists(std::string(kPath) + ".tmp"));
}

TEST(RowGroupCacheTest, ReadersShareDecodedRowGroupsWithinTheBound) {
  const std::string bytes = BlockBytes({SmallData(1), SmallData(2), SmallData(5)});
  std::size_t each = 0;
  for (const std::uint64_t seed : {1U, 2U, 5U}) {
    each = std::max(each, RowsOf(SmallData(seed))->memory_bytes());
  }
  RowGroupCache cache(2 * each + each / 2);
  BlockReaderOptions options;
  options.cache = &cache;
  const auto reader = BlockReader::Open(std::make_unique<MemoryFile>(bytes), "test", options);
  ASSERT_TRUE(reader.ok());
  const auto first = (*reader)->LoadRowGroup(0);
  EXPECT_EQ(*(*reader)->LoadRowGroup(0), *first);
  const auto second = (*reader)->LoadRowGroup(1);
  EXPECT_EQ(*(*reader)->LoadRowGroup(0), *first);
  const auto third = (*reader)->LoadRowGroup(2);  // The second was used longest ago.
  EXPECT_LE(cache.bytes(), 2 * each + each / 2);
  EXPECT_EQ(*(*reader)->LoadRowGroup(2), *third);
  EXPECT_EQ(*(*reader)->LoadRowGroup(0), *first);
  cache.Drop((*reader)->meta().id);
  EXPECT_EQ(cache.bytes(), 0U);
  EXPECT_NE(*(*reader)->LoadRowGroup(0), *first);
  EXPECT_GT((*second)->span_count(), 0U);  // Held rows outlive the cache's entry.
}

TEST(RowGroupCacheTest, NeverKeepsWhatIsLargerThanItsBound) {
  RowGroupCache cache(10);
  cache.Insert(BlockId{}, 0, RowsOf(SmallData(1)));
  EXPECT_EQ(cache.Find(BlockId{}, 0), nullptr);
  EXPECT_EQ(cache.bytes(), 0U);
}

TEST(BlockReaderTest, BytesByColumnAddUpToTheFile) {
  SeededRandom random(6);
  const std::string bytes =
      BlockBytes({RandomTraces(random, {.traces = 100}), RandomTraces(random, {.traces = 10})});
  const auto reader = OpenBytes(bytes);
  ASSERT_TRUE(reader.ok());
  const auto usage = (*reader)->BytesByColumn();
  ASSERT_TRUE(usage.ok());
  std::uint64_t sum = 0;
  for (const BlockReader::Usage& part : *usage) sum += part.stored_bytes;
  const auto trailer = DecodeBlockTrailer(AsBytes(bytes), bytes.size());
  ASSERT_TRUE(trailer.ok());
  EXPECT_EQ(sum + kBlockHeaderBytes + trailer->footer.size + kBlockTrailerBytes, bytes.size());
}

}  // namespace
}  // namespace vivace::block

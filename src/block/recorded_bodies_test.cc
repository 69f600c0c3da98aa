// The recorded bodies of the OpenTelemetry demo through row groups and blocks.
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "base/simulated_file_system.h"
#include "block/block_reader.h"
#include "block/block_writer.h"
#include "block/row_group_builder.h"
#include "block/testing/random_traces.h"
#include "otlp/decode.h"
#include "otlp/recorded_bodies_for_test.h"

namespace vivace::block {
namespace {

TEST(RecordedBodiesTest, EveryFieldComesBackFromABlock) {
  const std::vector<std::string> bodies = otlp::RecordedBodies();
  ASSERT_FALSE(bodies.empty());
  SimulatedFileSystem files(1);
  ASSERT_TRUE(files.CreateDirectories("/b").ok());
  auto writer = BlockWriter::Create(files, "/b/a.block", {});
  ASSERT_TRUE(writer.ok());
  std::map<TraceId, std::vector<testing::FlatSpan>> expected;
  RowGroupBuilder builder;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    const auto data = otlp::Decode(AsBytes(bodies[i]));
    ASSERT_TRUE(data.ok());
    ASSERT_TRUE(builder.Add(*data).ok());
    for (auto& [id, spans] : testing::Flatten(*data)) {
      auto& all = expected[id];
      all.insert(all.end(), spans.begin(), spans.end());
    }
    if (i % 40 == 39 || i + 1 == bodies.size()) {
      ASSERT_TRUE((*writer)->Add(*builder.Finish()).ok());
    }
  }
  const auto meta = (*writer)->Finish();
  ASSERT_TRUE(meta.ok());
  EXPECT_EQ(meta->spans, 4743U);
  EXPECT_EQ(meta->traces, expected.size());

  const auto reader = BlockReader::Open(files, "/b/a.block");
  ASSERT_TRUE(reader.ok());
  const Status verified = (*reader)->Verify();
  EXPECT_TRUE(verified.ok()) << verified.error().message();
  RowGroupCache cache(std::size_t{64} << 20);
  const auto cached = BlockReader::Open(files, "/b/a.block", {.cache = &cache});
  ASSERT_TRUE(cached.ok());
  for (const auto& [id, spans] : expected) {
    TraceData trace;
    const auto found = (*cached)->AppendTrace(id, trace);
    ASSERT_TRUE(found.ok());
    ASSERT_TRUE(*found);
    ASSERT_TRUE(testing::SameSpans(spans, testing::Flatten(trace).at(id))) << id.ToHex();
  }
}

}  // namespace
}  // namespace vivace::block

// docs/block-format.md against the code, and blocks of every released version.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "base/file_system.h"
#include "block/block_footer.h"
#include "block/block_reader.h"
#include "block/row_group_builder.h"
#include "block/testing/example_traces.h"
#include "block/testing/random_traces.h"
#include "block/value_codec.h"
#include "columnar/page_codec.h"

namespace vivace::block {
namespace {

constexpr std::uint64_t kFileBytesMax = 1 << 20;
constexpr const char* kGolden = "tests/corpus/block/v1.block";

std::string ReadFile(const std::string& path) {
  auto bytes = ReadWholeFile(RealFileSystem(), path, kFileBytesMax);
  EXPECT_TRUE(bytes.ok()) << bytes.error().message();
  return bytes.ok() ? *bytes : std::string();
}

// The bytes of the example of that name in the document.
std::string Example(const std::string& name) {
  static const std::string document = ReadFile("docs/block-format.md");
  const std::string fence = "```hex " + name + "\n";
  const std::size_t begin = document.find(fence);
  EXPECT_NE(begin, std::string::npos) << name;
  if (begin == std::string::npos) return {};
  const std::size_t from = begin + fence.size();
  std::string bytes;
  std::string digits;
  for (const char c : document.substr(from, document.find("```", from) - from)) {
    if (c == ' ' || c == '\n') continue;
    digits.push_back(c);
    if (digits.size() < 2) continue;
    bytes.push_back(static_cast<char>(std::stoi(digits, nullptr, 16)));
    digits.clear();
  }
  EXPECT_TRUE(digits.empty()) << name;
  EXPECT_FALSE(bytes.empty()) << name;
  return bytes;
}

TEST(BlockFormatTest, ExampleOfNumbersIsWhatTheCodeWrites) {
  ByteWriter out;
  columnar::EncodeNumbers({300, 301, 303}, out);
  EXPECT_EQ(out.Take(), Example("numbers-example"));
}

TEST(BlockFormatTest, ExampleOfTextsIsWhatTheCodeWrites) {
  columnar::StringTable texts;
  for (const char* text : {"GET", "", "PUT"}) texts.Append(text);
  ByteWriter out;
  columnar::EncodeTexts(texts, out);
  EXPECT_EQ(out.Take(), Example("texts-example"));
}

TEST(BlockFormatTest, ExampleOfAValueIsWhatTheCodeWrites) {
  ByteWriter out;
  EncodeValue({ArrayValue{{{std::string("a")}, {std::int64_t{-1}}, {true}}}}, out);
  EXPECT_EQ(out.Take(), Example("value-example"));
}

TEST(BlockFormatTest, ExampleOfTheFooterIsTheEndOfTheGoldenBlock) {
  const std::string golden = ReadFile(kGolden);
  const std::string example = Example("footer-example");
  ASSERT_GT(golden.size(), example.size());
  EXPECT_EQ(golden.substr(golden.size() - example.size()), example);
  const auto trailer = DecodeBlockTrailer(AsBytes(golden), golden.size());
  ASSERT_TRUE(trailer.ok());
  EXPECT_EQ(example.size(), trailer->footer.size + kBlockTrailerBytes);
}

TEST(BlockFormatTest, BlocksOfVersion1AreReadAsTheyWereWritten) {
  const auto reader = BlockReader::Open(RealFileSystem(), kGolden);
  ASSERT_TRUE(reader.ok()) << reader.error().message();
  const Status verified = (*reader)->Verify();
  ASSERT_TRUE(verified.ok()) << verified.error().message();
  const BlockMeta& meta = (*reader)->meta();
  EXPECT_EQ(meta.id.ToHex(), "000102030405060708090a0b0c0d0e0f");
  EXPECT_EQ(meta.tenant, "example");
  EXPECT_EQ(meta.created_unix_ns, 1'700'000'100'000'000'000);
  EXPECT_EQ(meta.spans, 13U);
  EXPECT_EQ(meta.traces, 1U);
  EXPECT_EQ(meta.start_unix_ns_min, 1'700'000'000'000'000'000U);
  EXPECT_EQ(meta.start_unix_ns_max, 1'700'000'000'000'011'000U);
  EXPECT_EQ(meta.end_unix_ns_max, 1'700'000'000'025'000'000U);

  const TraceData expected = testing::ExampleTraces();
  TraceData found;
  const auto any =
      (*reader)->AppendTrace(expected.resource_spans[0].scope_spans[0].spans[0].trace_id, found);
  ASSERT_TRUE(any.ok());
  EXPECT_TRUE(*any);
  EXPECT_TRUE(found == expected);
  const CatalogueEntry* entry =
      (*reader)->catalogue().Find(CatalogueLevel::kResource, "service.name");
  ASSERT_NE(entry, nullptr);
  ASSERT_EQ(entry->values.size(), 2U);
  EXPECT_EQ(*entry->values[0].value.AsString(), "database");
  EXPECT_EQ(entry->values[0].count, 12U);
}

}  // namespace
}  // namespace vivace::block

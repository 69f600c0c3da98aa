#include "traceql/parser.h"

#include <fstream>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "traceql/printer.h"
#include "traceql/type_check.h"

namespace vivace::traceql {
namespace {

using ::testing::HasSubstr;

// The lines "left => right" of a corpus file.
std::vector<std::pair<std::string, std::string>> Cases(const std::string& path) {
  std::ifstream in(path);
  EXPECT_TRUE(in.good()) << path << ": tests run from the root of the repository";
  std::vector<std::pair<std::string, std::string>> cases;
  std::string line;
  while (std::getline(in, line)) {
    const std::size_t arrow = line.find(" => ");
    if (line.starts_with('#') || arrow == std::string::npos) continue;
    cases.emplace_back(line.substr(0, arrow), line.substr(arrow + 4));
  }
  return cases;
}

TEST(ParserTest, ReadsEveryValidQueryOfTheCorpusAsItsCanonicalForm) {
  const auto cases = Cases("tests/corpus/traceql/valid.txt");
  ASSERT_GT(cases.size(), 40u);
  for (const auto& [text, canonical] : cases) {
    const auto query = ParseQuery(text);
    ASSERT_TRUE(query.ok()) << text << "\n" << query.error().message();
    EXPECT_EQ(Print(*query), canonical) << text;
    const auto again = ParseQuery(canonical);
    ASSERT_TRUE(again.ok()) << canonical;
    EXPECT_TRUE(*query == *again) << text;
  }
}

TEST(ParserTest, RefusesEveryBadQueryOfTheCorpusWithItsReason) {
  const auto cases = Cases("tests/corpus/traceql/refused.txt");
  ASSERT_GT(cases.size(), 60u);
  for (const auto& [text, reason] : cases) {
    const auto query = ParseQuery(text);
    ASSERT_FALSE(query.ok()) << text;
    EXPECT_EQ(query.error().code(), ErrorCode::kInvalidArgument) << text;
    EXPECT_THAT(query.error().message(), HasSubstr(reason)) << text;
  }
}

std::string Repeat(std::string_view part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

TEST(ParserTest, TakesLongChainsOfConditions) {
  EXPECT_TRUE(ParseQuery("{ .a = 1" + Repeat(" || .a = 1", 3000) + " }").ok());
}

TEST(ParserTest, RefusesHostileDepthInsteadOfUsingUpTheStack) {
  for (const std::string& text :
       {"{ " + Repeat("(", 60'000) + "true", "{ " + Repeat("!", 60'000) + "true }",
        "{ " + Repeat("- ", 50'000) + ".a = 1 }", "{ .a = 1" + Repeat("^1", 50'000) + " }",
        "{ true" + Repeat("&&true", 20'000) + " }", Repeat("(", 60'000) + "{}"}) {
    const auto query = ParseQuery(text);
    ASSERT_FALSE(query.ok()) << text.substr(0, 20);
    EXPECT_THAT(query.error().message(), HasSubstr("nested too deeply")) << text.substr(0, 20);
  }
}

TEST(ParserTest, RefusesTextOverTheSizeLimit) {
  const auto query = ParseQuery("{ .a = \"" + std::string(kQueryBytesMax, 'x') + "\" }");
  ASSERT_FALSE(query.ok());
  EXPECT_THAT(query.error().message(), HasSubstr("the maximum is 131072"));
}

TEST(ParserTest, BoundsTheNumberOfRegularExpressions) {
  const auto query = ParseQuery("{ .a =~ \"x\"" + Repeat(" || .a =~ \"x\"", kRegexesMax) + " }");
  ASSERT_FALSE(query.ok());
  EXPECT_THAT(query.error().message(), HasSubstr("at most 32 regular expressions"));
}

TEST(ParserTest, ReadsOneReferenceForTagValues) {
  const auto attribute = ParseReference(".http.status_code");
  ASSERT_TRUE(attribute.ok());
  EXPECT_EQ(std::get<AttributeReference>(*attribute).name, "http.status_code");
  const auto intrinsic = ParseReference("span:status");
  ASSERT_TRUE(intrinsic.ok());
  EXPECT_EQ(std::get<Intrinsic>(*intrinsic), Intrinsic::kStatus);
  for (const char* bad : {"", "foo", "foo.bar", ".", ".a .b", ".a = 1", "{}", "5"}) {
    EXPECT_FALSE(ParseReference(bad).ok()) << bad;
  }
}

TEST(ParserTest, RemovesComparisonsThatAreStillBeingTyped) {
  const std::pair<const char*, const char*> cases[] = {
      {"{ .a = \"b\" && .c = }", "{ (.a = \"b\") && true }"},
      {"{ .c = }", "{ true }"},
      {"{ name =~ && (.b > || .c = 1) }", "{ true && (true || (.c = 1)) }"}};
  for (const auto& [text, expected] : cases) {
    const auto query = ParseQuery(RemoveIncompleteComparisons(text));
    ASSERT_TRUE(query.ok()) << text;
    EXPECT_EQ(Print(*query), expected);
  }
  EXPECT_FALSE(ParseQuery(RemoveIncompleteComparisons("{ .a = \"")).ok());
}

}  // namespace
}  // namespace vivace::traceql

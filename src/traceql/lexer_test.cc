#include "traceql/lexer.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::traceql {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> Texts(std::string_view query) {
  const auto tokens = Tokenize(query);
  EXPECT_TRUE(tokens.ok()) << query;
  std::vector<std::string> texts;
  if (tokens.ok()) {
    for (const Token& token : *tokens) texts.push_back(token.text);
  }
  return texts;
}

TEST(LexerTest, TakesTheLongestOperator) {
  EXPECT_THAT(
      Texts("&>> &> && !>> !> ! >= >> > =~ = ||"),
      ElementsAre("&>>", "&>", "&&", "!>>", "!>", "!", ">=", ">>", ">", "=~", "=", "||", ""));
  EXPECT_THAT(Texts("{.a=-1}"), ElementsAre("{", ".a", "=", "-", "1", "}", ""));
}

TEST(LexerTest, EndsAttributeNamesAtBlanksAndOperatorsOnly) {
  const auto tokens = Tokenize("span.a-b*c/d:e[0].f=1");
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ((*tokens)[0].attribute.name, "a-b*c/d:e[0].f");
  EXPECT_EQ((*tokens)[0].attribute.scope, AttributeScope::kSpan);
  EXPECT_EQ((*tokens)[1].text, "=");
}

TEST(LexerTest, KnowsEveryScope) {
  const auto tokens = Tokenize(
      ".x span.x resource.x event.x link.x instrumentation.x parent.x parent.span.x "
      "parent.resource.x");
  ASSERT_TRUE(tokens.ok());
  const AttributeScope expected[] = {
      AttributeScope::kUnscoped, AttributeScope::kSpan,       AttributeScope::kResource,
      AttributeScope::kEvent,    AttributeScope::kLink,       AttributeScope::kInstrumentation,
      AttributeScope::kParent,   AttributeScope::kParentSpan, AttributeScope::kParentResource};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    EXPECT_EQ((*tokens)[i].attribute.scope, expected[i]) << i;
    EXPECT_EQ((*tokens)[i].attribute.name, "x") << i;
  }
}

TEST(LexerTest, CountsLinesAndColumnsInCharacters) {
  const auto tokens = Tokenize("{ // first\n  .\xc3\xbc\xc3\xbc = 1 /* \n */ }");
  ASSERT_TRUE(tokens.ok());
  const Token& equal = (*tokens)[2];
  EXPECT_EQ(equal.text, "=");
  EXPECT_EQ(equal.position.line, 2);
  EXPECT_EQ(equal.position.column, 7);
  const Token& close = (*tokens)[4];
  EXPECT_EQ(close.position.line, 3);
  EXPECT_EQ(close.position.column, 5);
}

TEST(LexerTest, KeepsRawStringsAsTheyAre) {
  const auto tokens = Tokenize("`a\\n\"\n`");
  ASSERT_TRUE(tokens.ok());
  EXPECT_EQ((*tokens)[0].literal, Literal{std::string("a\\n\"\n")});
}

}  // namespace
}  // namespace vivace::traceql

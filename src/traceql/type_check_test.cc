#include "traceql/type_check.h"

#include <gtest/gtest.h>

namespace vivace::traceql {
namespace {

// Messages are checked by the corpus of parser_test.cc; here the table of operators and types.
TEST(TypeCheckTest, AllowsOrderForNumbersAndTextAlone) {
  for (const char* op : {"<", "<=", ">", ">="}) {
    const auto filter = [&](std::string_view left, std::string_view right) {
      return ParseQuery("{ " + std::string(left) + " " + op + " " + std::string(right) + " }").ok();
    };
    EXPECT_TRUE(filter("duration", "1s"));
    EXPECT_TRUE(filter("duration", "5"));
    EXPECT_TRUE(filter("nestedSetLeft", "1.5"));
    EXPECT_TRUE(filter("name", "\"x\""));
    EXPECT_TRUE(filter(".a", ".b"));
    EXPECT_FALSE(filter("kind", "server"));
    EXPECT_FALSE(filter("status", "ok"));
    EXPECT_FALSE(filter("true", "false"));
    EXPECT_FALSE(filter(".a", "true"));
  }
}

TEST(TypeCheckTest, AllowsEqualityForEveryType) {
  for (const char* text : {"{ kind = client }", "{ status != unset }", "{ true = .a }",
                           "{ name = .a }", "{ duration = 5 }", "{ .a = nil }", "{ nil != .a }",
                           "{ kind != nil }", "{ span:id = \"1\" }", "{ span:childCount = 2 }"}) {
    EXPECT_TRUE(ParseQuery(text).ok()) << text;
  }
}

TEST(TypeCheckTest, AllowsArithmeticOfNumbersAlone) {
  for (const char* op : {"+", "-", "*", "/", "%", "^"}) {
    const auto filter = [&](std::string_view left, std::string_view right) {
      return ParseQuery("{ " + std::string(left) + " " + op + " " + std::string(right) + " = 1 }")
          .ok();
    };
    EXPECT_TRUE(filter("duration", "2")) << op;
    EXPECT_TRUE(filter(".a", ".b")) << op;
    EXPECT_TRUE(filter("1.5", "1s")) << op;
    EXPECT_FALSE(filter("name", "2")) << op;
    EXPECT_FALSE(filter("true", "true")) << op;
    EXPECT_FALSE(filter("name", "name")) << op;
    EXPECT_FALSE(filter(".a", "nil")) << op;
  }
}

}  // namespace
}  // namespace vivace::traceql

#include "net/target.h"

#include <gtest/gtest.h>

namespace vivace::net {
namespace {

TEST(TargetTest, SplitsPathAndQuery) {
  struct Case {
    std::string_view target, raw_path, path, query;
  };
  for (const Case& c :
       {Case{"/", "/", "/", ""}, Case{"/a%20b/c%2Fd?x=%20", "/a%20b/c%2Fd", "/a b/c/d", "x=%20"},
        Case{"http://host:80/a?b", "/a", "/a", "b"}, Case{"HTTPS://host?b", "/", "/", "b"},
        Case{"http://host", "/", "/", ""}, Case{"/a?b?c", "/a", "/a", "b?c"},
        Case{"/a/...", "/a/...", "/a/...", ""},
        Case{"/q?x={name=\"a\"}", "/q", "/q", "x={name=\"a\"}"}}) {
    const auto parsed = ParseTarget(c.target);
    ASSERT_TRUE(parsed.ok()) << c.target << ": " << parsed.error().message();
    EXPECT_EQ(parsed->raw_path, c.raw_path);
    EXPECT_EQ(parsed->path, c.path);
    EXPECT_EQ(parsed->query, c.query);
  }
}

TEST(TargetTest, RefusesWhatIsNoPlainPath) {
  for (const std::string_view target :
       {"",          "a",      "*",           "host:443", "ftp://host/a", "http:///a",
        "/a b",      "/a#b",   "/%",          "/%4",      "/%zz",         "/a/../b",
        "/..",       "/.",     "/a/%2e%2e/b", "/a/%2E",   "/a%2f..%2fb",  "/%00",
        "/a%0d%0ab", "/a\x01", "/%7f"}) {
    const auto parsed = ParseTarget(target);
    ASSERT_FALSE(parsed.ok()) << target;
    EXPECT_EQ(parsed.error().code(), ErrorCode::kInvalidArgument);
    EXPECT_TRUE(parsed.error().message().starts_with("request target: ")) << target;
  }
}

}  // namespace
}  // namespace vivace::net

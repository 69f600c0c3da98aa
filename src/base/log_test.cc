#include "base/log.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

class LogTest : public ::testing::Test {
 protected:
  LogTest() {
    SetLogSink([this](std::string_view line) { lines_.emplace_back(line); });
  }
  ~LogTest() override {
    SetLogSink({});
    SetLogLevel(LogLevel::kInfo);
  }
  std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesTimeLevelMessageAndFields) {
  LogInfo("block cut", {{"tenant", "a"}, {"spans", 12}, {"ratio", 0.5}, {"live", true}});
  ASSERT_THAT(lines_, SizeIs(1));
  EXPECT_THAT(lines_[0], MatchesRegex("ts=[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"
                                      "\\.[0-9]{3}Z level=info msg=\"block cut\" tenant=a "
                                      "spans=12 ratio=0.5 live=true"));
}

TEST_F(LogTest, QuotesAndEscapesSoThatALineStaysALine) {
  LogWarn("odd",
          {{"a", "two words"}, {"b", "x=\"y\"\\"}, {"c", "line\nbreak\t\x1b[31m"}, {"d", ""}});
  EXPECT_THAT(
      lines_[0],
      EndsWith(
          R"(level=warn msg="odd" a="two words" b="x=\"y\"\\" c="line\nbreak\t\x1b[31m" d="")"));
}

TEST_F(LogTest, LeavesOutWhatIsBelowTheLevel) {
  LogDebug("quiet");
  EXPECT_THAT(lines_, SizeIs(0));
  SetLogLevel(LogLevel::kDebug);
  LogDebug("loud");
  EXPECT_THAT(lines_, SizeIs(1));
  SetLogLevel(LogLevel::kError);
  LogWarn("quiet");
  EXPECT_THAT(lines_, SizeIs(1));
  LogError("loud");
  EXPECT_THAT(lines_[1], HasSubstr("level=error"));
}

}  // namespace
}  // namespace vivace

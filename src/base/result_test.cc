#include "base/result.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace vivace {
namespace {

Status FailIf(bool fail) {
  if (fail) return Error(ErrorCode::kNotFound, "no file");
  return {};
}

Result<int> Parse(bool fail) {
  RETURN_IF_ERROR(FailIf(fail));
  return 7;
}

Result<std::string> Describe(bool fail) {
  ASSIGN_OR_RETURN(const int value, Parse(fail));
  return std::to_string(value);
}

TEST(ResultTest, PassesValuesAndErrorsOn) {
  EXPECT_EQ(*Describe(false), "7");
  const Result<std::string> failed = Describe(true);
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().ToString(), "not_found: no file");
}

TEST(ResultTest, WrapPutsContextBeforeTheMessageAndLeavesSuccessAlone) {
  EXPECT_EQ(FailIf(true).Wrap("open block 7").error().message(), "open block 7: no file");
  EXPECT_TRUE(FailIf(false).Wrap("open block 7").ok());
  EXPECT_EQ(Parse(true).Wrap("parse").error().message(), "parse: no file");
  EXPECT_EQ(*Parse(false).Wrap("parse"), 7);
}

TEST(ResultTest, MovesValuesOut) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(3));
  const std::unique_ptr<int> value = std::move(result).value();
  EXPECT_EQ(*value, 3);
}

TEST(ResultTest, NamesEveryCode) {
  for (int code = 0; code <= static_cast<int>(ErrorCode::kInternal); ++code) {
    EXPECT_NE(ErrorCodeName(static_cast<ErrorCode>(code)), "unknown");
  }
}

TEST(ResultDeathTest, StopsTheProcessWhenAnErrorIsTakenForAValue) {
  EXPECT_DEATH((void)Parse(true).value(), "invariant broken: ok\\(\\)");
}

}  // namespace
}  // namespace vivace

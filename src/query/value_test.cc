#include "query/value.h"

#include <cmath>
#include <limits>

#include <gtest/gtest.h>

namespace vivace::query {
namespace {

using traceql::BinaryOperator;

constexpr std::int64_t kIntMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kIntMin = std::numeric_limits<std::int64_t>::min();

TEST(ValueTest, ComparesIntegersWithDoublesExactly) {
  EXPECT_EQ(CompareIntWithDouble(1, 1.0), 0);
  EXPECT_EQ(CompareIntWithDouble(1, 1.5), -1);
  EXPECT_EQ(CompareIntWithDouble(-1, -1.5), 1);
  EXPECT_EQ(CompareIntWithDouble(kIntMax, 9223372036854775808.0), -1);
  EXPECT_EQ(CompareIntWithDouble(kIntMin, -9223372036854775808.0), 0);
  EXPECT_EQ(CompareIntWithDouble(kIntMin, -1e19), 1);
  EXPECT_EQ(CompareIntWithDouble((1LL << 53) + 1, 9007199254740992.0), 1) << "not through a double";
}

TEST(ValueTest, NanEqualsItselfAndHasNoOrder) {
  const Value nan = std::nan("");
  EXPECT_EQ(Compare(nan, BinaryOperator::kEqual, nan), Outcome::kTrue);
  EXPECT_EQ(Compare(nan, BinaryOperator::kNotEqual, nan), Outcome::kFalse);
  EXPECT_EQ(Compare(nan, BinaryOperator::kNotEqual, 1.0), Outcome::kTrue);
  for (const auto op : {BinaryOperator::kLess, BinaryOperator::kLessEqual, BinaryOperator::kGreater,
                        BinaryOperator::kGreaterEqual}) {
    EXPECT_EQ(Compare(nan, op, nan), Outcome::kFalse);
    EXPECT_EQ(Compare(nan, op, 1.0), Outcome::kFalse);
    EXPECT_EQ(Compare(std::int64_t{1}, op, nan), Outcome::kFalse);
  }
}

TEST(ValueTest, ComparesIdsAsNumbersWhateverTheirCaseAndPadding) {
  const Value id = HexId{"00000000000000ab"};
  EXPECT_EQ(Compare(id, BinaryOperator::kEqual, std::string_view("AB")), Outcome::kTrue);
  EXPECT_EQ(Compare(id, BinaryOperator::kEqual, std::string_view("000000000000000000ab")),
            Outcome::kTrue);
  EXPECT_EQ(Compare(id, BinaryOperator::kLess, std::string_view("100")), Outcome::kTrue);
  EXPECT_EQ(Compare(id, BinaryOperator::kNotEqual, std::string_view("nonsense")), Outcome::kTrue);
  EXPECT_EQ(Compare(id, BinaryOperator::kEqual, std::int64_t{171}), Outcome::kIncomparable);
}

TEST(ValueTest, TypesThatDifferAreNeitherEqualNorUnequal) {
  EXPECT_EQ(Compare(std::int64_t{1}, BinaryOperator::kEqual, std::string_view("1")),
            Outcome::kIncomparable);
  EXPECT_EQ(Compare(std::int64_t{1}, BinaryOperator::kNotEqual, std::string_view("1")),
            Outcome::kIncomparable);
  EXPECT_EQ(Compare(true, BinaryOperator::kLess, false), Outcome::kIncomparable);
  EXPECT_EQ(Compare(Opaque{}, BinaryOperator::kEqual, Opaque{}), Outcome::kIncomparable);
}

Value Int(const Value& left, BinaryOperator op, const Value& right) {
  return Calculate(left, op, right);
}

TEST(ValueTest, CalculatesWithIntegersAsLongAsTheyFit) {
  const auto i = [](std::int64_t value) { return Value(value); };
  EXPECT_EQ(std::get<std::int64_t>(Int(i(7), BinaryOperator::kDivide, i(-2))), -3);
  EXPECT_EQ(std::get<std::int64_t>(Int(i(-7), BinaryOperator::kModulo, i(2))), -1);
  EXPECT_EQ(std::get<std::int64_t>(Int(i(2), BinaryOperator::kPower, i(3))), 8);
  EXPECT_EQ(std::get<std::int64_t>(Int(i(-2), BinaryOperator::kPower, i(63))), kIntMin);
  EXPECT_EQ(std::get<double>(Int(i(2), BinaryOperator::kPower, i(63))), 0x1p63);
  EXPECT_EQ(std::get<double>(Int(i(2), BinaryOperator::kPower, i(-1))), 0.5);
  EXPECT_EQ(std::get<double>(Int(i(kIntMax), BinaryOperator::kAdd, i(1))), 0x1p63);
  EXPECT_EQ(std::get<double>(Int(i(kIntMin), BinaryOperator::kDivide, i(-1))), 0x1p63);
  EXPECT_EQ(std::get<std::int64_t>(Int(i(kIntMin), BinaryOperator::kModulo, i(-1))), 0);
  EXPECT_EQ(std::get<double>(Int(i(1), BinaryOperator::kAdd, 0.5)), 1.5);
}

TEST(ValueTest, DivisionByZeroAndOtherTypesHaveNoResult) {
  const auto none = [](const Value& value) { return std::holds_alternative<Opaque>(value); };
  EXPECT_TRUE(none(Calculate(std::int64_t{1}, BinaryOperator::kDivide, std::int64_t{0})));
  EXPECT_TRUE(none(Calculate(std::int64_t{1}, BinaryOperator::kModulo, 0.0)));
  EXPECT_TRUE(none(Calculate(0.0, BinaryOperator::kDivide, 0.0)));
  EXPECT_TRUE(none(Calculate(std::string_view("1"), BinaryOperator::kAdd, std::int64_t{1})));
  EXPECT_TRUE(none(Negate(true)));
}

}  // namespace
}  // namespace vivace::query

#include "traceql/duration.h"

#include <chrono>
#include <limits>
#include <string>
#include <utility>

#include <gtest/gtest.h>

namespace vivace::traceql {
namespace {

using std::chrono::nanoseconds;

TEST(DurationTest, ReadsPrometheusAndGoForms) {
  const std::pair<const char*, std::int64_t> cases[] = {{"5s", 5'000'000'000},
                                                        {"100ms", 100'000'000},
                                                        {"1h30m", 5'400'000'000'000},
                                                        {"2d", 172'800'000'000'000},
                                                        {"1w", 604'800'000'000'000},
                                                        {"1y", 31'536'000'000'000'000},
                                                        {"1.5s", 1'500'000'000},
                                                        {".5ms", 500'000},
                                                        {"10us", 10'000},
                                                        {"10\xc2\xb5s", 10'000},
                                                        {"7ns", 7},
                                                        {"1s1h", 3'601'000'000'000},
                                                        {"1.5h", 5'400'000'000'000},
                                                        {"0s", 0},
                                                        {"0.1ns", 0},
                                                        {"1.000000001s", 1'000'000'001}};
  for (const auto& [text, nanos] : cases) {
    const auto duration = ParseDuration(text);
    ASSERT_TRUE(duration.has_value()) << text;
    EXPECT_EQ(duration->count(), nanos) << text;
  }
}

TEST(DurationTest, RefusesWhatIsNoDuration) {
  for (const char* text : {"", "5", "s", "5x", "5.s.", ".s", "-5s", "1.5d", "300y", "5s ", "1ms5d",
                           "99999999999999999999s"}) {
    EXPECT_FALSE(ParseDuration(text).has_value()) << text;
  }
}

TEST(DurationTest, TakesSignAndBareZeroWhereGoDoes) {
  EXPECT_EQ(ParseSignedDuration("-5s"), nanoseconds(-5'000'000'000));
  EXPECT_EQ(ParseSignedDuration("+5s"), nanoseconds(5'000'000'000));
  EXPECT_EQ(ParseSignedDuration("0"), nanoseconds(0));
  EXPECT_FALSE(ParseSignedDuration("--5s").has_value());
}

TEST(DurationTest, WritesGoForm) {
  const std::pair<std::int64_t, const char*> cases[] = {
      {0, "0s"},
      {1, "1ns"},
      {1500, "1.5\xc2\xb5s"},
      {2'000'000, "2ms"},
      {1'500'000'000, "1.5s"},
      {60'000'000'000, "1m0s"},
      {5'400'000'000'000, "1h30m0s"},
      {-1'000'000'000, "-1s"},
      {std::numeric_limits<std::int64_t>::max(), "2562047h47m16.854775807s"},
      {std::numeric_limits<std::int64_t>::min(), "-2562047h47m16.854775808s"}};
  for (const auto& [nanos, text] : cases) {
    EXPECT_EQ(FormatDuration(nanoseconds(nanos)), text);
  }
}

}  // namespace
}  // namespace vivace::traceql

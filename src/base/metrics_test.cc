#include "base/metrics.h"

#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace {
namespace {

using ::testing::HasSubstr;

TEST(MetricsTest, ExposesCountersAndGaugesWithNamesSorted) {
  MetricsRegistry metrics;
  metrics.AddGauge("vivace_b", "A gauge.").Set(-3);
  metrics.AddCounter("vivace_a_total", "A counter.").Add(2);
  EXPECT_EQ(metrics.Expose(),
            "# HELP vivace_a_total A counter.\n"
            "# TYPE vivace_a_total counter\n"
            "vivace_a_total 2\n"
            "# HELP vivace_b A gauge.\n"
            "# TYPE vivace_b gauge\n"
            "vivace_b -3\n");
}

TEST(MetricsTest, ExposesOneSeriesForEachSetOfLabels) {
  MetricsRegistry metrics;
  metrics.AddCounter("vivace_x_total", "X.", {{"route", "a"}, {"code", "200"}}).Add(1);
  metrics.AddCounter("vivace_x_total", "X.", {{"route", "b"}, {"code", "200"}}).Add(2);
  EXPECT_EQ(metrics.Expose(),
            "# HELP vivace_x_total X.\n"
            "# TYPE vivace_x_total counter\n"
            "vivace_x_total{route=\"a\",code=\"200\"} 1\n"
            "vivace_x_total{route=\"b\",code=\"200\"} 2\n");
}

TEST(MetricsTest, EscapesLabelValuesAndHelp) {
  MetricsRegistry metrics;
  metrics.AddCounter("vivace_x_total", "Two\nlines \\ slash \"quotes\".", {{"l", "a\"b\\c\nd"}});
  EXPECT_THAT(metrics.Expose(),
              HasSubstr("# HELP vivace_x_total Two\\nlines \\\\ slash \"quotes\"."));
  EXPECT_THAT(metrics.Expose(), HasSubstr(R"(vivace_x_total{l="a\"b\\c\nd"} 0)"));
}

TEST(MetricsTest, ExposesHistogramsCumulated) {
  MetricsRegistry metrics;
  Histogram& histogram = metrics.AddHistogram("vivace_h_seconds", "H.", {0.5, 1}, {{"a", "b"}});
  for (const double value : {0.25, 0.5, 0.75, 9.0}) histogram.Observe(value);
  EXPECT_EQ(metrics.Expose(),
            "# HELP vivace_h_seconds H.\n"
            "# TYPE vivace_h_seconds histogram\n"
            "vivace_h_seconds_bucket{a=\"b\",le=\"0.5\"} 2\n"
            "vivace_h_seconds_bucket{a=\"b\",le=\"1\"} 3\n"
            "vivace_h_seconds_bucket{a=\"b\",le=\"+Inf\"} 4\n"
            "vivace_h_seconds_sum{a=\"b\"} 10.5\n"
            "vivace_h_seconds_count{a=\"b\"} 4\n");
}

TEST(MetricsTest, GivesTheSameMetricForTheSameNameAndLabels) {
  MetricsRegistry metrics;
  Counter& first = metrics.AddCounter("vivace_x_total", "X.", {{"a", "b"}});
  EXPECT_EQ(&first, &metrics.AddCounter("vivace_x_total", "X.", {{"a", "b"}}));
  EXPECT_NE(&first, &metrics.AddCounter("vivace_x_total", "X.", {{"a", "c"}}));
}

TEST(MetricsTest, AsksCallbacksAtExpositionAndTakesTheLastOne) {
  MetricsRegistry metrics;
  double value = 1;
  metrics.AddCallback("vivace_c", "C.", [&] { return value; });
  EXPECT_THAT(metrics.Expose(), HasSubstr("vivace_c 1\n"));
  value = 2.5;
  EXPECT_THAT(metrics.Expose(), HasSubstr("vivace_c 2.5\n"));
  metrics.AddCallback("vivace_c", "C.", [] { return 7.0; });
  EXPECT_THAT(metrics.Expose(), HasSubstr("vivace_c 7\n"));
}

TEST(MetricsTest, CountsFromManyThreads) {
  MetricsRegistry metrics;
  Counter& counter = metrics.AddCounter("vivace_x_total", "X.");
  Histogram& histogram = metrics.AddHistogram("vivace_h", "H.", LatencyBuckets());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        counter.Add();
        histogram.Observe(0.001);
        if (i % 100 == 0) metrics.Expose();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(counter.value(), 4000U);
  EXPECT_THAT(metrics.Expose(), HasSubstr("vivace_h_count 4000\n"));
}

TEST(MetricsDeathTest, StopsAtANameThatPrometheusDoesNotTake) {
  MetricsRegistry metrics;
  EXPECT_DEATH(metrics.AddCounter("vivace-x", "X."), "invariant broken");
}

}  // namespace
}  // namespace vivace

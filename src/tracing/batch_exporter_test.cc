#include "tracing/batch_exporter.h"

#include <memory>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otlp/decode.h"

namespace vivace::tracing {
namespace {

using Kind = ExportOutcome::Kind;

/// Answers with prepared outcomes, then accepts; keeps what it was sent.
struct Script {
  Mutex mutex;
  std::vector<ExportOutcome> outcomes GUARDED_BY(mutex);
  std::vector<std::string> requests GUARDED_BY(mutex);
};

class ScriptedClient final : public OtlpClient {
 public:
  explicit ScriptedClient(std::shared_ptr<Script> script) : script_(std::move(script)) {}
  ExportOutcome Send(const std::string& request) override {
    MutexLock lock(script_->mutex);
    script_->requests.push_back(request);
    if (script_->outcomes.empty()) return {};
    ExportOutcome outcome = script_->outcomes.front();
    script_->outcomes.erase(script_->outcomes.begin());
    return outcome;
  }

 private:
  std::shared_ptr<Script> script_;
};

ExportOutcome Outcome(Kind kind, std::uint64_t rejected = 0) {
  ExportOutcome outcome;
  outcome.kind = kind;
  outcome.rejected_spans = rejected;
  outcome.retry_after = std::chrono::milliseconds(1);
  return outcome;
}

class BatchExporterTest : public testing::Test {
 protected:
  std::unique_ptr<BatchExporter> Start(BatchExporter::Config config) {
    return std::make_unique<BatchExporter>(config, std::make_unique<ScriptedClient>(script_),
                                           RealClock(), SystemRandom());
  }
  void SubmitSpans(BatchExporter& exporter, int count) {
    for (int i = 0; i < count; ++i) {
      Span span;
      span.span_id = SpanId::FromNumber(static_cast<std::uint64_t>(i) + 1);
      exporter.Submit(i % 2 == 0 ? first_ : second_, span);
    }
  }
  std::size_t SpansSent() {
    MutexLock lock(script_->mutex);
    std::size_t spans = 0;
    for (const std::string& request : script_->requests) {
      spans += otlp::Decode(AsBytes(request)).value().SpanCount();
    }
    return spans;
  }

  std::shared_ptr<Script> script_ = std::make_shared<Script>();
  std::shared_ptr<const SpanOrigin> first_ =
      std::make_shared<SpanOrigin>(SpanOrigin{.resource = ServiceResource("first"), .scope = {}});
  std::shared_ptr<const SpanOrigin> second_ =
      std::make_shared<SpanOrigin>(SpanOrigin{.resource = ServiceResource("second"), .scope = {}});
};

TEST_F(BatchExporterTest, SendsBatchesGroupedByOrigin) {
  auto exporter = Start({.batch_spans_max = 10});
  SubmitSpans(*exporter, 25);
  ASSERT_TRUE(exporter->Flush(std::chrono::seconds(10)));
  EXPECT_EQ(SpansSent(), 25U);
  EXPECT_EQ(exporter->counts().exported, 25U);
  MutexLock lock(script_->mutex);
  const TraceData data = otlp::Decode(AsBytes(script_->requests[0])).value();
  EXPECT_EQ(data.resource_spans.size(), 2U);
  EXPECT_LE(data.SpanCount(), 10U);
}

TEST_F(BatchExporterTest, TriesAgainWhenTheServerSaysLater) {
  {
    MutexLock lock(script_->mutex);
    script_->outcomes = {Outcome(Kind::kRetryable), Outcome(Kind::kRetryable)};
  }
  auto exporter = Start({});
  SubmitSpans(*exporter, 3);
  ASSERT_TRUE(exporter->Flush(std::chrono::seconds(10)));
  EXPECT_EQ(exporter->counts().exported, 3U);
  EXPECT_EQ(exporter->counts().retries, 2U);
  EXPECT_EQ(SpansSent(), 9U);
}

TEST_F(BatchExporterTest, CountsWhatIsRefusedAndDoesNotSendItAgain) {
  {
    MutexLock lock(script_->mutex);
    script_->outcomes = {Outcome(Kind::kRefused)};
  }
  auto exporter = Start({});
  SubmitSpans(*exporter, 3);
  ASSERT_TRUE(exporter->Flush(std::chrono::seconds(10)));
  EXPECT_EQ(exporter->counts().dropped, 3U);
  EXPECT_EQ(SpansSent(), 3U);
}

TEST_F(BatchExporterTest, CountsRejectedSpansOfAPartialSuccess) {
  {
    MutexLock lock(script_->mutex);
    script_->outcomes = {Outcome(Kind::kAccepted, 2)};
  }
  auto exporter = Start({});
  SubmitSpans(*exporter, 5);
  ASSERT_TRUE(exporter->Flush(std::chrono::seconds(10)));
  EXPECT_EQ(exporter->counts().exported, 3U);
  EXPECT_EQ(exporter->counts().dropped, 2U);
}

TEST_F(BatchExporterTest, GivesUpWhenTheRetryBudgetIsSpent) {
  {
    MutexLock lock(script_->mutex);
    script_->outcomes.assign(1000, Outcome(Kind::kRetryable));
  }
  auto exporter = Start({.retry_budget = std::chrono::milliseconds(20)});
  SubmitSpans(*exporter, 1);
  ASSERT_TRUE(exporter->Flush(std::chrono::seconds(10)));
  EXPECT_EQ(exporter->counts().dropped, 1U);
}

TEST_F(BatchExporterTest, AFullQueueDropsAndCountsInsteadOfGrowing) {
  auto exporter = Start(
      {.queue_spans_max = 4, .batch_spans_max = 100, .schedule_delay = std::chrono::hours(1)});
  SubmitSpans(*exporter, 10);
  EXPECT_EQ(exporter->counts().dropped, 6U);
  ASSERT_TRUE(exporter->Flush(std::chrono::seconds(10)));
  EXPECT_EQ(exporter->counts().exported, 4U);
}

TEST_F(BatchExporterTest, SendsWhatIsQueuedWhenItIsDestroyed) {
  auto exporter = Start({.schedule_delay = std::chrono::hours(1)});
  SubmitSpans(*exporter, 7);
  exporter.reset();
  EXPECT_EQ(SpansSent(), 7U);
}

}  // namespace
}  // namespace vivace::tracing

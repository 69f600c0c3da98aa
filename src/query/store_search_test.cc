// Search over the real store: live data, fresh blocks, reopened blocks and mixtures give what
// the plain way gives over what was sent.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/log.h"
#include "base/simulated_file_system.h"
#include "block/testing/random_traces.h"
#include "otlp/encode.h"
#include "otlp/walk.h"
#include "query/search.h"
#include "query/testing/plain_search.h"
#include "query/testing/random_filters.h"
#include "query/trace_by_id.h"
#include "storage/store.h"
#include "storage/testing/store_world.h"
#include "traceql/type_check.h"

namespace vivace::query {
namespace {

constexpr std::uint64_t kSeeds = 6;
constexpr int kFiltersPerLook = 25;

class StoreSearchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    SetLogSink([](std::string_view) {});
    ASSERT_TRUE(disk_.CreateDirectories("/srv").ok());
    ASSERT_TRUE(disk_.SyncDirectory("/").ok());
    Open();
  }
  void TearDown() override {
    store_ = nullptr;
    SetLogSink({});
  }

  void Open() {
    store_ = nullptr;
    auto opened = storage::Store::Open(storage::testing::SmallConfig(), {.files = disk_,
                                                                         .clock = clock_,
                                                                         .random = store_random_,
                                                                         .background = background_,
                                                                         .bytes = bytes_,
                                                                         .metrics = metrics_});
    ASSERT_TRUE(opened.ok()) << opened.error().ToString();
    store_ = std::move(opened).value();
  }

  void Append(const TraceData& data) {
    auto walked = otlp::Walk(std::make_shared<const std::string>(otlp::Encode(data)));
    ASSERT_TRUE(walked.ok()) << walked.error().ToString();
    ASSERT_EQ(walked->refusals.total(), 0u) << walked->refusals.Message();
    std::optional<Status> stored;
    store_->Append("t", std::move(walked->batch), [&](Status status) { stored = status; });
    store_->CommitPending();
    ASSERT_TRUE(stored.has_value());
    ASSERT_TRUE(stored->ok()) << stored->error().ToString();
  }

  // Compares with the plain way over `sent`.
  void Look(const TraceData& sent, Random& random) {
    const auto snapshot = store_->TakeSnapshot("t");
    testing::RandomFilters filters(random, sent);
    for (int i = 0; i < kFiltersPerLook; ++i) {
      const std::string text = filters.Make();
      const auto query = traceql::ParseQuery(text);
      ASSERT_TRUE(query.ok()) << text;
      SearchRequest request;
      request.query = &*query;
      request.judged_before_prefilter = random.Below(4);
      request.limit = random.Chance(1, 2) ? 1 + random.Below(5) : 100;
      Budget budget(RealClock(), {}, nullptr, nullptr);
      const auto response = Search(*snapshot, request, budget);
      ASSERT_TRUE(response.ok()) << text << ": " << response.error().ToString();
      ASSERT_TRUE(response->problems.empty()) << response->problems.front();
      ASSERT_EQ(testing::Difference(testing::SearchPlainly(sent, *query), request, *response), "")
          << text;
    }
    ASSERT_FALSE(sent.resource_spans.empty());
    const auto& any = sent.resource_spans[random.Below(sent.resource_spans.size())];
    Budget budget(RealClock(), {}, nullptr, nullptr);
    const TraceId id = any.scope_spans.front().spans.front().trace_id;
    const auto whole = FindTrace(*snapshot, id, budget);
    ASSERT_TRUE(whole.ok());
    EXPECT_EQ(whole->data.SpanCount(), block::testing::Flatten(sent).at(id).size());
  }

  SimulatedFileSystem disk_{1};
  ManualClock clock_;
  SeededRandom store_random_{2};
  ManualExecutor background_;
  ByteAccountant bytes_{256 << 20};
  MetricsRegistry metrics_;
  std::unique_ptr<storage::Store> store_;
};

// Deals the spans of `data` out to several requests, so that traces come in parts.
std::vector<TraceData> Deal(const TraceData& data, std::size_t requests, Random& random) {
  std::vector<TraceData> dealt(requests);
  for (const ResourceSpans& resource : data.resource_spans) {
    for (const ScopeSpans& scope : resource.scope_spans) {
      for (const Span& span : scope.spans) {
        ResourceSpans& to = dealt[random.Below(requests)].resource_spans.emplace_back();
        to.resource = resource.resource;
        to.schema_url = resource.schema_url;
        to.scope_spans.push_back({scope.scope, scope.schema_url, {span}});
      }
    }
  }
  std::erase_if(dealt, [](const TraceData& request) { return request.resource_spans.empty(); });
  return dealt;
}

void AppendTo(TraceData& all, const TraceData& more) {
  all.resource_spans.insert(all.resource_spans.end(), more.resource_spans.begin(),
                            more.resource_spans.end());
}

TEST_F(StoreSearchTest, LiveDataBlocksAndMixturesGiveWhatThePlainWayGives) {
  TraceData sent;
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    SeededRandom random(seed);
    block::testing::RandomTracesOptions options;
    options.traces = 4;
    options.spans_per_trace_max = 6;
    options.attributes_max = 4;
    options.vocabulary = 5;
    options.rare_key_one_in = 0;
    options.first_start_unix_ns += seed * 1'000'000;
    for (const TraceData& request :
         Deal(block::testing::RandomTraces(random, options), 4, random)) {
      Append(request);
      AppendTo(sent, request);
      if (random.Chance(1, 4)) background_.RunAll();
      if (random.Chance(1, 6)) {
        ASSERT_TRUE(store_->Flush().ok());
      }
    }
    Look(sent, random);
    if (HasFatalFailure()) return;
    if (seed % 2 == 0) {
      ASSERT_TRUE(store_->Flush().ok());
    }
    if (seed % 3 == 0) Open();
    Look(sent, random);
    if (HasFatalFailure()) return;
  }
  ASSERT_TRUE(store_->Flush().ok());
  SeededRandom random(99);
  Look(sent, random);
  EXPECT_GT(store_->status().blocks, 1u);
}

}  // namespace
}  // namespace vivace::query

#include "api/query_api.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "otlp/encode.h"
#include "query/testing/memory_source.h"
#include "query/testing/traces.h"

namespace vivace::api {
namespace {

using query::testing::Join;
using query::testing::kEpoch;
using query::testing::MakeSpan;
using query::testing::MakeTrace;
using query::testing::MemorySource;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;

// Shows one snapshot to everybody.
class FakeStore final : public storage::Store {
 public:
  void Append(std::string, otlp::Batch, std::function<void(Status)> done) override {
    done(Error(ErrorCode::kUnsupported, "this store only shows"));
  }
  std::shared_ptr<const storage::Snapshot> TakeSnapshot(std::string_view tenant) const override {
    return tenant == "single-tenant" ? snapshot : query::testing::SnapshotOf({});
  }
  std::vector<std::string> Tenants() const override { return {"single-tenant"}; }
  Status Flush() override { return OkStatus(); }
  void Tick() override {}
  void CommitPending() override {}
  Status Stop() override { return OkStatus(); }
  storage::StoreStatus status() const override { return shown; }

  std::shared_ptr<const storage::Snapshot> snapshot = query::testing::SnapshotOf({});
  storage::StoreStatus shown;
};

class CapturingSink final : public net::HttpResponder::Sink {
 public:
  void Send(net::HttpResponse response) override { answer = std::move(response); }
  bool ClientGone() const override { return gone; }

  std::optional<net::HttpResponse> answer;
  bool gone = false;
};

class QueryApiTest : public ::testing::Test {
 protected:
  QueryApiTest() {
    store_.shown.accepting = true;
    RegisterQueryApi(router_, context_);
  }

  void Show(const TraceData& data) {
    store_.snapshot = query::testing::SnapshotOf(
        {std::make_shared<const MemorySource>("live", std::vector<TraceData>{data})});
  }

  // `target` is path and query as a client sends them.
  net::HttpResponse Get(const std::string& target, net::Headers headers = {}) {
    auto sink = std::make_shared<CapturingSink>();
    Send(target, std::move(headers), sink);
    executor_.RunAll();
    EXPECT_TRUE(sink->answer.has_value()) << target;
    return sink->answer.value_or(net::HttpResponse{});
  }
  void Send(const std::string& target, net::Headers headers,
            const std::shared_ptr<CapturingSink>& sink) {
    net::HttpRequest request;
    request.method = "GET";
    const std::size_t mark = target.find('?');
    request.raw_path = target.substr(0, mark);
    request.path = net::PercentDecode(request.raw_path, false).value();
    if (mark != std::string::npos) {
      request.query = net::QueryParameters::Parse(target.substr(mark + 1)).value();
    }
    request.headers = std::move(headers);
    router_.Dispatch(std::move(request), net::HttpResponder(sink));
  }
  static net::Headers Accept(std::string value) {
    net::Headers headers;
    headers.Add("Accept", std::move(value));
    return headers;
  }

  FakeStore store_;
  ManualExecutor executor_;
  ManualClock clock_{static_cast<std::int64_t>(kEpoch)};
  ApiContext context_{.store = store_, .queries = executor_, .clock = clock_};
  net::Router router_;
};

// --- trace by id ---

TEST_F(QueryApiTest, GivesATraceInTheFormThatWasAskedFor) {
  Show(MakeTrace("shop", {MakeSpan(0x1f, 1, 0)}));
  const auto v1 = Get("/api/traces/1F");
  EXPECT_EQ(v1.status, 200);
  EXPECT_EQ(v1.headers.Get("Content-Type"), "application/json");
  EXPECT_THAT(v1.body, StartsWith("{\"batches\":["));
  const auto v2 = Get("/api/v2/traces/0000001f", Accept("application/json"));
  EXPECT_THAT(v2.body, StartsWith("{\"trace\":{\"resourceSpans\":["));
  EXPECT_THAT(v2.body, Not(HasSubstr("\"status\":\"")));
  const auto v1_bytes = Get("/api/traces/1f", Accept("text/html, application/protobuf;q=0.9"));
  EXPECT_EQ(v1_bytes.headers.Get("Content-Type"), "application/protobuf");
  EXPECT_EQ(v1_bytes.body, otlp::Encode(MakeTrace("shop", {MakeSpan(0x1f, 1, 0)})));
  const auto v2_bytes = Get("/api/v2/traces/1f", Accept("application/protobuf"));
  EXPECT_EQ(v2_bytes.body[0], '\x0a');
  EXPECT_THAT(v2_bytes.body, HasSubstr(v1_bytes.body));
}

TEST_F(QueryApiTest, AnAbsentTraceIs404InV1AndEmptyInV2) {
  const auto v1 = Get("/api/traces/1");
  EXPECT_EQ(v1.status, 404);
  EXPECT_EQ(v1.body, "");
  const auto v2 = Get("/api/v2/traces/1", Accept("application/protobuf"));
  EXPECT_EQ(v2.status, 200);
  EXPECT_EQ(v2.body, std::string("\x0a\x00\x12\x00", 4));
  EXPECT_EQ(Get("/api/v2/traces/1").body, "{\"trace\":{},\"metrics\":{}}");
}

TEST_F(QueryApiTest, BadTraceIdsAndRangesAre400) {
  for (const char* target :
       {"/api/traces/xyz", "/api/v2/traces/%20", "/api/traces/123456789012345678901234567890123",
        "/api/traces/1?start=20&end=10", "/api/v2/traces/1?start=x", "/api/traces/1?end=-1"}) {
    const auto answer = Get(target);
    EXPECT_EQ(answer.status, 400) << target;
    EXPECT_THAT(answer.headers.Get("Content-Type"), StartsWith("text/plain"));
    EXPECT_NE(answer.body, "") << target;
  }
  EXPECT_EQ(Get("/api/traces/1?start=20").status, 404) << "one alone is fine here";
}

TEST_F(QueryApiTest, ADamagedBlockMakesATracePartial) {
  store_.snapshot = query::testing::SnapshotOf(
      {query::testing::DamagedSource("block 7"),
       std::make_shared<const MemorySource>(
           "live", std::vector<TraceData>{MakeTrace("shop", {MakeSpan(1, 1, 0)})})});
  EXPECT_THAT(Get("/api/v2/traces/1").body,
              HasSubstr("\"status\":\"PARTIAL\",\"message\":\"block 7: checksum differs\""));
  EXPECT_THAT(Get("/api/v2/traces/1", Accept("application/protobuf")).body,
              HasSubstr(std::string("\x18\x01\x22\x19", 4) + "block 7: checksum differs"));
  EXPECT_EQ(Get("/api/traces/1").headers.Get("Vivace-Partial"), "block 7: checksum differs");
  EXPECT_EQ(Get("/api/search").headers.Get("Vivace-Partial"), "block 7: checksum differs");
}

TEST_F(QueryApiTest, GivesGrafanaAServiceNameWhereAResourceHasNothing) {
  TraceData data = MakeTrace("", {MakeSpan(1, 1, 0)});
  data.resource_spans[0].resource.attributes.clear();
  Show(data);
  EXPECT_THAT(Get("/api/traces/1").body, Not(HasSubstr("service.name")));
  net::Headers grafana;
  grafana.Add("User-Agent", "Grafana/12.1.0");
  EXPECT_THAT(Get("/api/traces/1", grafana).body, HasSubstr("service.name"));
}

// --- search ---

TEST_F(QueryApiTest, WritesExactlyTheFieldsThatGrafanaKnows) {
  Span span = MakeSpan(0xab, 1, 0);
  span.attributes = {{"n", {std::int64_t{5}}}};
  span.status_code = StatusCode::kError;
  Show(MakeTrace("shop", {span}));
  const auto answer = Get("/api/search?q=%7B+span.n+%3D+5+%26%26+name+!%3D+%22%22+%7D");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.headers.Get("Content-Type"), "application/json");
  const std::string span_set =
      R"({"spans":[{"spanID":"0000000000000001","name":"span 1",)"
      R"("startTimeUnixNano":"1700000000000000000","durationNanos":"1000000",)"
      R"("attributes":[{"key":"n","value":{"intValue":"5"}}]}],"matched":1})";
  EXPECT_THAT(answer.body,
              StartsWith(R"({"traces":[{"traceID":"ab","rootServiceName":"shop",)"
                         R"("rootTraceName":"span 1","startTimeUnixNano":"1700000000000000000",)"
                         R"("durationMs":1,"spanSet":)" +
                         span_set + R"(,"spanSets":[)" + span_set +
                         R"(],"serviceStats":{"shop":{"spanCount":1,"errorCount":1}}}],)"
                         R"("metrics":{"inspectedTraces":1,)"));
}

TEST_F(QueryApiTest, AnUnknownRootIsNamedAsClientsExpect) {
  Show(MakeTrace("shop", {MakeSpan(1, 2, 1)}));
  const auto answer = Get("/api/search");
  EXPECT_THAT(answer.body, HasSubstr(R"("rootServiceName":"<root span not yet received>","start)"));
}

TEST_F(QueryApiTest, ShowsOneTypeForEachKeyAndNoneThatBreaksReaders) {
  Span a = MakeSpan(1, 1, 0, 1);
  a.attributes = {{"mixed", {std::int64_t{5}}},
                  {"list", {ArrayValue{{{std::string("x")}, {std::int64_t{1}}}}}},
                  {"odd", {1.0 / 0.0}},
                  {"bytes", {BytesValue{"abcd"}}}};
  Span b = MakeSpan(2, 1, 0, 0);
  b.attributes = {
      {"mixed", {true}}, {"map", {MapValue{{{"k", {2.5}}}}}}, {"empty", AttributeValue{}}};
  Show(MakeTrace("shop", {a, b}));
  const auto answer = Get(
      "/api/search?q=%7B+.mixed+!%3D+nil+%7C%7C+.list+%3D+1+%7C%7C+.odd+%3D+1+%7C%7C+.bytes+%3D+1"
      "+%7C%7C+.map+%3D+1+%7C%7C+.empty+%3D+1+%7D");
  EXPECT_THAT(answer.body, HasSubstr(R"({"key":"mixed","value":{"stringValue":"5"}})"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"key":"mixed","value":{"stringValue":"true"}})"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"key":"list","value":{"stringValue":"[\"x\",1]"}})"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"key":"odd","value":{"stringValue":"+Inf"}})"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"key":"bytes","value":{"stringValue":"YWJjZA=="}})"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"key":"map","value":{"stringValue":"{\"k\":2.5}"}})"));
  EXPECT_THAT(answer.body, HasSubstr(R"({"key":"empty","value":{"stringValue":""}})"));
}

TEST_F(QueryApiTest, BadSearchesAre400WithTempoSText) {
  const std::pair<const char*, const char*> cases[] = {
      {"limit=0", "invalid limit: must be a positive number"},
      {"limit=x", "invalid limit: \"x\" is not a whole number"},
      {"limit=262145", "limit 262145 exceeds max limit 262144"},
      {"spss=101", "invalid spss: 101 exceeds max spans per span set 100"},
      {"start=5", "only one of start and end provided: must provide both or neither"},
      {"start=20&end=10", "http parameter start must be before end"},
      {"since=soon", "invalid since: "},
      {"q=%7B%7D&tags=a%3Db", "can't specify tags and q in the same query"},
      {"tags=a%3D%22b", "invalid tags: quoted value not terminated"},
      {"minDuration=fast", "invalid minDuration: "},
      {"minDuration=2s&maxDuration=1s", "invalid maxDuration: must be greater than minDuration"},
      {"q=%7B+.a+%3D", "invalid TraceQL query: parse error at line 1, col 7: "},
      {"q=%7B+1+%7D",
       "invalid TraceQL query: span filter field expressions must resolve to a boolean"}};
  for (const auto& [query, text] : cases) {
    const auto answer = Get(std::string("/api/search?") + query);
    EXPECT_EQ(answer.status, 400) << query;
    EXPECT_THAT(answer.body, HasSubstr(text)) << query;
  }
}

TEST_F(QueryApiTest, TakesEveryWayToAskForATimeRange) {
  Show(MakeTrace("shop", {MakeSpan(1, 1, 0)}));
  const auto found = [&](const std::string& query) {
    return Get("/api/search?" + query).body.find("\"traceID\":\"1\"") != std::string::npos;
  };
  EXPECT_TRUE(found(""));
  EXPECT_TRUE(found("start=0&end=0"));
  EXPECT_TRUE(found("start=1699999999&end=1700000001"));
  EXPECT_FALSE(found("start=1700000001&end=1700000002"));
  EXPECT_TRUE(found("since=5m"));
  clock_.Advance(std::chrono::hours(1));
  EXPECT_FALSE(found("since=5m"));
  EXPECT_TRUE(found("since=2h"));
}

TEST_F(QueryApiTest, TakesUnknownParametersAsTagsInTheOldestForm) {
  Show(Join(MakeTrace("shop", {MakeSpan(1, 1, 0)}), MakeTrace("cart", {MakeSpan(2, 1, 0)})));
  const auto answer = Get("/api/search?service.name=cart&limit=5");
  EXPECT_THAT(answer.body, HasSubstr("\"traceID\":\"2\""));
  EXPECT_THAT(answer.body, Not(HasSubstr("\"traceID\":\"1\"")));
  EXPECT_THAT(answer.body, Not(HasSubstr("spanSet"))) << "tags find traces, not spans";
  EXPECT_THAT(Get("/api/search?q=%7B%7D&service.name=cart").body, HasSubstr("\"traceID\":\"1\""));
}

// --- names and values ---

TEST_F(QueryApiTest, ListsTagNames) {
  Span span = MakeSpan(1, 1, 0);
  span.attributes = {{"b", {true}}, {"a", {true}}};
  Show(MakeTrace("shop", {span}));
  EXPECT_THAT(Get("/api/search/tags").body,
              StartsWith(R"({"tagNames":["a","b","service.name"],"metrics":{)"));
  EXPECT_THAT(Get("/api/v2/search/tags?scope=span").body,
              StartsWith(R"({"scopes":[{"name":"span","tags":["a","b"]}],"metrics":{)"));
  EXPECT_THAT(Get("/api/v2/search/tags?scope=none").body, HasSubstr(R"("name":"intrinsic")"));
  EXPECT_THAT(Get("/api/search/tags?scope=intrinsic").body, HasSubstr("traceDuration"));
  const auto cut = Get("/api/v2/search/tags?scope=span&limit=1");
  EXPECT_EQ(cut.headers.Get("Vivace-Partial"), "1 of 2 span names shown");
  const auto bad = Get("/api/v2/search/tags?scope=universe");
  EXPECT_EQ(bad.status, 400);
  EXPECT_EQ(bad.body, "invalid scope: universe");
}

TEST_F(QueryApiTest, ListsTagValues) {
  Span span = MakeSpan(1, 1, 0);
  span.attributes = {{"a/b", {std::int64_t{7}}}};
  Show(MakeTrace("shop", {span}));
  EXPECT_THAT(Get("/api/v2/search/tag/span.a/b/values").body,
              StartsWith(R"({"tagValues":[{"type":"int","value":"7"}],"metrics":{)"));
  EXPECT_THAT(Get("/api/v2/search/tag/span.a%2Fb/values").body, HasSubstr(R"("value":"7")"));
  EXPECT_THAT(Get("/api/v2/search/tag/.service.name/values?tag=%252E").body,
              HasSubstr(R"({"type":"string","value":"shop"})"));
  EXPECT_THAT(Get("/api/v2/search/tag/status/values").body,
              HasSubstr(R"([{"type":"keyword","value":"unset"}])"));
  EXPECT_THAT(Get("/api/search/tag/service.name/values").body,
              StartsWith(R"({"tagValues":["shop"],"metrics":{)"));
  EXPECT_THAT(Get("/api/search/tag/status.code/values").body,
              StartsWith(R"({"tagValues":["error","ok","unset"],)"));
  EXPECT_THAT(Get("/api/search/tag/error/values").body, StartsWith(R"({"tagValues":["true"],)"));
  const auto bad = Get("/api/v2/search/tag/service.name/values");
  EXPECT_EQ(bad.status, 400);
  EXPECT_THAT(bad.body, StartsWith("please provide a valid tagName: "));
}

TEST_F(QueryApiTest, AppliesReadableFiltersToValuesAndIgnoresOthers) {
  Show(Join(MakeTrace("shop", {MakeSpan(1, 1, 0)}), MakeTrace("cart", {MakeSpan(2, 2, 0)})));
  const std::string path = "/api/v2/search/tag/name/values?q=";
  EXPECT_THAT(Get(path + "%7B+resource.service.name%3D%22cart%22+%7D").body,
              StartsWith(R"({"tagValues":[{"type":"string","value":"span 2"}])"));
  // Half typed: what can be read still counts.
  EXPECT_THAT(Get(path + "%7B+resource.service.name%3D%22cart%22+%26%26+name%3D+%7D").body,
              StartsWith(R"({"tagValues":[{"type":"string","value":"span 2"}])"));
  EXPECT_THAT(Get(path + "%7B+resource.service.name%3D").body,
              StartsWith(R"({"tagValues":[{"type":"string","value":"span 1"},)"));
}

// --- the list, and pages ---

TEST_F(QueryApiTest, ListsRecentTracesInJaegersShape) {
  Span child = MakeSpan(1, 2, 1, 1000);
  child.kind = SpanKind::kClient;
  child.attributes = {
      {"n", {std::int64_t{5}}}, {"ok", {true}}, {"f", {0.5}}, {"s", {std::string("x")}}};
  child.status_code = StatusCode::kError;
  child.events.resize(1);
  child.events[0].time_unix_ns = kEpoch + 2000;
  child.events[0].name = "boom";
  Show(Join(MakeTrace("shop", {MakeSpan(1, 1, 0), child}),
            MakeTrace("cart", {MakeSpan(2, 1, 0, 9)})));
  const auto all = Get("/api/traces");
  EXPECT_EQ(all.status, 200);
  EXPECT_THAT(all.body, MatchesRegex(R"(\{"data":\[\{"traceID":"0{31}2".*"traceID":"0{31}1".*)"));
  EXPECT_THAT(all.body,
              HasSubstr(R"("references":[{"refType":"CHILD_OF","traceID":"0000000000000)"));
  EXPECT_THAT(all.body, HasSubstr(R"({"key":"n","type":"int64","value":5})"));
  EXPECT_THAT(all.body, HasSubstr(R"({"key":"f","type":"float64","value":0.5})"));
  EXPECT_THAT(all.body, HasSubstr(R"({"key":"span.kind","type":"string","value":"client"})"));
  EXPECT_THAT(all.body, HasSubstr(R"({"key":"error","type":"bool","value":true})"));
  EXPECT_THAT(all.body, HasSubstr(R"("logs":[{"timestamp":1700000000000002,"fields":[)"));
  EXPECT_THAT(all.body, HasSubstr(R"("processes":{"p1":{"serviceName":"shop","tags":[]}})"));
  const auto one = Get("/api/traces?service=cart&operation=span+1&limit=1");
  EXPECT_THAT(one.body, HasSubstr(R"("serviceName":"cart")"));
  EXPECT_THAT(one.body, Not(HasSubstr(R"("serviceName":"shop")")));
  EXPECT_EQ(Get("/api/traces?limit=0").status, 400);
}

TEST_F(QueryApiTest, AnswersHealthAndBuild) {
  EXPECT_EQ(Get("/ready").body, "ready\n");
  EXPECT_EQ(Get("/api/echo").body, "echo");
  EXPECT_THAT(Get("/api/status/buildinfo").body, StartsWith(R"({"version":"3.0.3+vivace.)"));
  store_.shown.blocks = 12;
  store_.shown.problems = {{"block 7", "checksum differs"}};
  EXPECT_THAT(Get("/status").body, HasSubstr("blocks                    12\n"));
  EXPECT_THAT(Get("/status").body, HasSubstr("block 7"));
  EXPECT_THAT(Get("/metrics").body, HasSubstr("# TYPE vivace_query_duration_seconds histogram"));
  store_.shown.accepting = false;
  EXPECT_EQ(Get("/ready").status, 503);
  EXPECT_THAT(Get("/ready").body, HasSubstr("checksum differs"));
}

// --- execution ---

TEST_F(QueryApiTest, QueriesRunOnTheExecutorAndNotForThoseWhoHaveGone) {
  auto sink = std::make_shared<CapturingSink>();
  Send("/api/search", {}, sink);
  EXPECT_FALSE(sink->answer.has_value()) << "nothing runs on the caller's thread";
  sink->gone = true;
  EXPECT_EQ(executor_.RunAll(), 1u);
  EXPECT_FALSE(sink->answer.has_value());
}

class FullExecutor final : public Executor {
 public:
  Status Post(Task) override { return Error(ErrorCode::kResourceExhausted, "queue is full"); }
};

TEST_F(QueryApiTest, AFullQueueIs429) {
  FullExecutor full;
  const ApiContext context{.store = store_, .queries = full, .clock = clock_};
  net::Router router;
  RegisterQueryApi(router, context);
  auto sink = std::make_shared<CapturingSink>();
  net::HttpRequest request;
  request.method = "GET";
  request.path = request.raw_path = "/api/search";
  router.Dispatch(std::move(request), net::HttpResponder(sink));
  ASSERT_TRUE(sink->answer.has_value());
  EXPECT_EQ(sink->answer->status, 429);
  EXPECT_EQ(sink->answer->body, "job queue full");
}

TEST_F(QueryApiTest, LimitsOfTimeAndMemoryAnswerWithTheirNames) {
  Span span = MakeSpan(1, 1, 0);
  span.attributes = {{"large", {std::string(100'000, 'x')}}};
  Show(MakeTrace("shop", {span}));
  ApiContext tight{.store = store_, .queries = executor_, .clock = clock_};
  tight.limits.bytes_max = 50'000;
  ApiContext late{.store = store_, .queries = executor_, .clock = clock_};
  late.limits.time_max = Nanoseconds(0);
  const auto ask = [&](const ApiContext& context, const std::string& path) {
    net::Router router;
    RegisterQueryApi(router, context);
    auto sink = std::make_shared<CapturingSink>();
    net::HttpRequest request;
    request.method = "GET";
    request.path = request.raw_path = path;
    router.Dispatch(std::move(request), net::HttpResponder(sink));
    executor_.RunAll();
    return sink->answer.value_or(net::HttpResponse{});
  };
  const auto too_large = ask(tight, "/api/traces/1");
  EXPECT_EQ(too_large.status, 422);
  EXPECT_THAT(too_large.body, HasSubstr("trace exceeds max size"));
  EXPECT_THAT(too_large.body, HasSubstr("50000 bytes"));
  EXPECT_EQ(ask(late, "/api/search").status, 504);
}

}  // namespace
}  // namespace vivace::api

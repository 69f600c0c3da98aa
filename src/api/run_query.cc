#include "api/run_query.h"

#include <chrono>
#include <memory>
#include <utility>

#include "base/log.h"
#include "base/metrics.h"

namespace vivace::api {
namespace {

// Bytes of all reasons in a header.
constexpr std::size_t kPartialHeaderBytesMax = 500;

Histogram& query_seconds =
    Metrics().AddHistogram("vivace_query_duration_seconds",
                           "Time of queries on their thread, waiting aside.", LatencyBuckets());
Counter& queries_refused =
    Metrics().AddCounter("vivace_queries_refused_total", "Queries refused because too many wait.");
Counter& queries_failed = Metrics().AddCounter(
    "vivace_queries_failed_total", "Queries that ended with an error of ours, or a limit.");

int StatusOf(ErrorCode code) {
  // A query that is too large stays so: 429 would ask the client to send it again.
  if (code == ErrorCode::kResourceExhausted) return 422;
  return net::HttpStatusOf(code);
}

}  // namespace

net::HttpResponse ErrorResponse(const Error& error) {
  return net::HttpResponse::Text(StatusOf(error.code()), error.message());
}

net::HttpHandler OnExecutor(const ApiContext& context, QueryTask task) {
  return [&context, task = std::move(task)](net::HttpRequest request,
                                            net::HttpResponder responder) {
    // Tasks are copyable, requests are not.
    auto shared = std::make_shared<net::HttpRequest>(std::move(request));
    const Status posted = context.queries.Post([&context, task, shared, responder] {
      if (responder.ClientGone()) return;
      query::Budget budget(
          context.clock, context.limits, [&responder] { return responder.ClientGone(); },
          context.bytes);
      const Nanoseconds start = context.clock.Steady();
      Result<net::HttpResponse> answer = task(*shared, budget);
      query_seconds.Observe(std::chrono::duration<double>(context.clock.Steady() - start).count());
      if (answer.ok()) return responder.Send(std::move(answer).value());
      const ErrorCode code = answer.error().code();
      if (code != ErrorCode::kInvalidArgument && code != ErrorCode::kCancelled) {
        queries_failed.Add();
        LogWarn("query failed", {{"path", shared->path}, {"reason", answer.error().ToString()}});
      }
      responder.Send(ErrorResponse(answer.error()));
    });
    if (posted.ok()) return;
    queries_refused.Add();
    if (posted.error().code() == ErrorCode::kResourceExhausted) {
      responder.Send(net::HttpResponse::Text(429, "job queue full"));
    } else {
      responder.Send(ErrorResponse(posted.error()));
    }
  };
}

void AddPartialHeader(const std::vector<std::string>& reasons, net::HttpResponse& response) {
  if (reasons.empty()) return;
  std::string text;
  for (const std::string& reason : reasons) {
    if (!text.empty()) text += "; ";
    text += reason;
    if (text.size() > kPartialHeaderBytesMax) break;
  }
  if (text.size() > kPartialHeaderBytesMax) text = text.substr(0, kPartialHeaderBytesMax) + "...";
  for (char& c : text) {
    if (c < ' ' || c > '~') c = '?';  // A header field holds printable ASCII.
  }
  response.headers.Add("Vivace-Partial", std::move(text));
}

}  // namespace vivace::api

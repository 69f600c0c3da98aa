#include "net/router.h"

#include <memory>
#include <string>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>

namespace vivace::net {
namespace {

class CapturedResponse final : public HttpResponder::Sink {
 public:
  explicit CapturedResponse(HttpResponse& response) : response_(response) {}
  void Send(HttpResponse response) override { response_ = std::move(response); }
  bool ClientGone() const override { return false; }

 private:
  HttpResponse& response_;
};

HttpResponse Ask(const Router& router, std::string method, std::string path) {
  HttpRequest request;
  request.method = std::move(method);
  request.raw_path = path;
  request.path = std::move(path);
  HttpResponse response;
  response.status = 0;
  router.Dispatch(std::move(request), HttpResponder(std::make_shared<CapturedResponse>(response)));
  return response;
}

HttpHandler Named(std::string name) {
  return [name = std::move(name)](HttpRequest request, HttpResponder responder) {
    responder.Send(HttpResponse::Text(
        200, fmt::format("{}({})", name, fmt::join(request.path_parameters, ","))));
  };
}

TEST(RouterTest, PrefersExactThenOneThenRest) {
  Router router;
  router.Handle("GET", "/api/{*}", "rest", Named("rest"));
  router.Handle("GET", "/api/traces/{}", "trace", Named("trace"));
  router.Handle("GET", "/api/traces/recent", "recent", Named("recent"));
  router.Handle("GET", "/api/{}/values", "values", Named("values"));
  router.Handle("GET", "/api/tag/{*}/values", "tag", Named("tag"));
  router.Handle("GET", "/", "root", Named("root"));
  EXPECT_EQ(Ask(router, "GET", "/").body, "root()");
  EXPECT_EQ(Ask(router, "GET", "/api/traces/recent").body, "recent()");
  EXPECT_EQ(Ask(router, "GET", "/api/traces/abc").body, "trace(abc)");
  EXPECT_EQ(Ask(router, "GET", "/api/x/values").body, "values(x)");
  EXPECT_EQ(Ask(router, "GET", "/api/a/b/c").body, "rest(a/b/c)");
  EXPECT_EQ(Ask(router, "GET", "/api/tag/a/b.c/values").body, "tag(a/b.c)");
  EXPECT_EQ(Ask(router, "GET", "/api/tag/values/values").body, "tag(values)");
}

TEST(RouterTest, DecodesEachSegmentOnItsOwn) {
  Router router;
  router.Handle("GET", "/tag/{}/values", "tag", Named("tag"));
  EXPECT_EQ(Ask(router, "GET", "/tag/a%2Fb%20c%252F/values").body, "tag(a/b c%2F)");
  EXPECT_EQ(Ask(router, "GET", "/t%61g/x/values").body, "tag(x)");
  EXPECT_EQ(Ask(router, "GET", "/tag//values").status, 404);
}

TEST(RouterTest, AnswersHeadWithGetAnd405WithAllow) {
  Router router;
  router.Handle("GET", "/a", "a", Named("get"));
  router.Handle("DELETE", "/a", "a", Named("delete"));
  EXPECT_EQ(Ask(router, "HEAD", "/a").body, "get()");
  EXPECT_EQ(Ask(router, "DELETE", "/a").body, "delete()");
  const HttpResponse refused = Ask(router, "POST", "/a");
  EXPECT_EQ(refused.status, 405);
  EXPECT_EQ(refused.headers.Get("Allow"), "GET, DELETE, HEAD");
  EXPECT_EQ(Ask(router, "GET", "/b").status, 404);
  EXPECT_EQ(Ask(router, "GET", "/a/").status, 404);
}

TEST(RouterTest, FallsBackForReadsOnly) {
  Router router;
  router.Handle("POST", "/a", "a", Named("a"));
  router.Fallback(Named("page"));
  EXPECT_EQ(Ask(router, "GET", "/search").body, "page()");
  EXPECT_EQ(Ask(router, "HEAD", "/search").body, "page()");
  EXPECT_EQ(Ask(router, "POST", "/search").status, 404);
  EXPECT_EQ(Ask(router, "GET", "/a").status, 405);
}

TEST(RouterTest, ShapesErrorsWithTheHook) {
  Router router;
  router.SetErrorShaper([](int status, std::string message, const HttpRequest& head) {
    return HttpResponse::Json(status, fmt::format("{{\"{}\":\"{}\"}}", head.path, message));
  });
  const HttpResponse response = Ask(router, "GET", "/x");
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.body, "{\"/x\":\"no such path: /x\"}");
}

TEST(RouterTest, ListsRouteNamesOnceForMetrics) {
  Router router;
  router.Handle("GET", "/a", "a", Named("a"));
  router.Handle("POST", "/a", "a", Named("a"));
  router.HandleGrpc("/s/M", [](GrpcRequest, GrpcResponder) {});
  EXPECT_EQ(router.route_names(), (std::vector<std::string>{"other", "a", "/s/M"}));
}

}  // namespace
}  // namespace vivace::net

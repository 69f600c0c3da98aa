#include "app/web_assets.h"

#include <optional>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/inflate.h"

namespace vivace::app {
namespace {

class KeepingSink final : public net::HttpResponder::Sink {
 public:
  void Send(net::HttpResponse response) override { sent = std::move(response); }
  bool ClientGone() const override { return false; }
  std::optional<net::HttpResponse> sent;
};

class WebAssetsTest : public testing::Test {
 protected:
  WebAssetsTest() {
    // Real pages are some hundred bytes; a repeated text makes sure that gzip is the smaller.
    for (int i = 0; i < 50; ++i) page_ += "<p>traces</p>";
    gzip_ = net::GzipCompress(page_).value();
    assets_ = {WebAsset{"/assets/app-1a2b.js", "text/javascript; charset=utf-8", "cafe", true,
                        page_.size(), AsBytes(gzip_), AsBytes("brotli bytes")},
               WebAsset{"/index.html", "text/html; charset=utf-8", "beef", false, page_.size(),
                        AsBytes(gzip_), AsBytes("brotli bytes")}};
    RegisterWebUi(router_, assets_);
  }

  net::HttpResponse Get(const std::string& path, net::Headers headers = {}) {
    auto sink = std::make_shared<KeepingSink>();
    net::HttpRequest request;
    request.method = "GET";
    request.path = request.raw_path = path;
    request.headers = std::move(headers);
    router_.Dispatch(std::move(request), net::HttpResponder(sink));
    return std::move(*sink->sent);
  }
  static net::Headers With(std::string name, std::string value) {
    net::Headers headers;
    headers.Add(std::move(name), std::move(value));
    return headers;
  }

  std::string page_;
  std::string gzip_;
  std::vector<WebAsset> assets_;
  net::Router router_;
};

TEST_F(WebAssetsTest, ServesFilesInTheCodingThatTheClientTakes) {
  const auto brotli = Get("/assets/app-1a2b.js", With("Accept-Encoding", "gzip, deflate, br"));
  EXPECT_EQ(brotli.headers.Get("Content-Encoding"), "br");
  EXPECT_EQ(brotli.body, "brotli bytes");
  const auto gzip = Get("/assets/app-1a2b.js", With("Accept-Encoding", "gzip, br;q=0"));
  EXPECT_EQ(gzip.headers.Get("Content-Encoding"), "gzip");
  EXPECT_EQ(gzip.body, gzip_);
  const auto plain = Get("/assets/app-1a2b.js");
  EXPECT_FALSE(plain.headers.Has("Content-Encoding"));
  EXPECT_EQ(plain.body, page_);
}

TEST_F(WebAssetsTest, PagesOfTheUiAreTheIndexAndAreNotKept) {
  for (const std::string path : {"/", "/trace/0af7651916cd43dd", "/explore", "/statuses"}) {
    const auto page = Get(path);
    EXPECT_EQ(page.status, 200) << path;
    EXPECT_EQ(page.body, page_) << path;
    EXPECT_EQ(page.headers.Get("Cache-Control"), "no-cache") << path;
    EXPECT_THAT(std::string(page.headers.Get("Content-Security-Policy")),
                testing::HasSubstr("default-src 'none'"));
  }
}

TEST_F(WebAssetsTest, HashedFilesAreKeptForEverAndConfirmedByTag) {
  const auto file = Get("/assets/app-1a2b.js");
  EXPECT_THAT(std::string(file.headers.Get("Cache-Control")), testing::HasSubstr("immutable"));
  const auto again =
      Get("/assets/app-1a2b.js", With("If-None-Match", std::string(file.headers.Get("ETag"))));
  EXPECT_EQ(again.status, 304);
  EXPECT_TRUE(again.body.empty());
}

TEST_F(WebAssetsTest, UnknownPathsOfProgramsAreNotFound) {
  for (const std::string path :
       {"/api/nothing", "/v1/metrics", "/vivace/v1/x", "/assets/gone.js"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
  }
}

TEST_F(WebAssetsTest, SaysSoWhenTheBinaryHasNoUi) {
  net::Router router;
  RegisterWebUi(router, {});
  auto sink = std::make_shared<KeepingSink>();
  net::HttpRequest request;
  request.method = "GET";
  request.path = request.raw_path = "/";
  router.Dispatch(std::move(request), net::HttpResponder(sink));
  EXPECT_EQ(sink->sent->status, 404);
  EXPECT_THAT(sink->sent->body, testing::HasSubstr("without the web UI"));
}

TEST(EmbeddedWebAssetsTest, EveryFileOfTheBinaryInflatesToItsSize) {
  for (const WebAsset& asset : WebAssets()) {
    std::size_t bytes = 0;
    net::Inflater inflater(net::Encoding::kGzip);
    ASSERT_TRUE(inflater
                    .Append(AsText(asset.gzip),
                            [&](std::string_view piece) -> Status {
                              bytes += piece.size();
                              return {};
                            })
                    .ok())
        << asset.path;
    EXPECT_EQ(bytes, asset.plain_bytes) << asset.path;
  }
}

}  // namespace
}  // namespace vivace::app

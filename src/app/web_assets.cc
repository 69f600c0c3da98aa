#include "app/web_assets.h"

#include <algorithm>
#include <array>
#include <string>

#include <fmt/core.h>

#include "net/inflate.h"

namespace vivace::app {
namespace {

// Paths of programs, not of people: an unknown one is an error, never the UI.
constexpr std::array<std::string_view, 8> kProgramPrefixes = {
    "/api", "/vivace", "/v1", "/status", "/metrics", "/ready", "/debug", "/assets"};

bool IsProgramPath(std::string_view path) {
  return std::any_of(kProgramPrefixes.begin(), kProgramPrefixes.end(), [&](std::string_view p) {
    return path == p || (path.starts_with(p) && path[p.size()] == '/');
  });
}

const WebAsset* FindAsset(std::span<const WebAsset> assets, std::string_view path) {
  const auto found = std::find_if(assets.begin(), assets.end(),
                                  [&](const WebAsset& asset) { return asset.path == path; });
  return found == assets.end() ? nullptr : &*found;
}

/// True if the Accept-Encoding list names `coding` and does not refuse it with q=0.
bool Accepts(std::string_view list, std::string_view coding) {
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    std::string_view item = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    while (!item.empty() && item.front() == ' ') item.remove_prefix(1);
    const std::size_t semicolon = std::min(item.find(';'), item.size());
    std::string_view name = item.substr(0, semicolon);
    while (!name.empty() && name.back() == ' ') name.remove_suffix(1);
    if (!net::EqualsNoCase(name, coding)) continue;
    const std::size_t quality = item.find("q=0", semicolon);
    const bool refused =
        quality != std::string_view::npos &&
        item.substr(quality + 3).find_first_not_of(".0 ") == std::string_view::npos;
    return !refused;
  }
  return false;
}

Result<std::string> InflateWhole(const WebAsset& asset) {
  std::string plain;
  plain.reserve(asset.plain_bytes);
  net::Inflater inflater(net::Encoding::kGzip);
  RETURN_IF_ERROR(inflater.Append(AsText(asset.gzip), [&](std::string_view piece) -> Status {
    plain.append(piece);
    return {};
  }));
  RETURN_IF_ERROR(inflater.End());
  return plain;
}

net::HttpResponse Serve(const WebAsset& asset, const net::HttpRequest& request) {
  net::HttpResponse response;
  response.headers = WebSecurityHeaders();
  const std::string tag = fmt::format("\"{}\"", asset.tag);
  response.headers.Add("ETag", tag);
  response.headers.Add("Vary", "Accept-Encoding");
  response.headers.Add("Cache-Control",
                       asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (request.headers.Get("If-None-Match").find(tag) != std::string_view::npos) {
    response.status = 304;
    return response;
  }
  response.headers.Add("Content-Type", std::string(asset.content_type));
  const std::string_view accepted = request.headers.Get("Accept-Encoding");
  if (Accepts(accepted, "br")) {
    response.headers.Add("Content-Encoding", "br");
    response.body = AsText(asset.brotli);
  } else if (Accepts(accepted, "gzip")) {
    response.headers.Add("Content-Encoding", "gzip");
    response.body = AsText(asset.gzip);
  } else {
    Result<std::string> plain = InflateWhole(asset);
    if (!plain.ok()) return net::HttpResponse::Text(500, plain.error().message() + "\n");
    response.body = std::move(plain).value();
  }
  return response;
}

}  // namespace

net::Headers WebSecurityHeaders() {
  net::Headers headers;
  headers.Add("Content-Security-Policy",
              "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
              "font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; "
              "base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  headers.Add("X-Frame-Options", "DENY");
  headers.Add("Referrer-Policy", "no-referrer");
  headers.Add("Cross-Origin-Opener-Policy", "same-origin");
  return headers;
}

void RegisterWebUi(net::Router& router, std::span<const WebAsset> assets) {
  router.Fallback([assets](net::HttpRequest request, net::HttpResponder responder) {
    if (const WebAsset* asset = FindAsset(assets, request.path)) {
      responder.Send(Serve(*asset, request));
      return;
    }
    const WebAsset* index = FindAsset(assets, "/index.html");
    if (IsProgramPath(request.path)) {
      responder.Send(net::HttpResponse::Text(
          404, fmt::format("no such path: {}; see docs/http-api.md for those that exist\n",
                           request.path)));
    } else if (index == nullptr) {
      responder.Send(net::HttpResponse::Text(
          404, "this binary was built without the web UI (VIVACE_WEB=OFF)\n"));
    } else {
      responder.Send(Serve(*index, request));
    }
  });
}

}  // namespace vivace::app

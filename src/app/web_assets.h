#pragma once
// The web UI, built and compressed at build time and embedded in the binary.

#include <cstddef>
#include <span>
#include <string_view>

#include "base/bytes.h"
#include "net/router.h"

namespace vivace::app {

/// One file of the UI. All views point into the binary.
struct WebAsset {
  std::string_view path;  ///< Such as "/assets/index-3f2a.js".
  std::string_view content_type;
  std::string_view tag;    ///< Hash of the content, for ETag.
  bool immutable = false;  ///< The path holds a hash of the content.
  std::size_t plain_bytes = 0;
  ByteView gzip;
  ByteView brotli;
};

/// All files, sorted by path; empty in a binary that was built without the UI.
std::span<const WebAsset> WebAssets();

/// Serves the UI for every path that no route knows: files by name, and index.html for paths
/// of the UI itself. Paths below /api, /vivace, /v1 and /status stay 404.
void RegisterWebUi(net::Router& router, std::span<const WebAsset> assets);

/// The headers that keep the pages to themselves: content security policy and company.
net::Headers WebSecurityHeaders();

}  // namespace vivace::app

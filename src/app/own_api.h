#pragma once
// Vivace's own endpoints below /vivace/v1/: what the web UI's first page needs, import of
// files, and cutting blocks by hand. Described in docs/http-api.md.

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/executor.h"
#include "base/random.h"
#include "net/router.h"
#include "receivers/first_data.h"
#include "receivers/span_sink.h"

namespace vivace::app {

/// What the endpoints use; all of it outlives the router.
struct OwnApiContext {
  receivers::SpanSink& spans;
  receivers::FirstData& first_data;
  Executor& workers;  ///< For flush, which waits.
  Clock& clock;
  Random& random;
  std::function<Status()> flush;
  std::function<std::uint64_t()> otlp_connections;  ///< Accepted so far.
  /// Where OTLP is taken; known once the listeners are bound, before they serve.
  const std::string& otlp_http_address;
  const std::string& otlp_grpc_address;
};

/// Adds POST demo-trace, GET first-data, POST import, POST flush.
void RegisterOwnApi(net::Router& router, OwnApiContext& context);

/// True if a browser sent `request` from a page of another site (Fetch Metadata, Origin): such
/// a request may not change anything.
bool IsCrossSite(const net::HttpRequest& request);

}  // namespace vivace::app

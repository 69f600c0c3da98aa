#pragma once
// Sends GET requests to one server over a few connections at once.

#include <cstddef>
#include <functional>
#include <string>

namespace vivace::demo {

/// Starts request `index`; returns its path and what goes into its `traceparent` header.
struct LoadRequest {
  std::string path;
  std::string traceparent;
};
using BeginRequest = std::function<LoadRequest(std::size_t index)>;
/// Told the status of request `index`, 0 if no answer came.
using EndRequest = std::function<void(std::size_t index, int status)>;

/// Sends `count` GET requests to `address` ("host:port") over `connections` connections and
/// returns when all are answered. `begin` and `end` are called from several threads, each pair
/// for one index on one thread.
void SendLoad(const std::string& address, std::size_t count, int connections,
              const BeginRequest& begin, const EndRequest& end);

}  // namespace vivace::demo

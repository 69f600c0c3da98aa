#pragma once
// Where received spans go.

#include <functional>
#include <string>

#include "base/result.h"
#include "otlp/walk.h"

namespace vivace::receivers {

/// Takes batches for storing. Thread-safe.
class SpanSink {
 public:
  virtual ~SpanSink() = default;
  /// Calls `done` exactly once, from any thread and possibly before it returns: with success
  /// once the spans are durable and every query finds them, else with the reason. `done` does
  /// not block.
  virtual void Append(std::string tenant, otlp::Batch batch, std::function<void(Status)> done) = 0;
};

}  // namespace vivace::receivers

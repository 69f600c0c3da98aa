#pragma once
// A sink that keeps what it gets and answers as told.

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "receivers/span_sink.h"

namespace vivace::receivers {

class FakeSink final : public SpanSink {
 public:
  void Append(std::string tenant, otlp::Batch batch, std::function<void(Status)> done) override {
    tenants.push_back(std::move(tenant));
    batches.push_back(std::move(batch));
    if (answer_later) {
      waiting.push_back(std::move(done));
    } else {
      done(answer);
    }
  }

  std::vector<std::string> tenants;
  std::vector<otlp::Batch> batches;
  Status answer;              ///< What `done` gets.
  bool answer_later = false;  ///< Calls go to `waiting` instead.
  std::vector<std::function<void(Status)>> waiting;
};

}  // namespace vivace::receivers

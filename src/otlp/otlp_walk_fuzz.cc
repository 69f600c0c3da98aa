// Any bytes walk to a batch or an error; a batch decodes to the spans that were counted.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "otlp/decode.h"
#include "otlp/walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vivace;
  const auto body = std::make_shared<const std::string>(reinterpret_cast<const char*>(data), size);
  const auto walked = otlp::Walk(body);
  if (!walked.ok()) {
    CHECK(walked.error().code() == ErrorCode::kInvalidArgument);
    return 0;
  }
  const otlp::Batch& batch = walked->batch;
  CHECK((batch.bytes == body) == (walked->refusals.total() == 0));
  const auto decoded = otlp::Decode(AsBytes(*batch.bytes));
  CHECK(decoded.ok());
  CHECK(decoded->SpanCount() == batch.span_count);
  std::uint64_t spans = 0;
  for (const otlp::WalkedTrace& trace : batch.traces) {
    CHECK(trace.start_unix_ns_min <= trace.start_unix_ns_max);
    CHECK(trace.start_unix_ns_min >= batch.start_unix_ns_min);
    CHECK(trace.end_unix_ns_max <= batch.end_unix_ns_max);
    spans += trace.spans;
    if (batch.traces.size() > 20) continue;
    const auto one = otlp::DecodeTrace(AsBytes(*batch.bytes), trace.id);
    CHECK(one.ok());
    CHECK(one->SpanCount() == trace.spans);
  }
  CHECK(spans == batch.span_count);
  // What was refused once is out for good.
  const auto again = otlp::Walk(batch.bytes);
  CHECK(again.ok());
  CHECK(again->refusals.total() == 0);
  CHECK(again->batch.span_count == batch.span_count);
  return 0;
}

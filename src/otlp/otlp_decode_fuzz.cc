// Any bytes decode or fail; what decodes survives encoding in every field.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "otlp/decode.h"
#include "otlp/encode.h"
#include "otlp/walk.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vivace;
  const auto decoded = otlp::Decode(ByteView(reinterpret_cast<const std::byte*>(data), size));
  if (!decoded.ok()) {
    CHECK(decoded.error().code() == ErrorCode::kInvalidArgument);
    return 0;
  }
  auto bytes = std::make_shared<const std::string>(otlp::Encode(*decoded));
  const auto again = otlp::Decode(AsBytes(*bytes));
  CHECK(again.ok());
  CHECK(*again == *decoded);
  const auto walked = otlp::Walk(std::move(bytes));
  CHECK(walked.ok());
  CHECK(walked->refusals.total() == 0);
  CHECK(walked->batch.span_count == decoded->SpanCount());
  return 0;
}

// Any text is read or refused; what is read survives JSON and protobuf in every field.

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "base/check.h"
#include "otlp/decode.h"
#include "otlp/encode.h"
#include "otlp/json_decode.h"
#include "otlp/json_encode.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vivace;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto lines = otlp::DecodeJsonLines(text);
  const auto decoded = otlp::DecodeJson(text);
  if (!decoded.ok()) {
    CHECK(decoded.error().code() == ErrorCode::kInvalidArgument);
    return 0;
  }
  // One object is one line or several, but never several objects.
  CHECK(lines.ok());
  CHECK(lines->data == decoded->data);
  const auto again = otlp::DecodeJson(otlp::EncodeOtlpJson(decoded->data));
  CHECK(again.ok());
  CHECK(again->data == decoded->data);
  CHECK(again->refusals.total() == 0);
  const auto protobuf = otlp::Decode(AsBytes(otlp::Encode(decoded->data)));
  CHECK(protobuf.ok());
  CHECK(protobuf->SpanCount() == decoded->data.SpanCount());
  CHECK(!otlp::EncodeTempoJson(decoded->data).empty());
  return 0;
}

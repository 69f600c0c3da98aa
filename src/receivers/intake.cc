#include "receivers/intake.h"

#include <string_view>
#include <utility>

#include "base/bytes.h"
#include "otlp/encode.h"
#include "otlp/json_decode.h"

namespace vivace::receivers {
namespace {

constexpr std::string_view kBlank = " \t\r\n";

/// The first byte that is not blank, or 0.
char FirstByte(std::string_view text) {
  const std::size_t at = text.find_first_not_of(kBlank);
  return at == std::string_view::npos ? '\0' : text[at];
}

/// Takes memory for reading `size` bytes of JSON. A reservation without bytes belongs to no
/// accountant: then there is no body, or nobody counts.
Status HoldForJson(std::size_t size, ByteReservation& held) {
  if (held.bytes() == 0) return {};
  return held.Grow(size * kJsonMemoryFactor).Wrap("no memory to read JSON now, try again");
}

Result<otlp::WalkResult> WalkDecoded(Result<otlp::JsonDecoded> decoded) {
  if (!decoded.ok()) return std::move(decoded).error();
  auto bytes = std::make_shared<const std::string>(otlp::Encode(decoded->data));
  ASSIGN_OR_RETURN(otlp::WalkResult walked, otlp::Walk(std::move(bytes)));
  walked.refusals.Add(decoded->refusals);
  return walked;
}

Error WithHint(Error error, std::string_view hint) {
  return Error(error.code(), error.message() + std::string(hint));
}

}  // namespace

Result<otlp::WalkResult> ReadBody(std::string body, Encoding encoding, ByteReservation& held) {
  const char first = FirstByte(body);
  if (encoding == Encoding::kJson) {
    // The tag of a request's first field is a newline in ASCII.
    const bool may_be_protobuf = body.starts_with('\n') && first != '{' && first != '\0';
    RETURN_IF_ERROR(HoldForJson(body.size(), held));
    Result<otlp::WalkResult> walked = WalkDecoded(otlp::DecodeJson(std::move(body)));
    if (walked.ok() || !may_be_protobuf) return walked;
    return WithHint(std::move(walked).error(),
                    "; it looks like protobuf, which goes with Content-Type: "
                    "application/x-protobuf");
  }
  Result<otlp::WalkResult> walked =
      otlp::Walk(std::make_shared<const std::string>(std::move(body)));
  if (walked.ok() || first != '{') return walked;
  return WithHint(std::move(walked).error(),
                  "; it looks like JSON, which goes with Content-Type: application/json");
}

Result<otlp::WalkResult> ReadFile(std::string body, std::string_view content_type,
                                  ByteReservation& held) {
  const bool is_named_protobuf = EncodingOfContentType(content_type) == Encoding::kProtobuf;
  if (is_named_protobuf || FirstByte(body) != '{') {
    Result<otlp::WalkResult> walked =
        otlp::Walk(std::make_shared<const std::string>(std::move(body)));
    if (walked.ok() || is_named_protobuf) return walked;
    return Error(walked.error().code(),
                 "the file is neither OTLP JSON, which begins with a brace, nor OTLP protobuf: " +
                     walked.error().message());
  }
  RETURN_IF_ERROR(HoldForJson(body.size(), held));
  // A newline, then a length of 123, is how a protobuf file can begin that looks like JSON.
  std::string protobuf = body.starts_with("\n{") ? body : std::string();
  Result<otlp::WalkResult> walked = WalkDecoded(otlp::DecodeJsonLines(std::move(body)));
  if (walked.ok() || protobuf.empty()) return walked;
  Result<otlp::WalkResult> other =
      otlp::Walk(std::make_shared<const std::string>(std::move(protobuf)));
  return other.ok() ? std::move(other) : std::move(walked);
}

}  // namespace vivace::receivers

#include "net/body.h"

#include <algorithm>

#include <fmt/format.h>

#include "net/http.h"

namespace vivace::net {
namespace {

// What is reserved and allocated at first, whatever the sender announces: a sender that
// announces 64 MiB and sends nothing holds this much only. Most OTLP bodies fit.
constexpr std::uint64_t kFirstBytes = 64 * 1024;

}  // namespace

BodyCollector::BodyCollector(Encoding encoding, std::uint64_t body_bytes_max,
                             ByteAccountant& accountant)
    : encoding_(encoding),
      body_bytes_max_(body_bytes_max),
      accountant_(accountant),
      inflater_(encoding) {}

Status BodyCollector::Append(std::string_view bytes) {
  wire_bytes_ += bytes.size();
  if (wire_bytes_ > body_bytes_max_) {
    return Error(ErrorCode::kResourceExhausted,
                 fmt::format("body is larger than {} bytes", body_bytes_max_));
  }
  if (encoding_ == Encoding::kIdentity) return Hold(bytes);
  return inflater_.Append(bytes, [this](std::string_view piece) { return Hold(piece); });
}

Status BodyCollector::End() {
  if (wire_bytes_ == 0) return {};  // An empty body is empty in every coding.
  return inflater_.End();
}

Status BodyCollector::Hold(std::string_view bytes) {
  const std::uint64_t size = body_.size() + bytes.size();
  if (size > body_bytes_max_) {
    return Error(ErrorCode::kResourceExhausted,
                 fmt::format("body is larger than {} bytes after decompression", body_bytes_max_));
  }
  if (size > reservation_.bytes()) {
    // Doubling, up to what the sender announced or the bound allows.
    std::uint64_t want = std::max(size, std::max(kFirstBytes, 2 * reservation_.bytes()));
    if (encoding_ == Encoding::kIdentity && expected_ && *expected_ >= size) {
      want = std::min(want, *expected_);
    }
    want = std::min(want, body_bytes_max_);
    if (reservation_.bytes() == 0) {
      ASSIGN_OR_RETURN(reservation_, accountant_.Reserve(want));
    } else {
      RETURN_IF_ERROR(reservation_.Grow(want - reservation_.bytes()));
    }
    body_.reserve(want + kBodyPadding);
  }
  body_.append(bytes);
  return {};
}

}  // namespace vivace::net

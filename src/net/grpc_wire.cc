#include "net/grpc_wire.h"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

#include "base/bytes.h"
#include "net/http.h"

namespace vivace::net {
namespace {

constexpr std::size_t kPrefixBytes = 5;  // Compressed flag, then the length, big-endian.

// Longest grpc-message; clients bound trailers at about 8 KiB.
constexpr std::size_t kMessageBytesMax = 4096;

// The hint where a refusal of ours should be retried; see kRetryAfter of exchange.cc.
constexpr std::chrono::seconds kRetryHint{2};

std::string EncodeMessage(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kMessageBytesMax)) {
    if (c >= 0x20 && c <= 0x7e && c != '%') {
      out.push_back(c);
    } else {
      out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// google.rpc.RetryInfo{retry_delay: google.protobuf.Duration{seconds}}.
std::string RetryInfo(std::chrono::seconds delay) {
  ByteWriter duration;
  duration.U8(0x08);
  duration.Varint(static_cast<std::uint64_t>(delay.count()));
  ByteWriter info;
  info.U8(0x0a);
  info.Text(duration.Take());
  return info.Take();
}

// google.rpc.Status{code, message, details: [Any{RetryInfo}]}.
std::string StatusDetails(const GrpcStatus& status, std::string_view retry_info) {
  ByteWriter any;
  any.U8(0x0a);
  any.Text("type.googleapis.com/google.rpc.RetryInfo");
  any.U8(0x12);
  any.Text(retry_info);
  ByteWriter out;
  out.U8(0x08);
  out.Varint(static_cast<std::uint64_t>(status.code));
  out.U8(0x12);
  out.Text(std::string_view(status.message).substr(0, kMessageBytesMax));
  out.U8(0x1a);
  out.Text(any.Take());
  return out.Take();
}

GrpcStatus StatusFor(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kResourceExhausted:  // Too large: no retry helps, so no hint.
      return {GrpcCode::kResourceExhausted, "message: " + error.message(), std::nullopt};
    case ErrorCode::kUnavailable:
      return {GrpcCode::kUnavailable,
              "the server holds too many bytes now, try again: " + error.message(), kRetryHint};
    default:
      return {GrpcCode::kInternal, "message: " + error.message(), std::nullopt};
  }
}

}  // namespace

std::optional<Nanoseconds> ParseGrpcTimeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  switch (text.back()) {
    case 'H':
      // 8 digits of hours pass 64 bits of nanoseconds: beyond a year it is all the same.
      return std::chrono::hours(std::min<std::int64_t>(value, 24 * 366));
    case 'M':
      return std::chrono::minutes(value);
    case 'S':
      return std::chrono::seconds(value);
    case 'm':
      return std::chrono::milliseconds(value);
    case 'u':
      return std::chrono::microseconds(value);
    case 'n':
      return std::chrono::nanoseconds(value);
    default:
      return std::nullopt;
  }
}

bool IsGrpcContentType(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (content_type.ends_with(' ')) content_type.remove_suffix(1);
  return EqualsNoCase(content_type, "application/grpc") ||
         EqualsNoCase(content_type, "application/grpc+proto");
}

std::string FrameGrpcMessage(std::string_view message) {
  const std::size_t size = message.size();
  std::string frame;
  frame.reserve(kPrefixBytes + size);
  frame.push_back('\0');
  for (const unsigned shift : {24U, 16U, 8U, 0U}) {
    frame.push_back(static_cast<char>((size >> shift) & 0xffU));
  }
  frame.append(message);
  return frame;
}

std::vector<std::pair<std::string, std::string>> GrpcTrailers(const GrpcStatus& status) {
  std::vector<std::pair<std::string, std::string>> trailers;
  trailers.emplace_back("grpc-status", std::to_string(static_cast<int>(status.code)));
  if (!status.message.empty()) trailers.emplace_back("grpc-message", EncodeMessage(status.message));
  if (status.retry_after) {
    const std::string info = RetryInfo(*status.retry_after);
    trailers.emplace_back("grpc-status-details-bin", Base64(StatusDetails(status, info)));
    trailers.emplace_back("google.rpc.retryinfo-bin", Base64(info));
  }
  return trailers;
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    count += 8;
    while (count >= 6) {
      count -= 6;
      out.push_back(kDigits[(bits >> count) & 63U]);
    }
  }
  if (count > 0) out.push_back(kDigits[(bits << (6 - count)) & 63U]);
  return out;
}

GrpcMessageReader::GrpcMessageReader(Encoding encoding, std::uint64_t message_bytes_max,
                                     ByteAccountant& accountant)
    : encoding_(encoding), message_bytes_max_(message_bytes_max), accountant_(accountant) {}

std::optional<GrpcStatus> GrpcMessageReader::Append(std::string_view bytes) {
  while (!bytes.empty()) {
    if (prefix_.size() < kPrefixBytes) {
      const std::size_t take = std::min(kPrefixBytes - prefix_.size(), bytes.size());
      prefix_.append(bytes.substr(0, take));
      bytes.remove_prefix(take);
      if (prefix_.size() < kPrefixBytes) return std::nullopt;
      if (auto refused = BeginMessage()) return refused;
      continue;
    }
    if (left_ == 0) {
      return GrpcStatus{GrpcCode::kUnimplemented,
                        "more than one request message; this method takes exactly one",
                        std::nullopt};
    }
    const std::size_t take = std::min<std::uint64_t>(left_, bytes.size());
    const Status status = collector_->Append(bytes.substr(0, take));
    if (!status.ok()) return StatusFor(status.error());
    left_ -= take;
    bytes.remove_prefix(take);
  }
  return std::nullopt;
}

std::optional<GrpcStatus> GrpcMessageReader::BeginMessage() {
  const auto flag = static_cast<unsigned char>(prefix_[0]);
  for (std::size_t i = 1; i < kPrefixBytes; ++i) {
    left_ = (left_ << 8) | static_cast<unsigned char>(prefix_[i]);
  }
  if (flag > 1) {
    return GrpcStatus{GrpcCode::kInternal,
                      fmt::format("message prefix has flag {}; expected 0 or 1", flag),
                      std::nullopt};
  }
  if (flag == 1 && encoding_ == Encoding::kIdentity) {
    return GrpcStatus{GrpcCode::kInternal,
                      "message is marked compressed, but grpc-encoding is missing or identity",
                      std::nullopt};
  }
  if (left_ > message_bytes_max_) {
    return GrpcStatus{
        GrpcCode::kResourceExhausted,
        fmt::format("message of {} bytes is larger than {} bytes", left_, message_bytes_max_),
        std::nullopt};
  }
  collector_.emplace(flag == 1 ? encoding_ : Encoding::kIdentity, message_bytes_max_, accountant_);
  collector_->Expect(left_);
  return std::nullopt;
}

std::optional<GrpcStatus> GrpcMessageReader::End() {
  if (prefix_.empty()) {
    return GrpcStatus{GrpcCode::kUnimplemented, "no request message; this method takes exactly one",
                      std::nullopt};
  }
  if (prefix_.size() < kPrefixBytes || left_ > 0) {
    return GrpcStatus{
        GrpcCode::kInternal,
        fmt::format("request message ends too early: {} bytes are missing",
                    prefix_.size() < kPrefixBytes ? kPrefixBytes - prefix_.size() : left_),
        std::nullopt};
  }
  const Status status = collector_->End();
  if (!status.ok()) return StatusFor(status.error());
  return std::nullopt;
}

}  // namespace vivace::net

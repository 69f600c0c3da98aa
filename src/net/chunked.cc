#include "net/chunked.h"

#include <algorithm>

#include <fmt/format.h>

namespace vivace::net {
namespace {

// 60 bits: no sum of it and a buffer's size overflows.
constexpr std::size_t kDigitsMax = 15;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool IsControl(char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }

Error Broken(std::string_view what, char found) {
  return Error(ErrorCode::kInvalidArgument, fmt::format("chunked body: {}, found byte {:#04x}",
                                                        what, static_cast<unsigned char>(found)));
}

}  // namespace

Result<std::string_view> ChunkDecoder::Take(std::string_view& bytes) {
  while (!bytes.empty() && !done()) {
    if (state_ == State::kData) {
      const std::string_view data = bytes.substr(0, std::min<std::uint64_t>(size_, bytes.size()));
      bytes.remove_prefix(data.size());
      size_ -= data.size();
      if (size_ == 0) state_ = State::kDataEnd;
      return data;
    }
    RETURN_IF_ERROR(Step(bytes.front()));
    bytes.remove_prefix(1);
  }
  return std::string_view();
}

Status ChunkDecoder::Step(char byte) {
  const bool in_line = state_ == State::kSize || state_ == State::kExtension ||
                       state_ == State::kTrailerLine || state_ == State::kTrailer;
  if (in_line && ++line_bytes_ > line_bytes_max_) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("chunked body: a size line or the trailers are longer than {} bytes",
                             line_bytes_max_));
  }
  switch (state_) {
    case State::kSize:
      if (const int digit = HexDigit(byte); digit >= 0) {
        if (++digits_ > kDigitsMax) return Broken("a chunk size has more than 15 digits", byte);
        size_ = size_ * 16 + static_cast<std::uint64_t>(digit);
        return {};
      }
      if (digits_ == 0) return Broken("expected a chunk size in hexadecimal", byte);
      if (byte == '\r') {
        state_ = State::kSizeEnd;
      } else if (byte == ';') {
        state_ = State::kExtension;
      } else {
        return Broken("expected the end of a chunk size", byte);
      }
      return {};
    case State::kExtension:
      if (byte == '\r') {
        state_ = State::kSizeEnd;
      } else if (IsControl(byte)) {
        return Broken("a chunk extension holds a control byte", byte);
      }
      return {};
    case State::kSizeEnd:
      if (byte != '\n') return Broken("expected a line feed after a chunk size", byte);
      state_ = size_ > 0 ? State::kData : State::kTrailerLine;
      line_bytes_ = 0;
      return {};
    case State::kDataEnd:
      if (byte != '\r') return Broken("expected a carriage return after a chunk", byte);
      state_ = State::kDataEndFeed;
      return {};
    case State::kDataEndFeed:
      if (byte != '\n') return Broken("expected a line feed after a chunk", byte);
      state_ = State::kSize;
      size_ = 0;
      digits_ = 0;
      return {};
    case State::kTrailerLine:
      if (byte == '\r') {
        state_ = State::kLastEnd;
      } else if (IsControl(byte) || byte == ' ' || byte == '\t') {
        return Broken("a trailer begins with a blank or a control byte", byte);
      } else {
        state_ = State::kTrailer;
      }
      return {};
    case State::kTrailer:
      if (byte == '\r') {
        state_ = State::kTrailerEnd;
      } else if (IsControl(byte)) {
        return Broken("a trailer holds a control byte", byte);
      }
      return {};
    case State::kTrailerEnd:
      if (byte != '\n') return Broken("expected a line feed after a trailer", byte);
      state_ = State::kTrailerLine;
      return {};
    case State::kLastEnd:
      if (byte != '\n') return Broken("expected a line feed at the end", byte);
      state_ = State::kDone;
      return {};
    case State::kData:
    case State::kDone:
      return {};
  }
  return {};
}

}  // namespace vivace::net

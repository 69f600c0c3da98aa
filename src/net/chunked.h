#pragma once
// The chunked transfer coding of HTTP/1.1 requests. RFC 9112 section 7.1.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace vivace::net {

/// Undoes chunked coding byte by byte, holding nothing. Strict where others differ: sizes of 1 to
/// 15 hexadecimal digits, every line ended by CR LF, no blanks around sizes, no folded trailers.
/// Extensions and trailers are dropped.
class ChunkDecoder {
 public:
  /// A chunk's size line, and all trailers together, may be this long.
  explicit ChunkDecoder(std::size_t line_bytes_max) : line_bytes_max_(line_bytes_max) {}

  /// Takes bytes from the front of `bytes` and drops them from it: up to the end of one run of
  /// data, which is returned (a view into the input), or to the end of the body, or all.
  /// kInvalidArgument, with what is wrong: the coding is broken.
  Result<std::string_view> Take(std::string_view& bytes);

  /// The last chunk and the trailers have been read.
  bool done() const { return state_ == State::kDone; }

 private:
  enum class State {
    kSize,       // In a chunk's size.
    kExtension,  // After the size, to the end of the line.
    kSizeEnd,    // Expects the line feed.
    kData,
    kDataEnd,      // Expects the carriage return after the data,
    kDataEndFeed,  // and the line feed.
    kTrailerLine,  // At the beginning of a trailer's line.
    kTrailer,      // Within it.
    kTrailerEnd,   // Expects its line feed.
    kLastEnd,      // Expects the line feed that ends the body.
    kDone,
  };

  Status Step(char byte);

  const std::size_t line_bytes_max_;
  State state_ = State::kSize;
  std::uint64_t size_ = 0;  // Of the chunk; then what is left of it.
  std::size_t digits_ = 0;
  std::size_t line_bytes_ = 0;  // Of the size line or of the trailers.
};

}  // namespace vivace::net

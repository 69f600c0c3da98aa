#pragma once
// Content codings: inflating requests in a stream, and gzip for responses.
// RFC 1950 (zlib), RFC 1951 (deflate), RFC 1952 (gzip), RFC 8878 (zstd).

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vivace::net {

enum class Encoding { kIdentity, kGzip, kDeflate, kZstd };

/// What we take, for Accept-Encoding of a 415.
inline constexpr std::string_view kEncodingsAccepted = "gzip, deflate, zstd";

/// The coding that a Content-Encoding value names ("" is identity); nothing if it is unknown
/// or a list of several: one layer is taken only.
std::optional<Encoding> EncodingOf(std::string_view content_encoding);

/// Undoes one content coding, piece by piece, in bounded memory. Output goes to the caller in
/// pieces of at most 64 KiB, so that the caller's bound stops a bomb early. Movable.
class Inflater {
 public:
  /// Takes inflated bytes; an error ends the inflating and is passed on.
  using Sink = std::function<Status(std::string_view)>;

  explicit Inflater(Encoding encoding);
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  /// kInvalidArgument: the bytes are not of this coding; says where.
  Status Append(std::string_view bytes, const Sink& sink);
  /// kInvalidArgument if the stream is not complete.
  Status End();

  class Codec;

 private:
  std::unique_ptr<Codec> codec_;  // Null for identity.
};

/// Compresses with gzip at a quick level; nothing if that would not make it smaller.
std::optional<std::string> GzipCompress(std::string_view bytes);

}  // namespace vivace::net

#include "net/inflate.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <isa-l/igzip_lib.h>
#include <zstd.h>

#include "net/http.h"

namespace vivace::net {
namespace {

// One piece of output. It fits the second-level cache, and a bomb runs at most this far past
// its bound.
constexpr std::size_t kPieceBytes = 64 * 1024;

// Windows up to 8 MiB are what RFC 8878 asks a decoder to support; larger ones would let a few
// bytes make us allocate up to 2 GiB.
constexpr int kZstdWindowLogMax = 23;

std::array<char, kPieceBytes>& Piece() {
  thread_local std::array<char, kPieceBytes> piece;
  return piece;
}

Error Broken(std::string_view coding, std::uint64_t offset, std::string_view what) {
  return Error(ErrorCode::kInvalidArgument,
               fmt::format("body is not valid {}: {} near byte {}", coding, what, offset));
}

}  // namespace

class Inflater::Codec {
 public:
  virtual ~Codec() = default;
  virtual Status Append(std::string_view bytes, const Sink& sink) = 0;
  virtual Status End() = 0;
};

namespace {

// gzip (several members one after the other are one stream), zlib and raw deflate by ISA-L.
class DeflateCodec final : public Inflater::Codec {
 public:
  explicit DeflateCodec(bool gzip)
      : state_(std::make_unique_for_overwrite<inflate_state>()), gzip_(gzip) {
    isal_inflate_init(state_.get());
    state_->crc_flag = ISAL_GZIP;
  }

  Status Append(std::string_view bytes, const Inflater::Sink& sink) override {
    if (!gzip_) {
      // "deflate" means zlib; some senders use raw deflate. The zlib header's check (RFC 1950
      // section 2.2) needs two bytes.
      if (!header_known_) {
        header_.append(bytes);
        if (header_.size() < 2) return {};
        const unsigned first = static_cast<unsigned char>(header_[0]);
        const unsigned second = static_cast<unsigned char>(header_[1]);
        const bool zlib = (first & 0x0fU) == 8 && (first * 256 + second) % 31 == 0;
        state_->crc_flag = zlib ? ISAL_ZLIB : ISAL_DEFLATE;
        header_known_ = true;
        const std::string held = std::move(header_);
        return Inflate(held, sink);
      }
    }
    return Inflate(bytes, sink);
  }

  Status End() override {
    // A single held byte of "deflate" cannot be a stream.
    if (!complete_) return Broken(Name(), consumed_, "it ends too early");
    return {};
  }

 private:
  std::string_view Name() const { return gzip_ ? "gzip" : "deflate"; }

  Status Inflate(std::string_view bytes, const Inflater::Sink& sink) {
    while (!bytes.empty()) {
      if (complete_) {
        if (!gzip_) return Broken(Name(), consumed_, "bytes follow its end");
        NextMember();
      }
      // ISA-L counts in 32 bits.
      const std::size_t take =
          std::min<std::size_t>(bytes.size(), std::numeric_limits<std::uint32_t>::max() / 2);
      RETURN_IF_ERROR(Step(bytes.substr(0, take), sink));
      bytes.remove_prefix(take - unread_);
    }
    return {};
  }

  void NextMember() {
    isal_inflate_reset(state_.get());
    state_->crc_flag = ISAL_GZIP;
    complete_ = false;
  }

  // Inflates `bytes`; sets unread_ to how many at the end belong to what follows the member.
  Status Step(std::string_view bytes, const Inflater::Sink& sink) {
    auto& piece = Piece();
    state_->next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes.data()));
    state_->avail_in = static_cast<std::uint32_t>(bytes.size());
    unread_ = 0;
    while (true) {
      state_->next_out = reinterpret_cast<std::uint8_t*>(piece.data());
      state_->avail_out = static_cast<std::uint32_t>(piece.size());
      const int result = isal_inflate(state_.get());
      const std::uint64_t at = consumed_ + bytes.size() - state_->avail_in;
      if (result < 0 || result == ISAL_NEED_DICT) {
        return Broken(Name(), at,
                      result == ISAL_NEED_DICT            ? "it needs a dictionary"
                      : result == ISAL_INCORRECT_CHECKSUM ? "the checksum is wrong"
                                                          : "wrong header or code");
      }
      const std::size_t made = piece.size() - state_->avail_out;
      if (made > 0) RETURN_IF_ERROR(sink(std::string_view(piece.data(), made)));
      if (state_->block_state == ISAL_BLOCK_FINISH) {
        // Whole bytes in the decoder's register came after the end. After a gzip member there
        // are none: its trailer of eight bytes is all that the register holds.
        if (state_->read_in_length >= 8) return Broken(Name(), at, "bytes follow its end");
        complete_ = true;
        unread_ = state_->avail_in;
        consumed_ += bytes.size() - unread_;
        return {};
      }
      // No output and no input left: the rest comes with the next call.
      if (state_->avail_in == 0 && state_->avail_out > 0) {
        consumed_ += bytes.size();
        return {};
      }
      if (made == 0 && state_->avail_in == bytes.size()) {
        return Broken(Name(), at, "the decoder makes no progress");
      }
    }
  }

  const std::unique_ptr<inflate_state> state_;
  const bool gzip_;
  bool header_known_ = false;
  std::string header_;  // First bytes of "deflate", until zlib or raw is known.
  bool complete_ = false;
  std::size_t unread_ = 0;
  std::uint64_t consumed_ = 0;
};

class ZstdCodec final : public Inflater::Codec {
 public:
  ZstdCodec() : context_(ZSTD_createDCtx(), &ZSTD_freeDCtx) {
    CHECK(context_ != nullptr);
    CHECK(!ZSTD_isError(
        ZSTD_DCtx_setParameter(context_.get(), ZSTD_d_windowLogMax, kZstdWindowLogMax)));
  }

  Status Append(std::string_view bytes, const Inflater::Sink& sink) override {
    while (!bytes.empty()) {
      if (!in_frame_) {
        const std::size_t take = std::min(kMagicBytes - magic_.size(), bytes.size());
        magic_.append(bytes.substr(0, take));
        bytes.remove_prefix(take);
        if (magic_.size() < kMagicBytes) return {};
        if (!IsKnownMagic()) return Broken("zstd", consumed_, "unknown magic number");
        in_frame_ = true;
        const std::string magic = std::exchange(magic_, {});
        std::string_view rest = magic;
        RETURN_IF_ERROR(Decode(rest, sink));
        continue;
      }
      RETURN_IF_ERROR(Decode(bytes, sink));
    }
    return {};
  }

  Status End() override {
    if (in_frame_ || !magic_.empty()) return Broken("zstd", consumed_, "it ends too early");
    return {};
  }

 private:
  static constexpr std::size_t kMagicBytes = 4;

  // Frames and skippable frames of RFC 8878. The library also knows formats from before its
  // version 1.0, whose decoders nobody needs and few look after.
  bool IsKnownMagic() const {
    const auto first = static_cast<unsigned char>(magic_[0]);
    return std::string_view(magic_) == "\x28\xb5\x2f\xfd" ||
           ((first & 0xf0U) == 0x50 && std::string_view(magic_).substr(1) == "\x2a\x4d\x18");
  }

  // Decodes to the end of the frame or of `bytes`, and drops from its front what it took.
  Status Decode(std::string_view& bytes, const Inflater::Sink& sink) {
    auto& piece = Piece();
    ZSTD_inBuffer in{bytes.data(), bytes.size(), 0};
    while (true) {
      ZSTD_outBuffer out{piece.data(), piece.size(), 0};
      const std::size_t result = ZSTD_decompressStream(context_.get(), &out, &in);
      if (ZSTD_isError(result)) {
        return Broken("zstd", consumed_ + in.pos, ZSTD_getErrorName(result));
      }
      if (out.pos > 0) RETURN_IF_ERROR(sink(std::string_view(piece.data(), out.pos)));
      if (result == 0) in_frame_ = false;
      if (result == 0 || (in.pos == in.size && out.pos < out.size)) break;
    }
    consumed_ += in.pos;
    bytes.remove_prefix(in.pos);
    return {};
  }

  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context_;
  bool in_frame_ = false;
  std::string magic_;  // First bytes of a frame, until they can be told.
  std::uint64_t consumed_ = 0;
};

}  // namespace

std::optional<Encoding> EncodingOf(std::string_view content_encoding) {
  if (content_encoding.empty() || EqualsNoCase(content_encoding, "identity")) {
    return Encoding::kIdentity;
  }
  if (EqualsNoCase(content_encoding, "gzip") || EqualsNoCase(content_encoding, "x-gzip")) {
    return Encoding::kGzip;
  }
  if (EqualsNoCase(content_encoding, "deflate")) return Encoding::kDeflate;
  if (EqualsNoCase(content_encoding, "zstd")) return Encoding::kZstd;
  return std::nullopt;
}

Inflater::Inflater(Encoding encoding) {
  switch (encoding) {
    case Encoding::kIdentity:
      break;
    case Encoding::kGzip:
      codec_ = std::make_unique<DeflateCodec>(true);
      break;
    case Encoding::kDeflate:
      codec_ = std::make_unique<DeflateCodec>(false);
      break;
    case Encoding::kZstd:
      codec_ = std::make_unique<ZstdCodec>();
      break;
  }
}

Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

Status Inflater::Append(std::string_view bytes, const Sink& sink) {
  if (bytes.empty()) return {};
  return codec_ ? codec_->Append(bytes, sink) : sink(bytes);
}

Status Inflater::End() { return codec_ ? codec_->End() : Status(); }

std::optional<std::string> GzipCompress(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<std::uint32_t>::max()) return std::nullopt;
  struct Work {
    isal_zstream stream;
    std::array<std::uint8_t, ISAL_DEF_LVL1_DEFAULT> level;
  };
  const auto work = std::make_unique_for_overwrite<Work>();
  isal_zstream& stream = work->stream;
  isal_deflate_stateless_init(&stream);
  std::string out(bytes.size(), '\0');
  stream.level = 1;
  stream.level_buf = work->level.data();
  stream.level_buf_size = static_cast<std::uint32_t>(work->level.size());
  stream.gzip_flag = IGZIP_GZIP;
  stream.end_of_stream = 1;
  stream.flush = NO_FLUSH;
  stream.next_in = reinterpret_cast<std::uint8_t*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<std::uint32_t>(bytes.size());
  stream.next_out = reinterpret_cast<std::uint8_t*>(out.data());
  stream.avail_out = static_cast<std::uint32_t>(out.size());
  if (isal_deflate_stateless(&stream) != COMP_OK || stream.avail_in != 0) return std::nullopt;
  out.resize(stream.total_out);
  if (out.size() >= bytes.size()) return std::nullopt;
  return out;
}

}  // namespace vivace::net

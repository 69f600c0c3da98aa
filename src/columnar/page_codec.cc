#include "columnar/page_codec.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <bit>
#include <limits>
#include <memory>
#include <utility>

#include "base/checksum.h"

namespace vivace::columnar {
namespace {

// zstd level 1: higher levels saved nothing on columns (docs/block-format.md).
constexpr int kZstdLevel = 1;

// Bit of a number list's form byte: the planes hold differences.
constexpr std::uint8_t kDifferences = 0x80;

std::size_t WidthOf(std::uint64_t value) {
  return (static_cast<std::size_t>(std::bit_width(value)) + 7) / 8;
}

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

ZSTD_CCtx* Compressor() {
  struct Free {
    void operator()(ZSTD_CCtx* context) const { ZSTD_freeCCtx(context); }
  };
  // Making one costs more than compressing a small page.
  thread_local std::unique_ptr<ZSTD_CCtx, Free> context(ZSTD_createCCtx());
  CHECK(context != nullptr);
  return context.get();
}

ZSTD_DCtx* Decompressor() {
  struct Free {
    void operator()(ZSTD_DCtx* context) const { ZSTD_freeDCtx(context); }
  };
  thread_local std::unique_ptr<ZSTD_DCtx, Free> context(ZSTD_createDCtx());
  CHECK(context != nullptr);
  return context.get();
}

// Writes bytes plane by plane: the lowest byte of every value, then the next.
template <typename At>
void WritePlanes(std::size_t count, std::size_t width, At&& at, ByteWriter& out) {
  std::string plane(count, '\0');
  for (std::size_t b = 0; b < width; ++b) {
    for (std::size_t i = 0; i < count; ++i) plane[i] = static_cast<char>(at(i) >> (8 * b));
    out.Raw(plane);
  }
}

}  // namespace

Status DecodeBudget::Take(std::uint64_t count, std::uint64_t bytes_each, std::string_view what) {
  if (count > left_ / bytes_each) {
    return Corrupt(fmt::format("{} claims {} values of {} bytes, the bound leaves {} bytes", what,
                               count, bytes_each, left_));
  }
  left_ -= count * bytes_each;
  return OkStatus();
}

EncodedPage EncodePage(std::string raw) {
  EncodedPage page;
  page.ref.raw_bytes = raw.size();
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  const std::size_t size = ZSTD_compressCCtx(Compressor(), packed.data(), packed.size(), raw.data(),
                                             raw.size(), kZstdLevel);
  if (ZSTD_isError(size) == 0 && size < raw.size()) {
    packed.resize(size);
    page.stored = std::move(packed);
    page.ref.compression = Compression::kZstd;
  } else {
    page.stored = std::move(raw);
    page.ref.compression = Compression::kNone;
  }
  page.ref.extent.size = page.stored.size();
  page.ref.checksum = Crc32c(AsBytes(page.stored));
  return page;
}

Result<std::string> DecodePage(ByteView stored, const PageRef& ref, DecodeBudget& budget) {
  if (stored.size() != ref.extent.size) {
    return Corrupt(fmt::format("page at {} has {} bytes, expected {}", ref.extent.offset,
                               stored.size(), ref.extent.size));
  }
  if (const std::uint32_t found = Crc32c(stored); found != ref.checksum) {
    return Corrupt(fmt::format("page at {} has checksum {:08x}, expected {:08x}", ref.extent.offset,
                               found, ref.checksum));
  }
  RETURN_IF_ERROR(budget.Take(ref.raw_bytes, 1, "page"));
  if (ref.compression == Compression::kNone) {
    if (ref.raw_bytes != stored.size()) {
      return Corrupt(fmt::format("uncompressed page at {} has {} bytes, its index says {}",
                                 ref.extent.offset, stored.size(), ref.raw_bytes));
    }
    return std::string(AsText(stored));
  }
  // The frame says its size, so that a false claim in the index allocates nothing.
  const unsigned long long framed = ZSTD_getFrameContentSize(stored.data(), stored.size());
  if (framed != ref.raw_bytes) {
    return Corrupt(fmt::format("compressed page at {} does not hold the {} bytes its index says",
                               ref.extent.offset, ref.raw_bytes));
  }
  std::string raw(static_cast<std::size_t>(ref.raw_bytes), '\0');
  const std::size_t size =
      ZSTD_decompressDCtx(Decompressor(), raw.data(), raw.size(), stored.data(), stored.size());
  if (ZSTD_isError(size) != 0 || size != raw.size()) {
    return Corrupt(fmt::format("page at {} does not decompress to {} bytes: {}", ref.extent.offset,
                               ref.raw_bytes,
                               ZSTD_isError(size) != 0 ? ZSTD_getErrorName(size) : "too few"));
  }
  return raw;
}

void WritePageRef(const PageRef& ref, ByteWriter& out) {
  out.Varint(ref.extent.offset);
  out.Varint(ref.extent.size);
  out.Varint(ref.raw_bytes);
  out.U8(static_cast<std::uint8_t>(ref.compression));
  out.U32(ref.checksum);
}

Result<PageRef> ReadPageRef(ByteReader& in) {
  PageRef ref;
  ASSIGN_OR_RETURN(ref.extent.offset, in.ReadVarint());
  ASSIGN_OR_RETURN(ref.extent.size, in.ReadVarint());
  ASSIGN_OR_RETURN(ref.raw_bytes, in.ReadVarint());
  ASSIGN_OR_RETURN(const std::uint8_t compression, in.ReadU8());
  if (compression > static_cast<std::uint8_t>(Compression::kZstd)) {
    return Corrupt(fmt::format("unknown compression {}", compression));
  }
  ref.compression = static_cast<Compression>(compression);
  ASSIGN_OR_RETURN(ref.checksum, in.ReadU32());
  return ref;
}

void EncodeNumbers(const std::vector<std::uint64_t>& values, ByteWriter& out) {
  out.Varint(values.size());
  if (values.empty()) return;
  const auto [min, max] = std::minmax_element(values.begin(), values.end());
  const std::uint64_t base = *min;
  const std::size_t plain_width = WidthOf(*max - base);
  const auto difference = [&values](std::size_t i) {
    return ZigZagEncode(static_cast<std::int64_t>(values[i + 1] - values[i]));
  };
  std::uint64_t all = 0;
  for (std::size_t i = 0; i + 1 < values.size(); ++i) all |= difference(i);
  const std::size_t difference_width = WidthOf(all);
  if (difference_width < plain_width) {
    out.U8(static_cast<std::uint8_t>(kDifferences | difference_width));
    out.Varint(values[0]);
    WritePlanes(values.size() - 1, difference_width, difference, out);
  } else {
    out.U8(static_cast<std::uint8_t>(plain_width));
    out.Varint(base);
    WritePlanes(
        values.size(), plain_width, [&values, base](std::size_t i) { return values[i] - base; },
        out);
  }
}

Result<std::vector<std::uint64_t>> DecodeNumbersOfAnyCount(ByteReader& in, DecodeBudget& budget) {
  ASSIGN_OR_RETURN(const std::uint64_t count, in.ReadVarint());
  if (count == 0) return std::vector<std::uint64_t>();
  ASSIGN_OR_RETURN(const std::uint8_t form, in.ReadU8());
  ASSIGN_OR_RETURN(const std::uint64_t base, in.ReadVarint());
  const bool differences = (form & kDifferences) != 0;
  const std::size_t width = form & ~kDifferences;
  if (width > 8) return Corrupt(fmt::format("numbers of {} bytes each, at most 8", width));
  const std::uint64_t planed = differences ? count - 1 : count;
  if (width > 0 && planed > in.remaining() / width) {
    return Corrupt(fmt::format("{} numbers of {} bytes claimed, {} bytes are left", planed, width,
                               in.remaining()));
  }
  RETURN_IF_ERROR(budget.Take(count, sizeof(std::uint64_t), "list of numbers"));
  std::vector<std::uint64_t> values(static_cast<std::size_t>(count), 0);
  std::uint64_t* const to = values.data() + (differences ? 1 : 0);
  for (std::size_t b = 0; b < width; ++b) {
    ASSIGN_OR_RETURN(const ByteView plane, in.ReadBytes(planed));
    for (std::size_t i = 0; i < planed; ++i) {
      to[i] |= static_cast<std::uint64_t>(plane[i]) << (8 * b);
    }
  }
  if (differences) {
    values[0] = base;
    for (std::size_t i = 1; i < values.size(); ++i) {
      values[i] = values[i - 1] + static_cast<std::uint64_t>(ZigZagDecode(values[i]));
    }
  } else {
    for (std::uint64_t& value : values) value += base;
  }
  return values;
}

Result<std::vector<std::uint64_t>> DecodeNumbers(ByteReader& in, std::uint64_t count,
                                                 DecodeBudget& budget) {
  ByteReader peek = in;
  ASSIGN_OR_RETURN(const std::uint64_t found, peek.ReadVarint());
  if (found != count) {
    return Corrupt(fmt::format("list of {} numbers, expected {}", found, count));
  }
  return DecodeNumbersOfAnyCount(in, budget);
}

void EncodeCodes(const CodeVector& codes, ByteWriter& out) {
  codes.VisitCodes([&out](auto span) {
    EncodeNumbers(std::vector<std::uint64_t>(span.begin(), span.end()), out);
  });
}

Result<CodeVector> DecodeCodes(ByteReader& in, std::uint64_t count, std::uint64_t limit,
                               DecodeBudget& budget) {
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> values, DecodeNumbers(in, count, budget));
  CodeVector codes;
  for (const std::uint64_t value : values) {
    if (value >= limit || value > std::numeric_limits<std::uint32_t>::max()) {
      return Corrupt(fmt::format("code {} where {} is the limit", value, limit));
    }
    codes.PushBack(static_cast<std::uint32_t>(value));
  }
  codes.ShrinkToFit();
  return codes;
}

void EncodeTexts(const StringTable& table, ByteWriter& out) {
  std::vector<std::uint64_t> lengths(table.size());
  for (std::uint32_t i = 0; i < table.size(); ++i) lengths[i] = table[i].size();
  EncodeNumbers(lengths, out);
  for (std::uint32_t i = 0; i < table.size(); ++i) out.Raw(table[i]);
}

Result<StringTable> DecodeTexts(ByteReader& in, DecodeBudget& budget) {
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> lengths, DecodeNumbersOfAnyCount(in, budget));
  std::uint64_t total = 0;
  for (const std::uint64_t length : lengths) {
    if (length > in.remaining() - total) {
      return Corrupt(fmt::format("text of {} bytes, {} are left", length, in.remaining() - total));
    }
    total += length;
  }
  if (total > std::numeric_limits<std::uint32_t>::max()) {
    return Corrupt(fmt::format("{} bytes of texts in one list, at most 4 GiB", total));
  }
  StringTable table;
  table.Reserve(lengths.size(), static_cast<std::size_t>(total));
  for (const std::uint64_t length : lengths) {
    ASSIGN_OR_RETURN(const ByteView text, in.ReadBytes(length));
    table.Append(AsText(text));
  }
  return table;
}

}  // namespace vivace::columnar

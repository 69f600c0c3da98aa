#pragma once
// Pages: the pieces of a stored column. A page is a list of numbers, a list of texts or plain
// bytes, compressed, with a CRC32C over what is stored. Described in docs/block-format.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "columnar/code_vector.h"
#include "columnar/string_table.h"

namespace vivace::columnar {

/// Bounds what decoding may allocate, however much the stored bytes claim.
class DecodeBudget {
 public:
  explicit DecodeBudget(std::uint64_t bytes_max) : left_(bytes_max) {}
  /// kCorruption when `count` values of `bytes_each` are more than what is left.
  Status Take(std::uint64_t count, std::uint64_t bytes_each, std::string_view what);

 private:
  std::uint64_t left_;
};

/// How a page's bytes are stored.
enum class Compression : std::uint8_t { kNone = 0, kZstd = 1 };

/// Where a page lies and how it is stored; kept in an index, away from the page.
struct PageRef {
  Extent extent;                ///< Stored bytes, from the start of the file.
  std::uint64_t raw_bytes = 0;  ///< Bytes when decompressed.
  Compression compression = Compression::kNone;
  std::uint32_t checksum = 0;  ///< CRC32C of the stored bytes.
  bool operator==(const PageRef&) const = default;
};

/// Stored bytes of a page; the extent's offset is left 0 for the writer to set.
struct EncodedPage {
  std::string stored;
  PageRef ref;
};

/// Compresses `raw` with zstd level 1, or keeps it where that saves nothing.
EncodedPage EncodePage(std::string raw);
/// Checks and decompresses a page. kCorruption: size, checksum or compression is wrong.
Result<std::string> DecodePage(ByteView stored, const PageRef& ref, DecodeBudget& budget);

void WritePageRef(const PageRef& ref, ByteWriter& out);
Result<PageRef> ReadPageRef(ByteReader& in);

/// Writes a list of numbers as plain, less the smallest, or differences, whichever is narrower,
/// in byte planes.
void EncodeNumbers(const std::vector<std::uint64_t>& values, ByteWriter& out);
/// Reads a list that must hold exactly `count` numbers.
Result<std::vector<std::uint64_t>> DecodeNumbers(ByteReader& in, std::uint64_t count,
                                                 DecodeBudget& budget);
/// Reads a list that may hold any count of numbers that the budget allows.
Result<std::vector<std::uint64_t>> DecodeNumbersOfAnyCount(ByteReader& in, DecodeBudget& budget);

void EncodeCodes(const CodeVector& codes, ByteWriter& out);
/// Reads exactly `count` codes, each below `limit`.
Result<CodeVector> DecodeCodes(ByteReader& in, std::uint64_t count, std::uint64_t limit,
                               DecodeBudget& budget);

void EncodeTexts(const StringTable& table, ByteWriter& out);
Result<StringTable> DecodeTexts(ByteReader& in, DecodeBudget& budget);

}  // namespace vivace::columnar

// Row groups whose page contents are arbitrary but rightly checksummed: what lies behind the
// checksums must hold too. The input is a row group as pages without references: for each page
// its part, table, ordinal, a u16 length and the raw bytes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "block/catalogue.h"
#include "block/row_group_codec.h"
#include "block/scan.h"

namespace vivace::block {
namespace {

// Decoding bound: far below the memory limit of the fuzzer, far above a small row group.
constexpr std::uint64_t kDecodedBytesMax = 16 << 20;

Result<EncodedRowGroup> ReadInput(ByteView input) {
  ByteReader in(input);
  EncodedRowGroup row_group;
  while (!in.AtEnd()) {
    IndexedPage page;
    ASSIGN_OR_RETURN(const std::uint8_t part, in.ReadU8());
    ASSIGN_OR_RETURN(const std::uint8_t table, in.ReadU8());
    ASSIGN_OR_RETURN(const std::uint8_t ordinal, in.ReadU8());
    ASSIGN_OR_RETURN(const std::uint16_t size, in.ReadU16());
    ASSIGN_OR_RETURN(const ByteView raw, in.ReadBytes(size));
    page.key = {static_cast<PagePart>(part), static_cast<AttributeLevel>(table), ordinal};
    columnar::EncodedPage encoded = columnar::EncodePage(std::string(AsText(raw)));
    page.ref = encoded.ref;
    page.ref.extent.offset = row_group.bytes.size();
    row_group.bytes += encoded.stored;
    row_group.pages.push_back(page);
  }
  // Through the index, which refuses what is out of order.
  ByteWriter index;
  EncodePageIndex(row_group.pages, index);
  ByteReader index_reader(index.view());
  ASSIGN_OR_RETURN(row_group.pages, DecodePageIndex(index_reader));
  return row_group;
}

void Use(ByteView input) {
  const auto row_group = ReadInput(input);
  if (!row_group.ok()) return;
  columnar::DecodeBudget budget(kDecodedBytesMax);
  const auto rows = DecodeRowGroup(AsBytes(row_group->bytes), 0, row_group->pages, budget);
  if (!rows.ok()) return;
  for (const TraceEntry& trace : (*rows)->traces()) {
    TraceData out;
    (*rows)->AppendTrace(trace.id, out);
  }
  CatalogueOf(**rows);
  // What was accepted is written and read again as the same.
  const EncodedRowGroup again = EncodeRowGroup(**rows, 0);
  columnar::DecodeBudget plenty(std::uint64_t{1} << 30);
  const auto same = DecodeRowGroup(AsBytes(again.bytes), 0, again.pages, plenty);
  CHECK(same.ok());
  CHECK((*same)->columns() == (*rows)->columns());
}

}  // namespace
}  // namespace vivace::block

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  vivace::block::Use(vivace::AsBytes(std::string_view(reinterpret_cast<const char*>(data), size)));
  return 0;
}

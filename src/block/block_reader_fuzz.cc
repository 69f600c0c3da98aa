// Any bytes as a block: it opens, loads, answers and verifies, or says what is wrong.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "base/checksum.h"
#include "block/block_footer.h"
#include "block/block_reader.h"
#include "block/scan.h"
#include "block/testing/memory_file.h"

namespace vivace::block {
namespace {

// Decoding bound: far below the memory limit of the fuzzer, far above a small block.
constexpr std::uint64_t kDecodedBytesMax = 16 << 20;

// With right checksums in trailer and footer, mutations get past them more often.
void RepairFooterChecksum(std::string& bytes) {
  const auto trailer = DecodeBlockTrailer(AsBytes(bytes), bytes.size());
  if (!trailer.ok()) return;
  const std::uint32_t checksum =
      Crc32c(AsBytes(bytes).subspan(static_cast<std::size_t>(trailer->footer.offset),
                                    static_cast<std::size_t>(trailer->footer.size)));
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[bytes.size() - 16 + i] = static_cast<char>(checksum >> (8 * i));
  }
}

void Use(std::string bytes) {
  BlockReaderOptions options;
  options.decoded_bytes_max = kDecodedBytesMax;
  const auto reader =
      BlockReader::Open(std::make_unique<testing::MemoryFile>(std::move(bytes)), "fuzz", options);
  if (!reader.ok()) return;
  for (std::size_t i = 0; i < (*reader)->row_group_count() && i < 4; ++i) {
    const auto rows = (*reader)->LoadRowGroup(i);
    if (!rows.ok()) continue;
    TraceData out;
    const auto found = (*reader)->AppendTrace((*rows)->traces()[0].id, out);
    IgnoreError(found, "damage elsewhere in the block");
    IgnoreError(Scan(**rows, {}, nullptr), "cannot fail");
  }
  IgnoreError((*reader)->BytesByColumn(), "damaged bytes");
  IgnoreError((*reader)->Verify(), "damaged bytes");
}

}  // namespace
}  // namespace vivace::block

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  vivace::block::Use(bytes);
  vivace::block::RepairFooterChecksum(bytes);
  vivace::block::Use(std::move(bytes));
  return 0;
}

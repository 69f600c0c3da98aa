#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/checksum.h"
#include "storage/manifest.h"

// Any bytes are refused or decoded, and what is decoded is encoded to the same bytes. The input is
// tried as it is and with a right checksum, which no fuzzer finds.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using vivace::AsBytes;
  const std::string input(reinterpret_cast<const char*>(data), size);
  std::string sealed = input.substr(0, input.size() < 4 ? 0 : input.size() - 4);
  vivace::ByteWriter checksum;
  checksum.U32(vivace::Crc32c(AsBytes(sealed)));
  sealed += checksum.Take();
  for (const std::string& bytes : {input, sealed}) {
    const auto manifest = vivace::storage::DecodeManifest(AsBytes(bytes));
    if (!manifest.ok()) continue;
    // A length may be written in more bytes than it needs: so compare what it says.
    const std::string again = vivace::storage::EncodeManifest(*manifest);
    const auto decoded = vivace::storage::DecodeManifest(AsBytes(again));
    CHECK(decoded.ok());
    CHECK(*decoded == *manifest);
  }
  return 0;
}

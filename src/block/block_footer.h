#pragma once
// The end of a block file: where everything lies. Described in docs/block-format.md.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "block/block_meta.h"
#include "block/row_group.h"
#include "columnar/page_codec.h"
#include "model/ids.h"

namespace vivace::block {

inline constexpr std::string_view kBlockMagic = "VIVBLOCK";
inline constexpr std::uint32_t kBlockVersion = 1;
inline constexpr std::size_t kBlockHeaderBytes = 12;
inline constexpr std::size_t kBlockTrailerBytes = 28;

/// Figures of a row group, for skipping it unread.
struct RowGroupSummary {
  std::uint64_t spans = 0;
  std::uint64_t traces = 0;
  RowGroup::Bounds bounds;
  Extent stored;  ///< Its pages, without their index.
  bool operator==(const RowGroupSummary&) const = default;
};

struct BlockFooter {
  struct RowGroupPlace {
    columnar::PageRef index;
    RowGroupSummary summary;
    bool operator==(const RowGroupPlace&) const = default;
  };

  BlockMeta meta;
  std::vector<RowGroupPlace> row_groups;
  std::uint64_t trace_entries = 0;
  columnar::PageRef fingerprints;
  columnar::PageRef locations;
  columnar::PageRef catalogue;
  bool operator==(const BlockFooter&) const = default;
};

/// The header, the same for every block.
std::string EncodeBlockHeader();
Status CheckBlockHeader(ByteView bytes);

/// Footer and trailer; `offset` is where the footer will lie.
std::string EncodeBlockFooter(const BlockFooter& footer, std::uint64_t offset);

/// Reads the trailer, the last kBlockTrailerBytes of a file of `file_bytes`: where the footer is.
struct BlockTrailer {
  Extent footer;
  std::uint32_t footer_checksum = 0;
};
Result<BlockTrailer> DecodeBlockTrailer(ByteView bytes, std::uint64_t file_bytes);

/// Checks and decodes the footer, and that the parts it names lie one after the other.
Result<BlockFooter> DecodeBlockFooter(ByteView bytes, const BlockTrailer& trailer,
                                      std::uint64_t file_bytes);

/// What the trace index is ordered by.
std::uint64_t TraceFingerprint(const TraceId& id);

}  // namespace vivace::block

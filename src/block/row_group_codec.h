#pragma once
// Row groups as pages, as docs/block-format.md describes them.

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "block/row_group.h"
#include "columnar/page_codec.h"

namespace vivace::block {

/// What a page of a row group holds; numbers as stored.
enum class PagePart : std::uint8_t {
  kKeys = 1,
  kTraceIds = 2,
  kTraceTable = 3,
  kSpanIds = 10,
  kParents = 11,
  kParentTexts = 12,
  kStarts = 13,
  kDurations = 14,
  kNames = 15,
  kKinds = 16,
  kStatusCodes = 17,
  kStatusMessages = 18,
  kTraceStates = 19,
  kFlags = 20,
  kDroppedAttributes = 21,
  kDroppedEvents = 22,
  kDroppedLinks = 23,
  kResources = 24,
  kScopes = 25,
  kResourceSchemaUrls = 40,
  kResourceDroppedAttributes = 41,
  kScopeNames = 50,
  kScopeVersions = 51,
  kScopeSchemaUrls = 52,
  kScopeDroppedAttributes = 53,
  kEventCounts = 60,
  kEventTimes = 61,
  kEventNames = 62,
  kEventDroppedAttributes = 63,
  kLinkCounts = 70,
  kLinkTraceIds = 71,
  kLinkSpanIds = 72,
  kLinkTraceStates = 73,
  kLinkFlags = 74,
  kLinkDroppedAttributes = 75,
  kAttributeColumns = 100,
  kAttributeShapes = 101,
  kAttributeOverflow = 102,
  kAttributeDictionary = 103,
  kAttributeValues = 104,
};

/// Which page of a row group.
struct PageKey {
  PagePart part = PagePart::kKeys;
  AttributeLevel table = AttributeLevel::kSpan;  ///< Of attribute parts; else kSpan.
  std::uint32_t ordinal = 0;                     ///< The column, of dictionaries and values.
  auto operator<=>(const PageKey&) const = default;
};

struct IndexedPage {
  PageKey key;
  columnar::PageRef ref;
};

/// The pages of a row group one after the other, and where they lie.
struct EncodedRowGroup {
  std::string bytes;
  std::vector<IndexedPage> pages;  ///< Ascending by key, without gaps.
};

/// Encodes all columns; `file_offset` is where the bytes will lie.
EncodedRowGroup EncodeRowGroup(const RowGroup& rows, std::uint64_t file_offset);

/// Decodes all columns from `bytes`, which lie at `file_offset`. kCorruption when anything is
/// damaged or does not fit together.
Result<std::shared_ptr<const RowGroup>> DecodeRowGroup(ByteView bytes, std::uint64_t file_offset,
                                                       const std::vector<IndexedPage>& pages,
                                                       columnar::DecodeBudget& budget);

void EncodePageIndex(const std::vector<IndexedPage>& pages, ByteWriter& out);
/// Also checks that keys ascend and that pages lie without gaps.
Result<std::vector<IndexedPage>> DecodePageIndex(ByteReader& in);

/// "span names" or "event attribute values": what a page holds, for people.
std::string_view PagePartName(PagePart part);

}  // namespace vivace::block

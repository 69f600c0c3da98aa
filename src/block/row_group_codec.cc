#include "block/row_group_codec.h"

#include <fmt/format.h>

#include <limits>
#include <utility>

namespace vivace::block {
namespace {

Error Corrupt(std::string message) { return Error(ErrorCode::kCorruption, std::move(message)); }

constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();

}  // namespace

void EncodePageIndex(const std::vector<IndexedPage>& pages, ByteWriter& out) {
  out.Varint(pages.size());
  for (const IndexedPage& page : pages) {
    out.U8(static_cast<std::uint8_t>(page.key.part));
    out.U8(static_cast<std::uint8_t>(page.key.table));
    out.Varint(page.key.ordinal);
    columnar::WritePageRef(page.ref, out);
  }
}

Result<std::vector<IndexedPage>> DecodePageIndex(ByteReader& in) {
  ASSIGN_OR_RETURN(const std::uint64_t count, in.ReadVarint());
  std::vector<IndexedPage> pages;
  for (std::uint64_t i = 0; i < count; ++i) {
    IndexedPage page;
    ASSIGN_OR_RETURN(const std::uint8_t part, in.ReadU8());
    ASSIGN_OR_RETURN(const std::uint8_t table, in.ReadU8());
    ASSIGN_OR_RETURN(const std::uint64_t ordinal, in.ReadVarint());
    ASSIGN_OR_RETURN(page.ref, columnar::ReadPageRef(in));
    if (table >= kAttributeLevels || ordinal > kMax32) {
      return Corrupt(fmt::format("page {} belongs to table {}, column {}", i, table, ordinal));
    }
    page.key = {static_cast<PagePart>(part), static_cast<AttributeLevel>(table),
                static_cast<std::uint32_t>(ordinal)};
    if (i > 0) {
      const IndexedPage& before = pages.back();
      if (!(before.key < page.key) ||
          page.ref.extent.offset - before.ref.extent.offset != before.ref.extent.size) {
        return Corrupt(fmt::format("page {} does not follow the one before it", i));
      }
    }
    pages.push_back(page);
  }
  if (!in.AtEnd()) return Corrupt("bytes after the last page of the index");
  return pages;
}

std::string_view PagePartName(PagePart part) {
  switch (part) {
    case PagePart::kKeys:
      return "attribute keys";
    case PagePart::kTraceIds:
      return "trace ids";
    case PagePart::kTraceTable:
      return "trace table";
    case PagePart::kSpanIds:
      return "span ids";
    case PagePart::kParents:
      return "parents";
    case PagePart::kParentTexts:
      return "parent texts";
    case PagePart::kStarts:
      return "starts";
    case PagePart::kDurations:
      return "durations";
    case PagePart::kNames:
      return "names";
    case PagePart::kKinds:
      return "kinds";
    case PagePart::kStatusCodes:
      return "status codes";
    case PagePart::kStatusMessages:
      return "status messages";
    case PagePart::kTraceStates:
      return "trace states";
    case PagePart::kFlags:
      return "flags";
    case PagePart::kDroppedAttributes:
      return "dropped attributes";
    case PagePart::kDroppedEvents:
      return "dropped events";
    case PagePart::kDroppedLinks:
      return "dropped links";
    case PagePart::kResources:
      return "resources";
    case PagePart::kScopes:
      return "scopes";
    case PagePart::kResourceSchemaUrls:
      return "resource schema URLs";
    case PagePart::kResourceDroppedAttributes:
      return "resource dropped attributes";
    case PagePart::kScopeNames:
      return "scope names";
    case PagePart::kScopeVersions:
      return "scope versions";
    case PagePart::kScopeSchemaUrls:
      return "scope schema URLs";
    case PagePart::kScopeDroppedAttributes:
      return "scope dropped attributes";
    case PagePart::kEventCounts:
      return "event counts";
    case PagePart::kEventTimes:
      return "event times";
    case PagePart::kEventNames:
      return "event names";
    case PagePart::kEventDroppedAttributes:
      return "event dropped attributes";
    case PagePart::kLinkCounts:
      return "link counts";
    case PagePart::kLinkTraceIds:
      return "link trace ids";
    case PagePart::kLinkSpanIds:
      return "link span ids";
    case PagePart::kLinkTraceStates:
      return "link trace states";
    case PagePart::kLinkFlags:
      return "link flags";
    case PagePart::kLinkDroppedAttributes:
      return "link dropped attributes";
    case PagePart::kAttributeColumns:
      return "attribute columns";
    case PagePart::kAttributeShapes:
      return "attribute shapes";
    case PagePart::kAttributeOverflow:
      return "attribute overflow";
    case PagePart::kAttributeDictionary:
      return "attribute dictionary";
    case PagePart::kAttributeValues:
      return "attribute values";
  }
  return "unknown part";
}

}  // namespace vivace::block

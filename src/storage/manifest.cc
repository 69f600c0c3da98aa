#include "storage/manifest.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <utility>

#include <fmt/core.h>

#include "base/checksum.h"
#include "base/log.h"

namespace vivace::storage {
namespace {

constexpr std::string_view kMagic = "VIVMANIF";
constexpr std::string_view kNamePrefix = "manifest-";
constexpr std::size_t kNameDigits = 16;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::uint8_t kStateServed = 0;
constexpr std::uint8_t kStateQuarantined = 1;
// Fixed fields and two empty texts: no fewer bytes hold a block.
constexpr std::size_t kBlockBytesMin = 16 + 1 + 1 + 9 * 8 + 1;

// The numbers of a block in stored order.
template <typename Meta>
auto Numbers(Meta& meta) {
  return std::array{&meta.start_unix_ns_min,
                    &meta.start_unix_ns_max,
                    &meta.end_unix_ns_max,
                    &meta.trace_start_unix_ns_min,
                    &meta.trace_start_unix_ns_max,
                    &meta.spans,
                    &meta.traces,
                    &meta.bytes};
}

std::string ManifestName(std::uint64_t generation) {
  return fmt::format("{}{:016}", kNamePrefix, generation);
}

Result<ManifestBlock> DecodeBlock(ByteReader& in) {
  ManifestBlock block;
  block::BlockMeta& meta = block.meta;
  ASSIGN_OR_RETURN(const ByteView id, in.ReadBytes(meta.id.bytes.size()));
  std::memcpy(meta.id.bytes.data(), id.data(), id.size());
  ASSIGN_OR_RETURN(const std::uint8_t state, in.ReadU8());
  if (state > kStateQuarantined) {
    return Error(ErrorCode::kCorruption, fmt::format("at byte {}: block state {}, expected 0 or 1",
                                                     in.offset() - 1, state));
  }
  block.quarantined = state == kStateQuarantined;
  ASSIGN_OR_RETURN(const std::string_view tenant, in.ReadText());
  meta.tenant = tenant;
  ASSIGN_OR_RETURN(const std::uint64_t created, in.ReadU64());
  meta.created_unix_ns = static_cast<std::int64_t>(created);
  for (std::uint64_t* field : Numbers(meta)) {
    ASSIGN_OR_RETURN(*field, in.ReadU64());
  }
  ASSIGN_OR_RETURN(const std::string_view reason, in.ReadText());
  block.quarantine_reason = reason;
  return block;
}

}  // namespace

std::string EncodeManifest(const Manifest& manifest) {
  ByteWriter out;
  out.Raw(kMagic);
  out.U32(kManifestVersion);
  out.U64(manifest.generation);
  out.U64(static_cast<std::uint64_t>(manifest.written_unix_ns));
  out.U64(manifest.release_segment);
  out.U64(manifest.release_offset);
  out.U32(static_cast<std::uint32_t>(manifest.blocks.size()));
  for (const ManifestBlock& block : manifest.blocks) {
    out.Bytes(std::as_bytes(std::span(block.meta.id.bytes)));
    out.U8(block.quarantined ? kStateQuarantined : kStateServed);
    out.Text(block.meta.tenant);
    out.U64(static_cast<std::uint64_t>(block.meta.created_unix_ns));
    for (const std::uint64_t* field : Numbers(block.meta)) out.U64(*field);
    out.Text(block.quarantine_reason);
  }
  out.U32(Crc32c(out.view()));
  return out.Take();
}

Result<Manifest> DecodeManifest(ByteView bytes) {
  if (bytes.size() < kChecksumBytes) {
    return Error(ErrorCode::kCorruption,
                 fmt::format("manifest needs a checksum of 4 bytes, has {} bytes", bytes.size()));
  }
  const ByteView body = bytes.first(bytes.size() - kChecksumBytes);
  ByteReader tail(bytes.last(kChecksumBytes));
  ASSIGN_OR_RETURN(const std::uint32_t expected, tail.ReadU32());
  if (const std::uint32_t found = Crc32c(body); found != expected) {
    return Error(ErrorCode::kCorruption,
                 fmt::format("manifest of {} bytes: checksum says {:08x}, content has {:08x}",
                             bytes.size(), expected, found));
  }

  ByteReader in(body);
  RETURN_IF_ERROR(in.ExpectMagic(kMagic));
  ASSIGN_OR_RETURN(const std::uint32_t version, in.ReadU32());
  if (version != kManifestVersion) {
    return Error(ErrorCode::kUnsupported,
                 fmt::format("manifest has version {}, this program reads version {}; use a newer "
                             "vivace for this data folder",
                             version, kManifestVersion));
  }
  Manifest manifest;
  ASSIGN_OR_RETURN(manifest.generation, in.ReadU64());
  ASSIGN_OR_RETURN(const std::uint64_t written, in.ReadU64());
  manifest.written_unix_ns = static_cast<std::int64_t>(written);
  ASSIGN_OR_RETURN(manifest.release_segment, in.ReadU64());
  ASSIGN_OR_RETURN(manifest.release_offset, in.ReadU64());
  ASSIGN_OR_RETURN(const std::uint32_t count, in.ReadU32());
  if (count > in.remaining() / kBlockBytesMin) {
    return Error(ErrorCode::kCorruption,
                 fmt::format("{} blocks announced, {} bytes are left", count, in.remaining()));
  }
  manifest.blocks.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    Result<ManifestBlock> block = DecodeBlock(in).Wrap(fmt::format("block {} of {}", i, count));
    if (!block.ok()) return std::move(block).error();
    if (!manifest.blocks.empty() && manifest.blocks.back().meta.id >= block->meta.id) {
      return Error(ErrorCode::kCorruption,
                   fmt::format("block {} of {}: ids are not ascending", i, count));
    }
    manifest.blocks.push_back(*std::move(block));
  }
  if (!in.AtEnd()) {
    return Error(ErrorCode::kCorruption,
                 fmt::format("{} bytes after the last block", in.remaining()));
  }
  return manifest;
}

std::uint64_t ParseManifestName(std::string_view name) {
  if (!name.starts_with(kNamePrefix)) return 0;
  name.remove_prefix(kNamePrefix.size());
  if (name.size() != kNameDigits) return 0;
  std::uint64_t number = 0;  // 16 digits are below 2^64.
  for (const char c : name) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

ManifestFolder::ManifestFolder(FileSystem& files, std::string folder)
    : files_(files), folder_(std::move(folder)) {}

Result<ManifestFolder::Loaded> ManifestFolder::Load() {
  ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, files_.List(folder_));
  std::vector<std::uint64_t> generations;
  for (const DirectoryEntry& entry : entries) {
    if (const std::uint64_t number = ParseManifestName(entry.name); number != 0) {
      generations.push_back(number);
    }
  }
  std::sort(generations.rbegin(), generations.rend());

  Loaded loaded;
  if (!generations.empty()) last_generation_ = std::max(last_generation_, generations.front());
  for (const std::uint64_t generation : generations) {
    const std::string name = ManifestName(generation);
    const std::string path = JoinPath(folder_, name);
    Result<std::string> bytes = ReadWholeFile(files_, path, kManifestBytesMax);
    if (!bytes.ok() && bytes.error().code() != ErrorCode::kResourceExhausted &&
        bytes.error().code() != ErrorCode::kCorruption) {
      return std::move(bytes).error().Wrap("read manifest");
    }
    Result<Manifest> manifest =
        bytes.ok() ? DecodeManifest(AsBytes(*bytes)) : Result<Manifest>(std::move(bytes).error());
    if (manifest.ok() && manifest->generation != generation) {
      manifest = Error(ErrorCode::kCorruption, fmt::format("holds generation {}, its name says {}",
                                                           manifest->generation, generation));
    }
    if (manifest.ok()) {
      loaded.manifest = *std::move(manifest);
      loaded.found = true;
      committed_generation_ = generation;
      return loaded;
    }
    if (manifest.error().code() == ErrorCode::kUnsupported) {
      return std::move(manifest).error().Wrap(path);
    }
    loaded.damaged.push_back({name, manifest.error().message()});
  }
  return loaded;
}

Status ManifestFolder::Commit(Manifest& manifest) {
  manifest.generation = ++last_generation_;
  const std::string path = JoinPath(folder_, ManifestName(manifest.generation));
  const std::string bytes = EncodeManifest(manifest);
  RETURN_IF_ERROR(WriteFileAtomically(files_, path, AsBytes(bytes)).Wrap("write manifest"));
  const std::uint64_t previous = std::exchange(committed_generation_, manifest.generation);

  // The previous durable generation stays; everything older goes, failed attempts between
  // the two included: they name less than this one.
  Result<std::vector<DirectoryEntry>> entries = files_.List(folder_);
  if (!entries.ok()) return {};
  for (const DirectoryEntry& entry : *entries) {
    const std::uint64_t number = ParseManifestName(entry.name);
    if (number == 0 || number == previous || number >= manifest.generation) continue;
    IgnoreError(files_.Remove(JoinPath(folder_, entry.name)), "removed by the next commit");
  }
  return {};
}

void ManifestFolder::SweepTemporaries() {
  Result<std::vector<DirectoryEntry>> entries = files_.List(folder_);
  if (!entries.ok()) return;
  for (const DirectoryEntry& entry : *entries) {
    if (entry.is_directory || !entry.name.ends_with(".tmp")) continue;
    IgnoreError(files_.Remove(JoinPath(folder_, entry.name)), "removed at the next start");
  }
}

}  // namespace vivace::storage

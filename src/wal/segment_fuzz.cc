// Any bytes as the newest segment of a log: it opens, replays the same twice, takes records on
// top, and those come back.
//
// Input whose first byte is odd is taken for a segment as it is. Otherwise its records get right
// checksums, so that the fields behind them are reached.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/checksum.h"
#include "base/log.h"
#include "base/simulated_file_system.h"
#include "wal/local_log.h"

namespace vivace::wal {
namespace {

constexpr const char* kFolder = "/log";
constexpr std::uint64_t kSalt = 7;

std::string SegmentWithRightChecksums(std::string_view input) {
  std::string segment = EncodeSegmentHeader({.number = 1, .salt = kSalt});
  while (input.size() >= kRecordHeaderBytes) {
    std::string record(input.substr(0, kRecordHeaderBytes));
    input.remove_prefix(kRecordHeaderBytes);
    record.replace(0, 4, "VREC");
    // A body of up to 255 bytes, as many as the input has.
    const std::size_t size =
        std::min<std::size_t>(static_cast<unsigned char>(record[12]), input.size());
    record.append(input.substr(0, size));
    input.remove_prefix(size);
    ByteWriter checksum_and_size;
    checksum_and_size.U32(Crc32c(AsBytes(record).subspan(kRecordHeaderBytes)));
    checksum_and_size.U32(static_cast<std::uint32_t>(size));
    record.replace(8, 8, checksum_and_size.Take());
    const bool starts_commit = (record[31] & 1) != 0;
    record.resize(AlignUp(record.size()), '\0');
    SealRecord(record, kSalt, segment.size(), starts_commit);
    segment.append(record);
  }
  return segment;
}

std::vector<std::string> ReplayAll(LocalLog& log) {
  std::vector<std::string> payloads;
  LogPosition last;
  const auto visit = [&](LogPosition at, const LogRecord& record) {
    CHECK(at > last);
    CHECK(record.tenant.size() <= kTenantBytesMax);
    CHECK(record.payload.size() <= kPayloadBytesMax);
    last = at;
    payloads.emplace_back(AsText(record.payload));
    return OkStatus();
  };
  CHECK(log.Replay({}, visit).ok());
  return payloads;
}

}  // namespace
}  // namespace vivace::wal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace vivace;
  using namespace vivace::wal;
  if (size == 0) return 0;
  SetLogSink([](std::string_view) {});
  const std::string_view input(reinterpret_cast<const char*>(data) + 1, size - 1);
  SimulatedFileSystem disk(1);
  disk.SetContent(JoinPath(kFolder, SegmentName(1)),
                  data[0] % 2 == 1 ? std::string(input) : SegmentWithRightChecksums(input));
  ManualClock clock;
  SeededRandom random(1);
  MetricsRegistry metrics;
  const auto open = [&] {
    return LocalLog::Open({.folder = kFolder, .commit_mode = CommitMode::kManual}, disk, clock,
                          random, metrics);
  };
  std::vector<std::string> found;
  {
    Result<std::unique_ptr<LocalLog>> log = open();
    if (!log.ok()) {
      CHECK(log.error().code() == ErrorCode::kUnsupported);
      return 0;
    }
    found = ReplayAll(**log);
    (*log)->Append("tenant", 0, std::make_shared<const std::string>("on top"),
                   [](Result<LogPosition> result) { CHECK(result.ok()); });
    (*log)->CommitPending();
  }
  found.emplace_back("on top");
  CHECK(ReplayAll(**open()) == found);
  return 0;
}

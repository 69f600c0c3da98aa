#include "bench/recorded_bodies.h"

#include <algorithm>
#include <cstring>

#include <fmt/core.h>
#include <protozero/pbf_reader.hpp>

#include "base/file_system.h"

namespace vivace::bench {
namespace {

constexpr std::uint64_t kBodyBytesMax = 16ULL << 20;

class Finder {
 public:
  explicit Finder(RecordedBody& body) : body_(body) {}

  void Request(protozero::pbf_reader request) {
    while (request.next(1)) ResourceSpans(request.get_message());
  }

 private:
  void ResourceSpans(protozero::pbf_reader resource) {
    while (resource.next(2)) {
      protozero::pbf_reader scope = resource.get_message();
      while (scope.next(2)) Span(scope.get_message());
    }
  }
  void Span(protozero::pbf_reader span) {
    ++body_.spans;
    while (span.next()) {
      switch (span.tag()) {
        case 1:
          Id(span.get_view(), 16, body_.trace_ids);
          break;
        case 2:
          Id(span.get_view(), 8, body_.span_ids);
          break;
        case 4:
          Id(span.get_view(), 8, body_.span_ids);
          break;
        case 7: {
          const std::uint64_t start = Time(span);
          body_.start_unix_ns_min = std::min(body_.start_unix_ns_min, start);
          break;
        }
        case 8:
          body_.end_unix_ns_max = std::max(body_.end_unix_ns_max, Time(span));
          break;
        case 11:
          Event(span.get_message());
          break;
        case 13:
          Link(span.get_message());
          break;
        default:
          span.skip();
      }
    }
  }
  void Event(protozero::pbf_reader event) {
    while (event.next()) {
      if (event.tag() == 1) {
        Time(event);
      } else {
        event.skip();
      }
    }
  }
  void Link(protozero::pbf_reader link) {
    while (link.next()) {
      if (link.tag() == 1) {
        Id(link.get_view(), 16, body_.trace_ids);
      } else if (link.tag() == 2) {
        Id(link.get_view(), 8, body_.span_ids);
      } else {
        link.skip();
      }
    }
  }
  void Id(protozero::data_view id, std::size_t size, std::vector<std::uint32_t>& offsets) {
    if (id.size() == size) offsets.push_back(OffsetOf(id.data()));
  }
  std::uint64_t Time(protozero::pbf_reader& message) {
    const std::uint64_t value = message.get_fixed64();
    // The reader stands behind the eight bytes now.
    body_.times.push_back(OffsetOf(message.data().data()) - 8);
    return value;
  }
  std::uint32_t OffsetOf(const char* at) const {
    return static_cast<std::uint32_t>(at - body_.bytes.data());
  }

  RecordedBody& body_;
};

}  // namespace

Result<RecordedBody> ParseBody(std::string bytes) {
  RecordedBody body;
  body.bytes = std::move(bytes);
  try {
    Finder(body).Request(protozero::pbf_reader(body.bytes));
  } catch (const protozero::exception& error) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("not an OTLP export request: {}", error.what()));
  }
  return body;
}

Result<std::vector<RecordedBody>> LoadBodies(const std::string& folder) {
  ASSIGN_OR_RETURN(const std::vector<DirectoryEntry> entries, RealFileSystem().List(folder));
  std::vector<RecordedBody> bodies;
  for (const DirectoryEntry& entry : entries) {
    if (!entry.name.ends_with(".bin")) continue;
    const std::string path = JoinPath(folder, entry.name);
    ASSIGN_OR_RETURN(std::string bytes, ReadWholeFile(RealFileSystem(), path, kBodyBytesMax));
    Result<RecordedBody> body = ParseBody(std::move(bytes));
    if (!body.ok()) return std::move(body).error().Wrap(path);
    bodies.push_back(std::move(body).value());
  }
  if (bodies.empty()) {
    return Error(ErrorCode::kNotFound, fmt::format("{}: no recorded bodies (*.bin) in it", folder));
  }
  return bodies;
}

void WriteStamped(const RecordedBody& body, const Stamp& stamp, std::string& out) {
  out.assign(body.bytes);
  const auto mask = [&](std::uint32_t offset, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
      char& byte = out[offset + i];
      byte = static_cast<char>(static_cast<unsigned char>(byte) ^ stamp.mask[i]);
    }
  };
  for (const std::uint32_t offset : body.trace_ids) mask(offset, 16);
  for (const std::uint32_t offset : body.span_ids) mask(offset, 8);
  for (const std::uint32_t offset : body.times) {
    std::uint64_t time = 0;
    std::memcpy(&time, out.data() + offset, 8);  // Little-endian, as on the wire.
    if (time == 0) continue;
    time += static_cast<std::uint64_t>(stamp.time_shift_ns);
    std::memcpy(out.data() + offset, &time, 8);
  }
}

}  // namespace vivace::bench

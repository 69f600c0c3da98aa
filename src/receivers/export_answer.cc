#include "receivers/export_answer.h"

#include <utility>

#include <fmt/core.h>

#include "base/bytes.h"
#include "base/json_writer.h"
#include "receivers/retry_hint.h"

namespace vivace::receivers {
namespace {

constexpr std::uint64_t LengthTag(std::uint64_t field) { return field << 3 | 2; }
constexpr std::uint64_t VarintTag(std::uint64_t field) { return field << 3; }

/// The code that goes with an HTTP status, as Tempo and the Collector pair them.
net::GrpcCode CodeOfHttpStatus(int status) {
  switch (status) {
    case 401:
      return net::GrpcCode::kUnauthenticated;
    case 403:
      return net::GrpcCode::kPermissionDenied;
    case 404:
    case 405:
      return net::GrpcCode::kUnimplemented;
    case 408:
    case 504:
      return net::GrpcCode::kDeadlineExceeded;
    case 413:
    case 429:
      return net::GrpcCode::kResourceExhausted;
    case 503:
      return net::GrpcCode::kUnavailable;
    default:
      return status < 500 ? net::GrpcCode::kInvalidArgument : net::GrpcCode::kInternal;
  }
}

}  // namespace

std::optional<Encoding> EncodingOfContentType(std::string_view content_type) {
  content_type = content_type.substr(0, content_type.find(';'));
  while (!content_type.empty() && (content_type.back() == ' ' || content_type.back() == '\t')) {
    content_type.remove_suffix(1);
  }
  while (!content_type.empty() && (content_type.front() == ' ' || content_type.front() == '\t')) {
    content_type.remove_prefix(1);
  }
  for (const Encoding encoding : {Encoding::kProtobuf, Encoding::kJson}) {
    if (net::EqualsNoCase(content_type, ContentTypeOf(encoding))) return encoding;
  }
  return std::nullopt;
}

std::string_view ContentTypeOf(Encoding encoding) {
  return encoding == Encoding::kJson ? "application/json" : "application/x-protobuf";
}

std::string EncodeExportResponse(Encoding encoding, std::uint64_t refused_spans,
                                 std::string_view message) {
  if (encoding == Encoding::kJson) {
    JsonWriter json;
    json.BeginObject();
    if (refused_spans > 0) {
      json.Key("partialSuccess").BeginObject();
      json.Key("rejectedSpans").NumberText(refused_spans);
      json.Key("errorMessage").String(message);
      json.EndObject();
    }
    json.EndObject();
    return json.Take();
  }
  if (refused_spans == 0) return {};
  ByteWriter partial;
  partial.Varint(VarintTag(1));
  partial.Varint(refused_spans);
  partial.Varint(LengthTag(2));
  partial.Text(message);
  ByteWriter response;
  response.Varint(LengthTag(1));
  response.Text(partial.Take());
  return response.Take();
}

std::string EncodeRpcStatus(Encoding encoding, net::GrpcCode code, std::string_view message) {
  if (encoding == Encoding::kJson) {
    JsonWriter json;
    json.BeginObject();
    json.Key("code").Number(static_cast<int>(code));
    json.Key("message").String(message);
    json.EndObject();
    return json.Take();
  }
  ByteWriter status;
  status.Varint(VarintTag(1));
  status.Varint(static_cast<std::uint64_t>(code));
  status.Varint(LengthTag(2));
  status.Text(message);
  return status.Take();
}

net::HttpResponse MakeErrorResponse(std::optional<Encoding> encoding, int status,
                                    std::string message) {
  net::HttpResponse response;
  if (encoding) {
    response.status = status;
    response.headers.Add("Content-Type", std::string(ContentTypeOf(*encoding)));
    response.body = EncodeRpcStatus(*encoding, CodeOfHttpStatus(status), message);
  } else {
    response = net::HttpResponse::Text(status, std::move(message) + "\n");
  }
  if (status == 429 || status == 503) {
    response.headers.Add("Retry-After", fmt::format("{}", kRetryAfter.count()));
  }
  return response;
}

}  // namespace vivace::receivers

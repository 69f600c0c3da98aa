#pragma once
// The bodies of OTLP answers: ExportTraceServiceResponse and google.rpc.Status, in the encoding
// of the request.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/grpc.h"
#include "net/http.h"

namespace vivace::receivers {

enum class Encoding { kProtobuf, kJson };

/// By media type, whatever its case and parameters; nullopt for any other than
/// application/x-protobuf and application/json.
std::optional<Encoding> EncodingOfContentType(std::string_view content_type);
std::string_view ContentTypeOf(Encoding encoding);

/// ExportTraceServiceResponse. Without refused spans `partial_success` is not set.
std::string EncodeExportResponse(Encoding encoding, std::uint64_t refused_spans,
                                 std::string_view message);

/// google.rpc.Status.
std::string EncodeRpcStatus(Encoding encoding, net::GrpcCode code, std::string_view message);

/// The answer for an HTTP error, with Retry-After where a client should come again. Without an
/// encoding (the request had none that is known) the body is plain text.
net::HttpResponse MakeErrorResponse(std::optional<Encoding> encoding, int status,
                                    std::string message);

}  // namespace vivace::receivers

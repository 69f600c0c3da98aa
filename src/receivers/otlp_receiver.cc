#include "receivers/otlp_receiver.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <fmt/core.h>

#include "otlp/refusals.h"
#include "otlp/walk.h"
#include "receivers/export_answer.h"
#include "receivers/intake.h"
#include "receivers/retry_hint.h"
#include "receivers/tenant.h"
#include "receivers/transport.h"

namespace vivace::receivers {
namespace {

constexpr std::string_view kTracesPath = "/v1/traces";
constexpr std::string_view kExportMethod =
    "/opentelemetry.proto.collector.trace.v1.TraceService/Export";

struct OtherSignal {
  std::string_view path;
  std::string_view method;
  std::string_view name;
};
constexpr OtherSignal kOtherSignals[] = {
    {"/v1/metrics", "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", "metrics"},
    {"/v1/logs", "/opentelemetry.proto.collector.logs.v1.LogsService/Export", "logs"},
    {"/v1development/profiles",
     "/opentelemetry.proto.collector.profiles.v1development.ProfilesService/Export", "profiles"},
};

std::string OtherSignalMessage(std::string_view name) {
  return fmt::format(
      "Vivace stores traces only, no {}: turn the {} exporter off or send it to "
      "another backend",
      name, name);
}

/// Why a whole request was not taken.
enum class Failure { kUndecodable, kUnavailable, kResourceExhausted, kInternal };
constexpr std::size_t kFailureCount = 4;

std::string_view FailureName(Failure failure) {
  switch (failure) {
    case Failure::kUndecodable:
      return "undecodable";
    case Failure::kUnavailable:
      return "unavailable";
    case Failure::kResourceExhausted:
      return "resource_exhausted";
    case Failure::kInternal:
      return "internal";
  }
  return "unknown";
}

Failure FailureOf(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalidArgument:
      return Failure::kUndecodable;
    case ErrorCode::kUnavailable:
      return Failure::kUnavailable;
    case ErrorCode::kResourceExhausted:
      return Failure::kResourceExhausted;
    default:
      return Failure::kInternal;
  }
}

/// The error as the client is to see it. A fault of the disk, a deadline or a cancelled append
/// may be over at the next attempt, and says nothing about the spans: a client that heard
/// "internal" would drop them.
Error ForClient(Error error) {
  switch (error.code()) {
    case ErrorCode::kIo:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kCancelled:
      return Error(ErrorCode::kUnavailable, error.message());
    default:
      return error;
  }
}

/// The counters of one transport.
struct TransportMetrics {
  Counter* requests;
  Counter* bytes;
  Counter* accepted_spans;
  std::array<Counter*, otlp::kRefusalReasonCount> refused_spans;
  std::array<Counter*, kFailureCount> failed_requests;
};

/// What the handlers of one or more routers share; lives as long as the last of them.
class Receiver : public std::enable_shared_from_this<Receiver> {
 public:
  explicit Receiver(const ReceiverContext& context) : context_(context) {
    for (std::size_t i = 0; i < kTransportCount; ++i) metrics_[i] = MakeMetrics(i);
  }

  void HandleHttp(net::HttpRequest request, const net::HttpResponder& responder) {
    const std::string_view content_type = request.headers.Get("Content-Type");
    const std::optional<Encoding> encoding = EncodingOfContentType(content_type);
    if (!encoding) {
      std::string message = fmt::format(
          "Content-Type \"{}\" is not taken: send OTLP as application/x-protobuf or "
          "application/json",
          content_type.substr(0, kQuotedBytesMax));
      NoteRefusal(0, message, "http");
      responder.Send(MakeErrorResponse(std::nullopt, 415, std::move(message)));
      return;
    }
    Take(std::move(request.body), *encoding,
         *encoding == Encoding::kJson ? Transport::kHttpJson : Transport::kHttpProtobuf,
         std::move(request.body_bytes),
         [responder, encoding](const Status& stored, std::uint64_t refused,
                               std::string_view message) {
           if (!stored.ok()) {
             responder.Send(MakeErrorResponse(encoding, net::HttpStatusOf(stored.error().code()),
                                              stored.error().message()));
             return;
           }
           net::HttpResponse response;
           response.headers.Add("Content-Type", std::string(ContentTypeOf(*encoding)));
           response.body = EncodeExportResponse(*encoding, refused, message);
           responder.Send(std::move(response));
         });
  }

  void HandleGrpc(net::GrpcRequest request, const net::GrpcResponder& responder) {
    Take(std::move(request.message), Encoding::kProtobuf, Transport::kGrpc,
         std::move(request.message_bytes),
         [responder](const Status& stored, std::uint64_t refused, std::string_view message) {
           if (!stored.ok()) {
             net::GrpcStatus status{net::GrpcCodeOf(stored.error().code()),
                                    stored.error().message(), std::nullopt};
             if (status.code == net::GrpcCode::kUnavailable ||
                 status.code == net::GrpcCode::kResourceExhausted) {
               status.retry_after = kRetryAfter;
             }
             responder.Finish(std::move(status));
             return;
           }
           responder.Write(EncodeExportResponse(Encoding::kProtobuf, refused, message));
           responder.Finish({});
         });
  }

  /// Answers what the listener or the router refused.
  net::HttpResponse ShapeError(int status, std::string message, const net::HttpRequest& head) {
    if (status == 404) message = WithRemedy(std::move(message), head.path);
    if (head.method == "POST") NoteRefusal(0, message, "http");
    return MakeErrorResponse(EncodingOfContentType(head.headers.Get("Content-Type")), status,
                             std::move(message));
  }

 private:
  // Bytes of a client's header that are quoted back.
  static constexpr std::size_t kQuotedBytesMax = 100;

  TransportMetrics MakeMetrics(std::size_t index) const {
    const auto transport = static_cast<Transport>(index);
    const std::string name(TransportName(transport));
    MetricsRegistry& metrics = context_.metrics;
    TransportMetrics made{
        .requests = &metrics.AddCounter("vivace_receiver_requests_total",
                                        "Export requests received whole.", {{"transport", name}}),
        .bytes = &metrics.AddCounter("vivace_receiver_bytes_total",
                                     "Bytes of export requests after decompression.",
                                     {{"transport", name}}),
        .accepted_spans = &metrics.AddCounter("vivace_receiver_accepted_spans_total",
                                              "Spans that are durable and were acknowledged.",
                                              {{"transport", name}}),
        .refused_spans = {},
        .failed_requests = {}};
    for (std::size_t i = 0; i < otlp::kRefusalReasonCount; ++i) {
      const auto reason = static_cast<otlp::RefusalReason>(i);
      made.refused_spans[i] = &metrics.AddCounter(
          "vivace_receiver_refused_spans_total",
          "Spans refused by partial success while others of the request were taken.",
          {{"transport", name}, {"reason", std::string(otlp::RefusalReasonName(reason))}});
    }
    for (std::size_t i = 0; i < kFailureCount; ++i) {
      made.failed_requests[i] = &metrics.AddCounter(
          "vivace_receiver_failed_requests_total", "Export requests of which nothing was taken.",
          {{"transport", name}, {"reason", std::string(FailureName(static_cast<Failure>(i)))}});
    }
    return made;
  }

  static std::string WithRemedy(std::string message, std::string_view path) {
    for (const OtherSignal& signal : kOtherSignals) {
      if (path == signal.path) return OtherSignalMessage(signal.name);
    }
    return fmt::format("{}; this port takes OTLP: POST {} over HTTP, or gRPC {}",
                       message.substr(0, kQuotedBytesMax), kTracesPath, kExportMethod);
  }

  void NoteRefusal(std::uint64_t spans, std::string message, std::string_view transport) {
    context_.first_data.CountRefused(
        spans, {std::move(message), std::string(transport), context_.clock.UnixNanos()});
  }

  /// Reads a body, stores its spans and calls `answer(status, refused spans, why)` once.
  template <typename Answer>
  void Take(std::string body, Encoding encoding, Transport transport, ByteReservation held,
            Answer answer) {
    TransportMetrics& metrics = metrics_[static_cast<std::size_t>(transport)];
    metrics.requests->Add();
    metrics.bytes->Add(body.size());
    context_.first_data.CountRequest(body.size());

    // Held until the answer: the body lives as long.
    auto reservation = std::make_shared<ByteReservation>(std::move(held));
    Result<otlp::WalkResult> read = ReadBody(std::move(body), encoding, *reservation);
    if (!read.ok()) {
      Fail(std::move(read).error(), transport, answer);
      return;
    }
    const otlp::Refusals& refusals = read->refusals;
    const std::uint64_t refused = refusals.total();
    std::string message = refusals.Message();
    if (refused > 0) {
      for (std::size_t i = 0; i < otlp::kRefusalReasonCount; ++i) {
        metrics.refused_spans[i]->Add(refusals.count(static_cast<otlp::RefusalReason>(i)));
      }
      NoteRefusal(refused, message, TransportName(transport));
    }
    const std::uint64_t accepted = read->batch.span_count;
    if (accepted == 0) {
      answer(OkStatus(), refused, message);
      return;
    }
    const TraceId last_trace_id = read->batch.traces.back().id;
    context_.spans.Append(
        std::string(kSingleTenant), std::move(read->batch),
        [self = shared_from_this(), reservation, transport, accepted, refused, last_trace_id,
         message = std::move(message), answer = std::move(answer)](Status stored) {
          if (!stored.ok()) {
            self->Fail(std::move(stored).error(), transport, answer);
            return;
          }
          self->metrics_[static_cast<std::size_t>(transport)].accepted_spans->Add(accepted);
          self->context_.first_data.CountAccepted(accepted, last_trace_id);
          answer(OkStatus(), refused, message);
        });
  }

  template <typename Answer>
  void Fail(Error error, Transport transport, const Answer& answer) {
    error = ForClient(std::move(error));
    const auto failure = static_cast<std::size_t>(FailureOf(error.code()));
    metrics_[static_cast<std::size_t>(transport)].failed_requests[failure]->Add();
    NoteRefusal(0, error.message(), TransportName(transport));
    answer(Status(std::move(error)), 0, "");
  }

  const ReceiverContext context_;
  std::array<TransportMetrics, kTransportCount> metrics_;
};

}  // namespace

void RegisterOtlp(net::Router& router, const ReceiverContext& context) {
  const auto receiver = std::make_shared<Receiver>(context);
  router.Handle("POST", std::string(kTracesPath), "otlp_traces",
                [receiver](net::HttpRequest request, net::HttpResponder responder) {
                  receiver->HandleHttp(std::move(request), responder);
                });
  router.HandleGrpc(std::string(kExportMethod),
                    [receiver](net::GrpcRequest request, net::GrpcResponder responder) {
                      receiver->HandleGrpc(std::move(request), responder);
                    });
  // What else arrives at the gRPC method's path was meant as gRPC, or should not go there.
  router.Handle(
      "POST", std::string(kExportMethod), "otlp_grpc_path",
      [receiver](net::HttpRequest request, net::HttpResponder responder) {
        responder.Send(receiver->ShapeError(
            415,
            fmt::format("this is a gRPC method: it takes Content-Type application/grpc over "
                        "HTTP/2; plain OTLP over HTTP goes to POST {}",
                        kTracesPath),
            request));
      });
  for (const OtherSignal& signal : kOtherSignals) {
    router.RefuseGrpc(std::string(signal.method),
                      {net::GrpcCode::kUnimplemented, OtherSignalMessage(signal.name), {}});
  }
  router.SetCors({.enabled = true});
  router.SetErrorShaper([receiver](int status, std::string message, const net::HttpRequest& head) {
    return receiver->ShapeError(status, std::move(message), head);
  });
}

}  // namespace vivace::receivers

#include "net/grpc_exchange.h"

#include <utility>

#include <fmt/format.h>

#include "base/log.h"

namespace vivace::net {
namespace {

// Messages a handler may have written that the client has not taken. A stream that does not
// look at BufferedBytes() ends here instead of filling the memory.
constexpr std::size_t kBufferedBytesMax = 64U << 20;

// The responder's other end for one call.
class GrpcExchange final : public GrpcResponder::Sink {
 public:
  GrpcExchange(std::shared_ptr<const ListenerContext> listener, std::size_t route,
               Nanoseconds started, std::weak_ptr<SessionPort> port, std::int32_t stream,
               std::shared_ptr<CallState> state, RunningCalls running)
      : listener_(std::move(listener)),
        route_(route),
        started_(started),
        port_(std::move(port)),
        stream_(stream),
        state_(std::move(state)),
        running_(std::move(running)) {
    running_->fetch_add(1, std::memory_order_relaxed);
    listener_->metrics->requests_in_flight.Add(1);
  }

  ~GrpcExchange() override {
    if (!ended_.load()) {
      if (!Cancelled()) {
        LogError(
            "handler dropped a call without a status",
            {{"listener", listener_->name}, {"route", listener_->router.route_names()[route_]}});
      }
      Finish({GrpcCode::kInternal, "internal error: the call was dropped", std::nullopt});
    }
    running_->fetch_sub(1, std::memory_order_relaxed);
    listener_->metrics->requests_in_flight.Add(-1);
  }

  bool Write(std::string message) override {
    if (ended_.load() || Cancelled()) return false;
    if (BufferedBytes() > kBufferedBytesMax) {
      Finish({GrpcCode::kResourceExhausted, "the client does not take the answer", std::nullopt});
      return false;
    }
    const auto port = port_.lock();
    if (!port) return false;
    std::string frame = FrameGrpcMessage(message);
    state_->buffered_bytes.fetch_add(frame.size(), std::memory_order_relaxed);
    port->Post([stream = stream_, bytes = std::move(frame)](Session& session) mutable {
      session.GrpcMessage(stream, std::move(bytes));
    });
    return true;
  }

  void Finish(GrpcStatus status) override {
    if (ended_.exchange(true)) return;
    listener_->metrics->ObserveGrpc(route_, status.code, listener_->clock.Steady() - started_);
    if (const auto port = port_.lock()) {
      port->Post([stream = stream_, end = std::move(status)](Session& session) mutable {
        session.GrpcEnd(stream, std::move(end));
      });
    }
  }

  bool Cancelled() const override { return state_->gone.load(std::memory_order_relaxed); }
  std::size_t BufferedBytes() const override {
    return state_->buffered_bytes.load(std::memory_order_relaxed);
  }

 private:
  const std::shared_ptr<const ListenerContext> listener_;
  const std::size_t route_;
  const Nanoseconds started_;
  const std::weak_ptr<SessionPort> port_;
  const std::int32_t stream_;
  const std::shared_ptr<CallState> state_;
  const RunningCalls running_;
  std::atomic<bool> ended_{false};
};

}  // namespace

GrpcIntake::GrpcIntake(std::shared_ptr<const ListenerContext> listener, std::string method,
                       Headers metadata, const Peer& peer)
    : listener_(std::move(listener)), started_(listener_->clock.Steady()) {
  request_.method = std::move(method);
  request_.metadata = std::move(metadata);
  request_.peer = peer.address;
}

std::optional<GrpcStatus> GrpcIntake::Counted(std::optional<GrpcStatus> status) {
  if (status) *status = Refuse(*std::move(status));
  return status;
}

GrpcStatus GrpcIntake::Refuse(GrpcStatus status) {
  reader_.reset();  // What was held is given back at once.
  listener_->metrics->ObserveGrpc(route_, status.code, listener_->clock.Steady() - started_);
  return status;
}

std::optional<GrpcStatus> GrpcIntake::Begin() {
  Router::GrpcMatch match = listener_->router.FindGrpc(request_.method);
  route_ = match.route;
  if (match.handler == nullptr) return Refuse(std::move(match.refusal));
  handler_ = match.handler;
  if (request_.metadata.Has("grpc-timeout")) {
    const std::string_view text = request_.metadata.Get("grpc-timeout");
    request_.deadline = ParseGrpcTimeout(text);
    if (!request_.deadline) {
      return Refuse(
          {GrpcCode::kInvalidArgument,
           fmt::format("grpc-timeout \"{}\": expected 1 to 8 digits and one of HMSmun", text),
           std::nullopt});
    }
    deadline_ = started_ + *request_.deadline;
  }
  const std::string_view coding = request_.metadata.Get("grpc-encoding");
  Encoding encoding = Encoding::kIdentity;
  if (coding == "gzip") {
    encoding = Encoding::kGzip;
  } else if (!coding.empty() && coding != "identity") {
    return Refuse({GrpcCode::kUnimplemented,
                   fmt::format("grpc-encoding \"{}\" is not taken; send one of {}", coding,
                               kGrpcEncodingsAccepted),
                   std::nullopt});
  }
  reader_.emplace(encoding, listener_->limits.body_bytes_max, listener_->accountant);
  return std::nullopt;
}

std::optional<GrpcStatus> GrpcIntake::Append(std::string_view bytes) {
  return Counted(reader_->Append(bytes));
}

std::optional<GrpcStatus> GrpcIntake::End() {
  if (auto refused = reader_->End()) return Refuse(*std::move(refused));
  // Nobody waits for it any more: not begun, so that the answer does not depend on who is quicker.
  if (deadline_ && listener_->clock.Steady() >= *deadline_) {
    return Refuse({GrpcCode::kDeadlineExceeded,
                   "the call's deadline had passed when its message was complete", std::nullopt});
  }
  request_.message = reader_->TakeMessage();
  request_.message_bytes = reader_->TakeReservation();
  reader_.reset();
  return std::nullopt;
}

void GrpcIntake::Dispatch(std::weak_ptr<SessionPort> port, std::int32_t stream,
                          std::shared_ptr<CallState> state, RunningCalls running) {
  auto exchange = std::make_shared<GrpcExchange>(listener_, route_, started_, std::move(port),
                                                 stream, std::move(state), std::move(running));
  (*handler_)(std::move(request_), GrpcResponder(std::move(exchange)));
}

}  // namespace vivace::net

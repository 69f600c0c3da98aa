#pragma once
// One gRPC call from its head to its dispatch.

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/grpc_wire.h"
#include "net/session.h"

namespace vivace::net {

/// Receives one call. Where a function returns a status, the call is refused: the caller sends
/// that (it is counted) and drops the rest.
class GrpcIntake {
 public:
  /// `metadata` are the request's header fields without pseudo fields.
  GrpcIntake(std::shared_ptr<const ListenerContext> listener, std::string method, Headers metadata,
             const Peer& peer);

  std::optional<GrpcStatus> Begin();
  std::optional<GrpcStatus> Append(std::string_view bytes);
  std::optional<GrpcStatus> End();
  /// A status that the session found.
  GrpcStatus Refuse(GrpcStatus status);
  /// Calls the handler. After End() only.
  void Dispatch(std::weak_ptr<SessionPort> port, std::int32_t stream,
                std::shared_ptr<CallState> state, RunningCalls running);

  /// When the call must have ended, on the listener's clock.
  std::optional<Nanoseconds> deadline() const { return deadline_; }

 private:
  std::optional<GrpcStatus> Counted(std::optional<GrpcStatus> status);

  const std::shared_ptr<const ListenerContext> listener_;
  GrpcRequest request_;
  const Nanoseconds started_;
  std::size_t route_ = 0;
  const GrpcHandler* handler_ = nullptr;
  std::optional<Nanoseconds> deadline_;
  std::optional<GrpcMessageReader> reader_;
};

}  // namespace vivace::net

#pragma once
// What lies between sockets and handlers: a session turns a connection's bytes into requests
// and answers into bytes. Sessions know no sockets, so tests and fuzzers feed them bytes.

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "net/grpc.h"
#include "net/http.h"
#include "net/limits.h"
#include "net/listener_metrics.h"
#include "net/router.h"

namespace vivace::net {

/// What all connections of a listener share.
struct ListenerContext {
  std::string name;
  Limits limits;
  Router router;
  Clock& clock;
  ByteAccountant& accountant;
  std::unique_ptr<ListenerMetrics> metrics;
  mutable std::atomic<std::uint32_t> open_connections{0};
};

/// Who is at the other end.
struct Peer {
  std::string address;
  bool is_loopback = false;
};

/// Bytes that wait to be sent, in pieces as they were made, so that a large body is not copied.
class OutputQueue {
 public:
  void Push(std::string bytes) {
    if (bytes.empty()) return;
    size_ += bytes.size();
    pieces_.push_back(std::move(bytes));
  }
  /// Drops `bytes` from the front.
  void Pop(std::size_t bytes) {
    size_ -= bytes;
    offset_ += bytes;
    while (!pieces_.empty() && offset_ >= pieces_.front().size()) {
      offset_ -= pieces_.front().size();
      pieces_.pop_front();
    }
  }
  std::size_t pieces() const { return pieces_.size(); }
  std::string_view piece(std::size_t i) const {
    const std::string_view all = pieces_[i];
    return i == 0 ? all.substr(offset_) : all;
  }
  std::size_t size() const { return size_; }
  bool empty() const { return pieces_.empty(); }

 private:
  std::deque<std::string> pieces_;
  std::size_t offset_ = 0;  // Into the first piece.
  std::size_t size_ = 0;
};

/// The protocol state of one connection. All functions are called on the connection's thread
/// and never re-entered, except that a handler called from Receive may answer at once: the
/// answer functions may be called from within Receive.
class Session {
 public:
  virtual ~Session() = default;

  /// Takes bytes that came; none to go on with what was held back.
  virtual void Receive(std::string_view bytes) = 0;
  /// The peer will send no more.
  virtual void ReceiveEnd() = 0;
  /// Moves what can be sent now to `out`, up to about `bytes_max` waiting there.
  virtual void Produce(OutputQueue& out, std::size_t bytes_max) = 0;
  /// False: enough is held back for now; the reader pauses.
  virtual bool WantsInput() const = 0;
  /// True: once all output is sent the connection ends.
  virtual bool Finished() const = 0;
  /// Ends as soon as what is in flight is answered.
  virtual void Drain() = 0;
  /// Looks at timeouts; called every kTickInterval or so. `sending` says that output waits.
  virtual void Tick(Nanoseconds now, bool sending) = 0;
  /// The connection is gone: every call is cancelled.
  virtual void Abort() = 0;

  /// Answers; unknown streams (reset, finished) are ignored.
  virtual void Answer(std::int32_t stream, HttpResponse response) = 0;
  virtual void GrpcMessage(std::int32_t stream, std::string frame) = 0;
  virtual void GrpcEnd(std::int32_t stream, GrpcStatus status) = 0;
};

/// Timeouts are noticed this late at most, and a gone client while reading is paused.
inline constexpr std::chrono::milliseconds kTickInterval{50};

/// The way back from handlers to a session, from any thread.
class SessionPort {
 public:
  virtual ~SessionPort() = default;
  /// Runs `task` with the session on the connection's thread; drops it if the connection ended.
  virtual void Post(std::function<void(Session&)> task) = 0;
};

/// What a handler's responder and the session know together about one call.
struct CallState {
  std::atomic<bool> gone{false};               ///< The client is gone or the call has ended.
  std::atomic<std::size_t> buffered_bytes{0};  ///< Messages written, not yet taken for sending.
};

/// Counts the calls of a connection whose handlers still hold a responder.
using RunningCalls = std::shared_ptr<std::atomic<std::uint32_t>>;

}  // namespace vivace::net

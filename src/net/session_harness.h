#pragma once
// Feeds bytes to a session without sockets, on a clock that tests move.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "base/byte_accountant.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "net/session.h"

namespace vivace::net {

using SessionMaker = std::unique_ptr<Session> (*)(std::shared_ptr<const ListenerContext>,
                                                  std::weak_ptr<SessionPort>, Peer);

/// One session with all that it needs. What handlers answer reaches it at once.
class SessionHarness {
 public:
  SessionHarness(SessionMaker make, Router router, Limits limits = {})
      : listener_(
            new ListenerContext{"test", limits, std::move(router), clock_, accountant_, nullptr}) {
    listener_->metrics =
        std::make_unique<ListenerMetrics>(metrics_, "test", listener_->router.route_names());
    port_->session = make(listener_, port_, Peer{"192.0.2.1:1000", false});
  }
  ~SessionHarness() { port_->session->Abort(); }

  /// Feeds `bytes`; returns what the session sends.
  std::string Feed(std::string_view bytes) {
    session().Receive(bytes);
    return Output();
  }
  std::string End() {
    session().ReceiveEnd();
    return Output();
  }
  /// Lets time pass, then looks at timeouts.
  std::string Wait(std::chrono::milliseconds time) {
    clock_.Advance(time);
    session().Tick(clock_.Steady(), false);
    return Output();
  }
  std::string Output() {
    session().Receive({});
    OutputQueue queue;
    std::string all;
    while (true) {
      session().Produce(queue, 1U << 20);
      if (queue.empty()) return all;
      while (!queue.empty()) {
        const std::string_view piece = queue.piece(0);
        all += piece;
        queue.Pop(piece.size());
      }
    }
  }
  Session& session() { return *port_->session; }
  ByteAccountant& accountant() { return accountant_; }
  ManualClock& clock() { return clock_; }

 private:
  struct Port final : SessionPort {
    void Post(std::function<void(Session&)> task) override {
      if (session) task(*session);
    }
    std::unique_ptr<Session> session;
  };

  ManualClock clock_;
  ByteAccountant accountant_{64ULL << 20};
  MetricsRegistry metrics_;
  std::shared_ptr<ListenerContext> listener_;
  std::shared_ptr<Port> port_ = std::make_shared<Port>();
};

}  // namespace vivace::net

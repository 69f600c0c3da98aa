#pragma once
// A thread that runs an event loop, and the connections that belong to it.

#include <memory>
#include <string>
#include <thread>
#include <unordered_set>

#include "base/clock.h"
#include "net/mailbox.h"

namespace boost::asio {
class io_context;
}

namespace vivace::net {

class Connection;

/// Owns one event loop, its thread and its connections. Connections live and end on its thread.
class IoThread {
 public:
  /// Throws what the event loop's construction throws (no descriptor left).
  IoThread(std::string name, Clock& clock);
  ~IoThread();

  void Start();
  /// After every connection has been closed: ends the loop and joins.
  void Stop();

  boost::asio::io_context& context();
  const std::shared_ptr<Mailbox>& mailbox() const { return mailbox_; }

  // On the thread:
  void Add(std::shared_ptr<Connection> connection);
  void Remove(const std::shared_ptr<Connection>& connection);
  const std::unordered_set<std::shared_ptr<Connection>>& connections() const {
    return connections_;
  }

 private:
  struct Loop;
  void ArmTick();

  const std::string name_;
  Clock& clock_;
  const std::unique_ptr<Loop> loop_;
  const std::shared_ptr<Mailbox> mailbox_;
  std::unordered_set<std::shared_ptr<Connection>> connections_;
  bool tick_armed_ = false;
  std::thread thread_;
};

}  // namespace vivace::net

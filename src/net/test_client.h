#pragma once
// A plain TCP client for tests: sends given bytes, reads with a time limit.

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace vivace::net {

/// Polls `done` until it holds or `timeout` is over; returns whether it held.
template <typename Done>
bool Eventually(Done done, std::chrono::milliseconds timeout = std::chrono::milliseconds(3000)) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (std::chrono::steady_clock::now() < deadline) {
    if (done()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return done();
}

/// A connected socket. Functions stop the test program with a message when the address is wrong;
/// sending to a closed peer is no error.
class TestClient {
 public:
  /// `address` is "127.0.0.1:port".
  explicit TestClient(const std::string& address);
  /// Makes the socket only; Connect() does the rest.
  enum Later { kConnectLater };
  TestClient(const std::string& address, Later);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

  /// False if nobody listens.
  bool Connect();

  void Send(std::string_view bytes);
  /// Says that nothing more will be sent.
  void CloseSending();
  /// Closes with a reset.
  void Reset();

  /// Reads until the peer closes or `timeout` is over.
  std::string ReadAll(std::chrono::milliseconds timeout);
  /// Reads until the bytes contain `text`, the peer closes or `timeout` is over.
  std::string ReadUntil(std::string_view text, std::chrono::milliseconds timeout);
  /// Reads some bytes, at most `size`; "" at the end or after `timeout`.
  std::string ReadSome(std::size_t size, std::chrono::milliseconds timeout);
  /// True once the peer has closed.
  bool closed() const { return closed_; }
  int fd() const { return fd_; }

 private:
  const std::string address_;
  int fd_ = -1;
  bool closed_ = false;
};

}  // namespace vivace::net

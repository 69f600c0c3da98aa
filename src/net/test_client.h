#pragma once
// A plain TCP client for tests: sends given bytes, reads with a time limit.

#include <chrono>
#include <string>
#include <string_view>

namespace vivace::net {

/// A connected socket. Functions stop the test program with a message when the address is wrong;
/// sending to a closed peer is no error.
class TestClient {
 public:
  /// `address` is "127.0.0.1:port".
  explicit TestClient(const std::string& address);
  ~TestClient();
  TestClient(const TestClient&) = delete;
  TestClient& operator=(const TestClient&) = delete;

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
  int fd_ = -1;
  bool closed_ = false;
};

}  // namespace vivace::net

#pragma once
// A blocking TCP socket.

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vivace::bench {

/// Connected; closed on destruction.
class Socket {
 public:
  static Result<std::unique_ptr<Socket>> Connect(const std::string& address);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  Status SendAll(std::string_view bytes);
  /// Returns how many bytes came, at least one.
  Result<std::size_t> Receive(std::span<char> buffer);

 private:
  explicit Socket(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace vivace::bench

#include "bench/socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>

#include <fmt/core.h>

namespace vivace::bench {

Result<std::unique_ptr<Socket>> Socket::Connect(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  sockaddr_in to{};
  to.sin_family = AF_INET;
  int port = 0;
  if (colon != std::string::npos) {
    std::from_chars(address.data() + colon + 1, address.data() + address.size(), port);
  }
  to.sin_port = htons(static_cast<std::uint16_t>(port));
  if (port == 0 || inet_pton(AF_INET, address.substr(0, colon).c_str(), &to.sin_addr) != 1) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("expected an IPv4 address and port, found '{}'", address));
  }
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0) {
    close(fd);
    return Error(ErrorCode::kUnavailable, fmt::format("cannot connect to {}", address));
  }
  return std::unique_ptr<Socket>(new Socket(fd));
}

Socket::~Socket() { close(fd_); }

Status Socket::SendAll(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return Error(ErrorCode::kIo, "the server closed the connection");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return {};
}

Result<std::size_t> Socket::Receive(std::span<char> buffer) {
  const ssize_t got = recv(fd_, buffer.data(), buffer.size(), 0);
  if (got <= 0) return Error(ErrorCode::kIo, "the server closed the connection");
  return static_cast<std::size_t>(got);
}

}  // namespace vivace::bench

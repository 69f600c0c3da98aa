#include "net/test_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace vivace::net {
namespace {

std::chrono::milliseconds Left(std::chrono::steady_clock::time_point deadline) {
  return std::max(std::chrono::milliseconds(0),
                  std::chrono::duration_cast<std::chrono::milliseconds>(
                      deadline - std::chrono::steady_clock::now()));
}

}  // namespace

TestClient::TestClient(const std::string& address) : TestClient(address, kConnectLater) {
  CHECK(Connect());
}

TestClient::TestClient(const std::string& address, Later /*later*/)
    : address_(address), fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  CHECK(fd_ >= 0);
  const int on = 1;
  CHECK(::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0);
}

bool TestClient::Connect() {
  const std::size_t colon = address_.rfind(':');
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(static_cast<std::uint16_t>(std::stoi(address_.substr(colon + 1))));
  CHECK(inet_pton(AF_INET, address_.substr(0, colon).c_str(), &target.sin_addr) == 1);
  return ::connect(fd_, reinterpret_cast<const sockaddr*>(&target), sizeof(target)) == 0;
}

TestClient::~TestClient() {
  if (fd_ >= 0) ::close(fd_);
}

void TestClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void TestClient::CloseSending() { ::shutdown(fd_, SHUT_WR); }

void TestClient::Reset() {
  const linger now{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  ::close(fd_);
  fd_ = -1;
}

std::string TestClient::ReadSome(std::size_t size, std::chrono::milliseconds timeout) {
  pollfd poll_fd{fd_, POLLIN, 0};
  if (::poll(&poll_fd, 1, static_cast<int>(timeout.count())) <= 0) return "";
  std::string bytes(size, '\0');
  const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
  if (got <= 0) closed_ = true;
  bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return bytes;
}

std::string TestClient::ReadAll(std::chrono::milliseconds timeout) {
  return ReadUntil(std::string_view(), timeout);
}

std::string TestClient::ReadUntil(std::string_view text, std::chrono::milliseconds timeout) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::string all;
  while (!closed_ && Left(deadline).count() > 0) {
    all += ReadSome(64 * 1024, Left(deadline));
    if (!text.empty() && all.find(text) != std::string::npos) break;
  }
  return all;
}

}  // namespace vivace::net

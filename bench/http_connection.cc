#include <algorithm>
#include <cctype>
#include <charconv>
#include <iterator>

#include <fmt/format.h>

#include "bench/connection.h"
#include "bench/socket.h"

namespace vivace::bench {
namespace {

class HttpConnection final : public Connection {
 public:
  HttpConnection(std::unique_ptr<Socket> socket, std::string host)
      : socket_(std::move(socket)), host_(std::move(host)) {}

  Result<int> Send(const std::string& body) override {
    message_.clear();
    fmt::format_to(std::back_inserter(message_),
                   "POST /v1/traces HTTP/1.1\r\nHost: {}\r\nContent-Type: "
                   "application/x-protobuf\r\nContent-Length: {}\r\n\r\n",
                   host_, body.size());
    message_ += body;
    RETURN_IF_ERROR(socket_->SendAll(message_));
    return ReadAnswer();
  }

 private:
  Result<int> ReadAnswer() {
    answer_.clear();
    std::size_t head_end = std::string::npos;
    while ((head_end = answer_.find("\r\n\r\n")) == std::string::npos) RETURN_IF_ERROR(ReadMore());
    std::size_t body_bytes = 0;
    for (std::size_t at = 0; at < head_end;) {
      const std::size_t end = answer_.find("\r\n", at);
      std::string line = answer_.substr(at, end - at);
      std::transform(line.begin(), line.end(), line.begin(),
                     [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
      if (line.starts_with("content-length:")) {
        const std::size_t digits = line.find_first_of("0123456789");
        std::from_chars(line.data() + digits, line.data() + line.size(), body_bytes);
      }
      at = end + 2;
    }
    while (answer_.size() < head_end + 4 + body_bytes) RETURN_IF_ERROR(ReadMore());
    int status = 0;
    std::from_chars(answer_.data() + 9, answer_.data() + 12, status);
    return status;
  }

  Status ReadMore() {
    char buffer[4096];
    ASSIGN_OR_RETURN(const std::size_t got, socket_->Receive(buffer));
    answer_.append(buffer, got);
    return {};
  }

  const std::unique_ptr<Socket> socket_;
  const std::string host_;
  std::string message_;
  std::string answer_;
};

}  // namespace

Result<std::unique_ptr<Connection>> OpenHttp(const std::string& address) {
  ASSIGN_OR_RETURN(std::unique_ptr<Socket> socket, Socket::Connect(address));
  return std::unique_ptr<Connection>(std::make_unique<HttpConnection>(std::move(socket), address));
}

}  // namespace vivace::bench

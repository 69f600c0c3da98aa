#pragma once
// An HTTP/2 client for tests, over nghttp2 and a TestClient.

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/test_client.h"

struct nghttp2_session;

namespace vivace::net {

/// What came back on one stream.
struct Http2Reply {
  std::vector<std::pair<std::string, std::string>> headers;
  std::vector<std::pair<std::string, std::string>> trailers;
  std::string body;
  bool ended = false;            ///< The server ended its side.
  bool closed = false;           ///< The stream is over.
  std::uint32_t reset_code = 0;  ///< Of RST_STREAM from either side.

  std::string Header(std::string_view name) const;
  /// grpc-status from the trailers, or from the headers (trailers only); "" if absent.
  std::string Grpc(std::string_view name) const;
};

/// One connection. Not thread-safe.
class Http2TestClient {
 public:
  struct Options {
    std::uint32_t window_bytes = 1U << 20;  ///< Stream receive window.
    bool auto_window_update = true;
  };
  using Fields = std::vector<std::pair<std::string, std::string>>;

  explicit Http2TestClient(const std::string& address) : Http2TestClient(address, Options{}) {}
  Http2TestClient(const std::string& address, Options options);
  ~Http2TestClient();

  /// Begins a request; `end` false leaves it open for SendData.
  std::int32_t Begin(const Fields& fields, std::string body, bool end = true);
  void SendData(std::int32_t stream, std::string body, bool end);
  void Reset(std::int32_t stream, std::uint32_t code);
  void Ping();

  /// Sends what is queued and reads until `stream` is closed, the connection ends or time is up.
  const Http2Reply& Wait(std::int32_t stream,
                         std::chrono::milliseconds timeout = std::chrono::milliseconds(5000));
  /// Sends and reads until `done` says so, the connection ends or time is up.
  template <typename Done>
  void RunUntil(Done done, std::chrono::milliseconds timeout) {
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    while (!done() && !connection_closed() && std::chrono::steady_clock::now() < deadline) {
      Step(std::chrono::milliseconds(10));
    }
  }
  /// One round of sending and reading.
  void Step(std::chrono::milliseconds timeout);
  const Http2Reply& reply(std::int32_t stream) { return replies_[stream]; }

  /// A whole gRPC call with one message.
  const Http2Reply& Call(const std::string& method, std::string_view message,
                         Fields extra = Fields());
  static Fields GrpcFields(const std::string& method, const Fields& extra);

  bool goaway() const { return goaway_; }
  std::uint32_t goaway_code() const { return goaway_code_; }
  bool connection_closed() const { return client_.closed() || broken_; }
  TestClient& socket() { return client_; }

 private:
  struct Callbacks;
  friend struct Callbacks;
  struct Upload {
    std::string bytes;
    bool end = false;
    bool deferred = false;
  };

  TestClient client_;
  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, Http2Reply> replies_;
  std::map<std::int32_t, Upload> uploads_;
  bool goaway_ = false;
  bool broken_ = false;
  std::uint32_t goaway_code_ = 0;
};

/// The messages of a gRPC body; the frames must be whole and uncompressed.
std::vector<std::string> GrpcMessages(std::string_view body);

}  // namespace vivace::net

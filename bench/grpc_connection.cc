#include <charconv>
#include <cstring>

#include <fmt/core.h>
#include <nghttp2/nghttp2.h>

#include "bench/connection.h"
#include "bench/socket.h"

namespace vivace::bench {
namespace {

constexpr int kFailedStatus = 1000;  // Plus the gRPC code.

/// One unary call at a time over one HTTP/2 connection.
class GrpcConnection final : public Connection {
 public:
  GrpcConnection(std::unique_ptr<Socket> socket, std::string host)
      : socket_(std::move(socket)), host_(std::move(host)) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &OnHeader);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &OnStreamClose);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, nullptr, 0);
  }
  ~GrpcConnection() override { nghttp2_session_del(session_); }
  GrpcConnection(const GrpcConnection&) = delete;
  GrpcConnection& operator=(const GrpcConnection&) = delete;

  Result<int> Send(const std::string& body) override {
    message_.assign(1, '\0');  // Not compressed.
    for (int shift = 24; shift >= 0; shift -= 8) {
      message_.push_back(static_cast<char>(static_cast<unsigned char>(body.size() >> shift)));
    }
    message_ += body;
    sent_ = 0;
    closed_ = false;
    grpc_status_ = -1;
    const nghttp2_nv headers[] = {
        Header(":method", "POST"),
        Header(":scheme", "http"),
        Header(":path", "/opentelemetry.proto.collector.trace.v1.TraceService/Export"),
        Header(":authority", host_),
        Header("content-type", "application/grpc"),
        Header("te", "trailers")};
    nghttp2_data_provider provider{};
    provider.source.ptr = this;
    provider.read_callback = &ReadBody;
    const int stream =
        nghttp2_submit_request(session_, nullptr, headers, std::size(headers), &provider, nullptr);
    if (stream < 0) return Error(ErrorCode::kIo, nghttp2_strerror(stream));
    while (!closed_) {
      RETURN_IF_ERROR(SendPending());
      if (closed_) break;
      char buffer[4096];
      ASSIGN_OR_RETURN(const std::size_t got, socket_->Receive(buffer));
      const auto taken =
          nghttp2_session_mem_recv(session_, reinterpret_cast<const std::uint8_t*>(buffer), got);
      if (taken < 0) return Error(ErrorCode::kIo, nghttp2_strerror(static_cast<int>(taken)));
    }
    RETURN_IF_ERROR(SendPending());
    if (grpc_status_ < 0) return Error(ErrorCode::kIo, "the call ended without a grpc-status");
    return grpc_status_ == 0 ? 200 : kFailedStatus + grpc_status_;
  }

 private:
  static nghttp2_nv Header(std::string_view name, std::string_view value) {
    // nghttp2 copies both; its type is not const for historic reasons.
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
            reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(),
            value.size(), NGHTTP2_NV_FLAG_NONE};
  }

  Status SendPending() {
    out_.clear();
    const std::uint8_t* data = nullptr;
    for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_, &data)) != 0;) {
      if (size < 0) return Error(ErrorCode::kIo, nghttp2_strerror(static_cast<int>(size)));
      out_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    return out_.empty() ? OkStatus() : socket_->SendAll(out_);
  }

  static ssize_t ReadBody(nghttp2_session*, std::int32_t, std::uint8_t* buffer, std::size_t length,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) {
    auto& self = *static_cast<GrpcConnection*>(source->ptr);
    const std::size_t size = std::min(length, self.message_.size() - self.sent_);
    std::memcpy(buffer, self.message_.data() + self.sent_, size);
    self.sent_ += size;
    if (self.sent_ == self.message_.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(size);
  }

  static int OnHeader(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                      std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                      std::uint8_t, void* user) {
    const std::string_view key(reinterpret_cast<const char*>(name), name_size);
    if (key == "grpc-status") {
      const char* text = reinterpret_cast<const char*>(value);
      std::from_chars(text, text + value_size, static_cast<GrpcConnection*>(user)->grpc_status_);
    }
    return 0;
  }

  static int OnStreamClose(nghttp2_session*, std::int32_t, std::uint32_t, void* user) {
    static_cast<GrpcConnection*>(user)->closed_ = true;
    return 0;
  }

  const std::unique_ptr<Socket> socket_;
  const std::string host_;
  nghttp2_session* session_ = nullptr;
  std::string message_;
  std::size_t sent_ = 0;
  std::string out_;
  bool closed_ = false;
  int grpc_status_ = -1;
};

}  // namespace

Result<std::unique_ptr<Connection>> OpenGrpc(const std::string& address) {
  ASSIGN_OR_RETURN(std::unique_ptr<Socket> socket, Socket::Connect(address));
  return std::unique_ptr<Connection>(std::make_unique<GrpcConnection>(std::move(socket), address));
}

}  // namespace vivace::bench

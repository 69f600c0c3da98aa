#include "net/tls.h"

#include <algorithm>
#include <array>
#include <climits>
#include <cstddef>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "base/check.h"

namespace vivace::net {
namespace {

// One TLS record's plain text at most (RFC 8446 section 5.1).
constexpr std::size_t kRecordBytes = 16 * 1024;

std::string OpenSslReason() {
  const unsigned long code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "unknown reason";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

// Picks h2 before http/1.1 (RFC 7301); a client that offers neither is refused.
int SelectAlpn(SSL* /*ssl*/, const unsigned char** out, unsigned char* out_size,
               const unsigned char* in, unsigned int in_size, void* /*argument*/) {
  static constexpr unsigned char kOurs[] = "\x02h2\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kOurs, sizeof(kOurs) - 1, in, in_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

}  // namespace

struct TlsContext::Impl {
  std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{nullptr, &SSL_CTX_free};
};

TlsContext::TlsContext() : impl_(std::make_unique<Impl>()) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>> TlsContext::Load(const TlsConfig& config) {
  auto fail = [](std::string_view what, const std::string& path) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("TLS: {} {}: {}", what, path, OpenSslReason()));
  };
  std::unique_ptr<TlsContext> tls(new TlsContext());
  tls->impl_->context.reset(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = tls->impl_->context.get();
  if (context == nullptr) return fail("cannot begin with", "OpenSSL");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                                   SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  // Of TLS 1.2 only suites with forward secrecy and AEAD, which HTTP/2 demands (RFC 9113 9.2.2).
  if (SSL_CTX_set_cipher_list(context, "ECDHE+AESGCM:ECDHE+CHACHA20") != 1) {
    return fail("cannot set", "the cipher list");
  }
  SSL_CTX_set_alpn_select_cb(context, &SelectAlpn, nullptr);
  if (SSL_CTX_use_certificate_chain_file(context, config.certificate_path.c_str()) != 1) {
    return fail("cannot use certificate file", config.certificate_path);
  }
  if (SSL_CTX_use_PrivateKey_file(context, config.key_path.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail("cannot use key file", config.key_path);
  }
  if (SSL_CTX_check_private_key(context) != 1) {
    return fail("the key does not belong to the certificate:", config.key_path);
  }
  if (!config.client_ca_path.empty()) {
    if (SSL_CTX_load_verify_locations(context, config.client_ca_path.c_str(), nullptr) != 1) {
      return fail("cannot use client CA file", config.client_ca_path);
    }
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    static constexpr unsigned char kSessionId[] = "vivace";
    SSL_CTX_set_session_id_context(context, kSessionId, sizeof(kSessionId) - 1);
  }
  return tls;
}

struct TlsChannel::Impl {
  std::unique_ptr<SSL, decltype(&SSL_free)> ssl{nullptr, &SSL_free};
  BIO* in = nullptr;   // Owned by ssl.
  BIO* out = nullptr;  // Owned by ssl.
  bool handshake_done = false;
  bool peer_closed = false;
};

TlsChannel::TlsChannel(const TlsContext& context) : impl_(std::make_unique<Impl>()) {
  impl_->ssl.reset(SSL_new(context.impl().context.get()));
  CHECK(impl_->ssl != nullptr);
  impl_->in = BIO_new(BIO_s_mem());
  impl_->out = BIO_new(BIO_s_mem());
  CHECK(impl_->in != nullptr);
  CHECK(impl_->out != nullptr);
  BIO_set_mem_eof_return(impl_->in, -1);
  SSL_set_bio(impl_->ssl.get(), impl_->in, impl_->out);
  SSL_set_accept_state(impl_->ssl.get());
}

TlsChannel::~TlsChannel() = default;
bool TlsChannel::handshake_done() const { return impl_->handshake_done; }
bool TlsChannel::peer_closed() const { return impl_->peer_closed; }

Status TlsChannel::Receive(std::string_view wire, std::string& plain) {
  while (!wire.empty()) {
    const int size = static_cast<int>(std::min<std::size_t>(wire.size(), INT_MAX));
    const int written = BIO_write(impl_->in, wire.data(), size);
    CHECK(written == size);  // A memory BIO takes all.
    wire.remove_prefix(static_cast<std::size_t>(written));
  }
  ERR_clear_error();
  if (!impl_->handshake_done) {
    const int result = SSL_do_handshake(impl_->ssl.get());
    if (result != 1) {
      const int error = SSL_get_error(impl_->ssl.get(), result);
      if (error == SSL_ERROR_WANT_READ) return {};
      return Error(ErrorCode::kInvalidArgument, "TLS handshake: " + OpenSslReason());
    }
    impl_->handshake_done = true;
  }
  std::array<char, kRecordBytes> piece;
  while (true) {
    const int got = SSL_read(impl_->ssl.get(), piece.data(), static_cast<int>(piece.size()));
    if (got > 0) {
      plain.append(piece.data(), static_cast<std::size_t>(got));
      continue;
    }
    switch (SSL_get_error(impl_->ssl.get(), got)) {
      case SSL_ERROR_WANT_READ:
      case SSL_ERROR_WANT_WRITE:
        return {};
      case SSL_ERROR_ZERO_RETURN:
        impl_->peer_closed = true;
        return {};
      default:
        return Error(ErrorCode::kInvalidArgument, "TLS: " + OpenSslReason());
    }
  }
}

Status TlsChannel::Send(std::string_view plain) {
  CHECK(impl_->handshake_done);
  ERR_clear_error();
  while (!plain.empty()) {
    const int size = static_cast<int>(std::min(plain.size(), kRecordBytes));
    const int written = SSL_write(impl_->ssl.get(), plain.data(), size);
    if (written <= 0) return Error(ErrorCode::kIo, "TLS: cannot encrypt: " + OpenSslReason());
    plain.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

void TlsChannel::Shutdown() {
  if (!impl_->handshake_done) return;
  ERR_clear_error();
  SSL_shutdown(impl_->ssl.get());
  ERR_clear_error();
}

std::string TlsChannel::TakeWire() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(impl_->out, &data);
  std::string wire(data, size > 0 ? static_cast<std::size_t>(size) : 0);
  CHECK(BIO_reset(impl_->out) == 1);
  return wire;
}

}  // namespace vivace::net

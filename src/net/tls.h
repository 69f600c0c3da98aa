#pragma once
// TLS of a listener and of a connection, bytes in and bytes out. OpenSSL stays in tls.cc.

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace vivace::net {

struct TlsConfig {
  std::string certificate_path;
  std::string key_path;
  std::string client_ca_path;  ///< Set: clients must present a certificate (mTLS).
};

/// Certificates and rules of a listener: TLS 1.2 and 1.3, no renegotiation, no compression, ALPN
/// h2 and http/1.1. Thread-safe once made.
class TlsContext {
 public:
  /// kInvalidArgument: a file cannot be read or does not fit the others; says which and why.
  static Result<std::unique_ptr<TlsContext>> Load(const TlsConfig& config);
  ~TlsContext();

  struct Impl;
  const Impl& impl() const { return *impl_; }

 private:
  TlsContext();
  std::unique_ptr<Impl> impl_;
};

/// The server's end of one TLS connection. Not thread-safe.
class TlsChannel {
 public:
  explicit TlsChannel(const TlsContext& context);
  ~TlsChannel();

  /// Takes bytes from the wire, appends plain ones to `plain`. An error ends the connection,
  /// after what TakeWire gives (the alert) has been sent.
  Status Receive(std::string_view wire, std::string& plain);
  /// Encrypts. Before the handshake is done nothing may be sent.
  Status Send(std::string_view plain);
  /// Says goodbye (close_notify).
  void Shutdown();
  /// What must go to the wire now.
  std::string TakeWire();

  bool handshake_done() const;
  bool peer_closed() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vivace::net

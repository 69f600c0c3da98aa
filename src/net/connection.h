#pragma once
// One accepted socket: moves bytes between it, TLS if there is, and a session.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include "net/io_thread.h"
#include "net/session.h"
#include "net/tls.h"

namespace vivace::net {

/// Lives on one IoThread, which holds it until it ends. Post may be called from any thread.
class Connection final : public SessionPort, public std::enable_shared_from_this<Connection> {
 public:
  /// On the thread. Takes over the connected, non-blocking socket `fd`. `tls` may be null.
  Connection(IoThread& thread, int fd, Peer peer, std::shared_ptr<const ListenerContext> listener,
             const TlsContext* tls);
  ~Connection() override;

  void Post(std::function<void(Session&)> task) override;

  // On the thread:
  /// Begins to read. Registers with the thread.
  void Start();
  /// Ends once what is in flight is answered.
  void Drain();
  void Tick(Nanoseconds now);
  /// Ends now.
  void Close();

 private:
  struct Socket;
  void WaitReadable();
  void WaitWritable();
  /// Reads on if the session wants more.
  void Resume();
  void OnReadable();
  /// Gives plain bytes to the session, making it from the first ones.
  void Feed(std::string_view bytes);
  void FeedTls(std::string_view bytes);
  void FeedEnd();
  void Flush();
  bool SendSome();
  void BeginLinger();

  IoThread& thread_;
  const std::shared_ptr<Mailbox> mailbox_;
  const std::thread::id thread_id_;
  const Peer peer_;
  const std::shared_ptr<const ListenerContext> listener_;
  std::unique_ptr<Socket> socket_;  // Null once closed.
  const int fd_;                    // The socket's.
  std::unique_ptr<TlsChannel> tls_;
  std::string first_bytes_;  // Until the protocol is known.
  std::unique_ptr<Session> session_;
  OutputQueue plain_;   // From the session; with TLS not yet encrypted.
  OutputQueue output_;  // To the socket.
  Nanoseconds opened_;
  Nanoseconds progress_;  // When the peer last took bytes, or output began to wait.
  Nanoseconds linger_since_{0};
  bool reading_ = false;
  bool writing_ = false;
  bool receiving_ = false;
  bool input_ended_ = false;
  bool draining_ = false;
  bool lingering_ = false;
};

}  // namespace vivace::net

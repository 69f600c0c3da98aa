#include "net/connection.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include "base/check.h"
#include "base/log.h"
#include "net/http1_session.h"
#include "net/http2_session.h"

namespace vivace::net {
namespace asio = boost::asio;
namespace {

// One read; shared by the connections of a thread, so that idle ones hold no buffer.
constexpr std::size_t kReadBytes = 64 * 1024;

// Read from one connection before the others of its thread get their turn.
constexpr std::size_t kTurnBytes = 512 * 1024;

// Sent to one connection before the others of its thread get their turn.
constexpr std::size_t kSendTurnBytes = 8U << 20;

// Output made ahead of what the socket has taken.
constexpr std::size_t kOutputBytes = 256 * 1024;

// After the last answer the peer may still be sending; closing then would reset the connection
// and lose the answer. So what comes is dropped for this long at most.
constexpr std::chrono::milliseconds kLingerTime{1000};

constexpr int kVectorsMax = 16;

// What an HTTP/2 client sends first (RFC 9113 section 3.4).
constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

std::array<char, kReadBytes>& ReadBuffer() {
  thread_local const auto buffer = std::make_unique<std::array<char, kReadBytes>>();
  return *buffer;
}

}  // namespace

struct Connection::Socket {
  explicit Socket(asio::io_context& context) : descriptor(context) {}
  asio::posix::stream_descriptor descriptor;
};

Connection::Connection(IoThread& thread, int fd, Peer peer,
                       std::shared_ptr<const ListenerContext> listener, const TlsContext* tls)
    : thread_(thread),
      mailbox_(thread.mailbox()),
      thread_id_(std::this_thread::get_id()),
      peer_(std::move(peer)),
      listener_(std::move(listener)),
      socket_(std::make_unique<Socket>(thread.context())),
      fd_(fd),
      opened_(listener_->clock.Steady()),
      progress_(opened_) {
  if (tls != nullptr) tls_ = std::make_unique<TlsChannel>(*tls);
}

Connection::~Connection() { CHECK(socket_ == nullptr); }

void Connection::Start() {
  boost::system::error_code error;
  socket_->descriptor.assign(fd_, error);
  thread_.Add(shared_from_this());
  if (error) {
    ::close(fd_);
    return Close();
  }
  OnReadable();
}

void Connection::Post(std::function<void(Session&)> task) {
  // A handler that answers within Receive is on this thread, and the session expects it.
  if (std::this_thread::get_id() == thread_id_ && receiving_) return task(*session_);
  mailbox_->Post([self = shared_from_this(), work = std::move(task)] {
    if (!self->socket_) return;
    self->receiving_ = true;
    work(*self->session_);
    self->session_->Receive({});
    self->receiving_ = false;
    self->Flush();
    self->Resume();
  });
}

void Connection::WaitReadable() {
  if (!socket_ || reading_ || input_ended_) return;
  reading_ = true;
  socket_->descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                                 [self = shared_from_this()](boost::system::error_code error) {
                                   self->reading_ = false;
                                   if (!error) self->OnReadable();
                                 });
}

void Connection::WaitWritable() {
  if (!socket_ || writing_) return;
  writing_ = true;
  socket_->descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                                 [self = shared_from_this()](boost::system::error_code error) {
                                   self->writing_ = false;
                                   if (error) return;
                                   self->Flush();
                                   self->Resume();
                                 });
}

void Connection::Resume() {
  if (lingering_ || !session_ || session_->WantsInput()) WaitReadable();
}

void Connection::OnReadable() {
  auto& buffer = ReadBuffer();
  std::size_t turn = 0;
  while (socket_ && turn < kTurnBytes) {
    if (session_ && !lingering_ && !session_->WantsInput()) break;
    const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno == EAGAIN || errno == EWOULDBLOCK) break;
      return Close();
    }
    if (got == 0) {
      input_ended_ = true;
      FeedEnd();
      break;
    }
    const auto size = static_cast<std::size_t>(got);
    turn += size;
    listener_->metrics->received_bytes.Add(size);
    if (lingering_) continue;
    const std::string_view bytes(buffer.data(), size);
    if (tls_) {
      FeedTls(bytes);
    } else {
      Feed(bytes);
    }
    if (size < buffer.size()) break;  // Likely all; the wait that follows finds what is not.
  }
  Flush();
  Resume();
}

void Connection::FeedTls(std::string_view bytes) {
  std::string plain;
  const Status status = tls_->Receive(bytes, plain);
  output_.Push(tls_->TakeWire());
  if (!plain.empty()) Feed(plain);
  if (!status.ok()) {
    LogDebug("TLS connection ended",
             {{"peer", peer_.address}, {"error", status.error().message()}});
    listener_->metrics->protocol_errors.Add();
    SendSome();  // The alert, as far as it goes.
    return Close();
  }
  if (tls_->peer_closed() && !input_ended_) {
    input_ended_ = true;
    FeedEnd();
  }
}

void Connection::Feed(std::string_view bytes) {
  std::string first;
  if (!session_) {
    first_bytes_.append(bytes);
    const std::size_t compared = std::min(first_bytes_.size(), kHttp2Preface.size());
    const bool may_be_http2 =
        first_bytes_.compare(0, compared, kHttp2Preface.substr(0, compared)) == 0;
    if (may_be_http2 && compared < kHttp2Preface.size()) return;
    session_ = may_be_http2 ? MakeHttp2Session(listener_, weak_from_this(), peer_)
                            : MakeHttp1Session(listener_, weak_from_this(), peer_);
    first = std::move(first_bytes_);
    bytes = first;
  }
  receiving_ = true;
  session_->Receive(bytes);
  if (draining_) session_->Drain();
  receiving_ = false;
}

void Connection::FeedEnd() {
  if (lingering_ || !session_) return Close();
  receiving_ = true;
  session_->ReceiveEnd();
  receiving_ = false;
}

void Connection::Flush() {
  if (!socket_) return;
  if (output_.empty()) progress_ = listener_->clock.Steady();
  std::size_t turn = 0;
  bool continue_held = false;  // Output has made room since the session last looked.
  while (true) {
    if (tls_) {
      if (session_) session_->Produce(plain_, kOutputBytes);
      while (!plain_.empty() && output_.size() < kOutputBytes && tls_->handshake_done()) {
        const std::string_view piece = plain_.piece(0).substr(0, kOutputBytes);
        if (!tls_->Send(piece).ok()) return Close();
        plain_.Pop(piece.size());
        output_.Push(tls_->TakeWire());
      }
    } else if (session_) {
      session_->Produce(output_, kOutputBytes);
    }
    if (output_.empty()) {
      // What was held back for want of room may go on.
      if (!session_ || !continue_held || lingering_) break;
      continue_held = false;
      receiving_ = true;
      session_->Receive({});
      receiving_ = false;
      continue;
    }
    const std::size_t before = output_.size();
    if (!SendSome()) return;
    turn += before - output_.size();
    if (turn > kSendTurnBytes) return WaitWritable();
    continue_held = true;
  }
  if (socket_ && session_ && session_->Finished() && !lingering_) BeginLinger();
}

// False if the socket takes no more for now, or is closed.
bool Connection::SendSome() {
  std::array<iovec, kVectorsMax> vectors{};
  const std::size_t count = std::min<std::size_t>(output_.pieces(), vectors.size());
  if (count == 0) return true;
  for (std::size_t i = 0; i < count; ++i) {
    const std::string_view piece = output_.piece(i);
    vectors[i] = {const_cast<char*>(piece.data()), piece.size()};
  }
  msghdr message{};
  message.msg_iov = vectors.data();
  message.msg_iovlen = count;
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(fd_, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EWOULDBLOCK) {
      WaitWritable();
    } else {
      Close();
    }
    return false;
  }
  listener_->metrics->sent_bytes.Add(static_cast<std::uint64_t>(sent));
  output_.Pop(static_cast<std::size_t>(sent));
  progress_ = listener_->clock.Steady();
  return true;
}

void Connection::BeginLinger() {
  session_->Abort();
  lingering_ = true;
  linger_since_ = listener_->clock.Steady();
  if (tls_) {
    tls_->Shutdown();
    output_.Push(tls_->TakeWire());
    SendSome();  // If the socket does not take the goodbye at once, it goes without.
    if (!socket_) return;
  }
  if (input_ended_) return Close();
  ::shutdown(fd_, SHUT_WR);
  Resume();
}

void Connection::Drain() {
  if (!socket_ || draining_) return;
  draining_ = true;
  if (!session_) {
    // Whether a request is on its way shows in what has come so far.
    OnReadable();
    if (socket_ && !session_ && first_bytes_.empty()) Close();
    return;
  }
  OnReadable();
  if (!socket_) return;
  session_->Drain();
  Flush();
}

void Connection::Tick(Nanoseconds now) {
  if (!socket_) return;
  const Limits& limits = listener_->limits;
  if (lingering_) {
    if (now - linger_since_ > kLingerTime) Close();
    return;
  }
  if (!output_.empty() && now - progress_ > limits.write_timeout) {
    listener_->metrics->connections_timed_out.Add();
    return Close();
  }
  if (!session_) {
    const bool begun = !first_bytes_.empty() || (tls_ && !tls_->handshake_done());
    if (now - opened_ > (begun ? limits.header_timeout : limits.idle_timeout)) {
      listener_->metrics->connections_timed_out.Add();
      Close();
    }
    return;
  }
  session_->Tick(now, !output_.empty());
  if (!reading_ && !input_ended_) {
    // Reading is paused: ask whether the peer has gone.
    pollfd poll_fd{fd_, POLLRDHUP, 0};
    if (::poll(&poll_fd, 1, 0) > 0 && (poll_fd.revents & (POLLERR | POLLHUP)) != 0) return Close();
    if ((poll_fd.revents & POLLRDHUP) != 0) {
      input_ended_ = true;
      FeedEnd();
    }
  }
  Flush();
  Resume();
}

void Connection::Close() {
  if (!socket_) return;
  const auto self = shared_from_this();  // The thread's may be the last one.
  socket_.reset();
  if (session_) session_->Abort();
  thread_.Remove(self);
  listener_->metrics->connections.Add(-1);
  listener_->open_connections.fetch_sub(1);
}

}  // namespace vivace::net

#include "net/server.h"

#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <system_error>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "base/check.h"
#include "base/log.h"
#include "net/connection.h"
#include "net/io_thread.h"

namespace vivace::net {
namespace asio = boost::asio;
namespace {

// Connections the kernel holds until we accept them; it cuts this to net.core.somaxconn.
constexpr int kBacklog = 4096;

// Accepted in one turn, so that a flood of connections does not starve the others.
constexpr int kAcceptsPerTurn = 64;

// RFC 9113 section 6.9: what a connection begins with, and the largest window.
constexpr std::uint32_t kHttp2WindowBytesMin = 65'535;
constexpr std::uint32_t kHttp2WindowBytesMax = 0x7fff'ffff;

// Pause after the process ran out of descriptors or memory.
constexpr std::chrono::milliseconds kAcceptPause{100};

std::string ErrnoText(int error) { return std::generic_category().message(error); }

// An owned file descriptor.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    if (this != &other) {
      Reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }
  ~Descriptor() { Reset(); }
  int get() const { return fd_; }
  int Take() { return std::exchange(fd_, -1); }
  void Reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

std::string AddressText(const sockaddr_storage& address, socklen_t size) {
  std::array<char, NI_MAXHOST> host{};
  std::array<char, NI_MAXSERV> port{};
  if (getnameinfo(reinterpret_cast<const sockaddr*>(&address), size, host.data(), host.size(),
                  port.data(), port.size(), NI_NUMERICHOST | NI_NUMERICSERV) != 0) {
    return "unknown";
  }
  return address.ss_family == AF_INET6 ? fmt::format("[{}]:{}", host.data(), port.data())
                                       : fmt::format("{}:{}", host.data(), port.data());
}

bool IsLoopback(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    const auto& v4 = reinterpret_cast<const sockaddr_in&>(address);
    return (ntohl(v4.sin_addr.s_addr) >> 24) == 127;
  }
  if (address.ss_family == AF_INET6) {
    const auto& v6 = reinterpret_cast<const sockaddr_in6&>(address);
    if (IN6_IS_ADDR_LOOPBACK(&v6.sin6_addr)) return true;
    return IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr) && v6.sin6_addr.s6_addr[12] == 127;
  }
  return false;
}

struct HostPort {
  std::string host;
  std::string port;
};

Result<HostPort> SplitAddress(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  HostPort out;
  if (colon != std::string_view::npos) {
    out.host = address.substr(0, colon);
    out.port = address.substr(colon + 1);
    if (out.host.size() >= 2 && out.host.front() == '[' && out.host.back() == ']') {
      out.host = out.host.substr(1, out.host.size() - 2);
    } else if (out.host.find(':') != std::string::npos) {
      out.port.clear();  // An IPv6 address without brackets.
    }
  }
  const bool digits =
      !out.port.empty() && out.port.size() <= 5 &&
      std::all_of(out.port.begin(), out.port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || std::stoi(out.port) > 65535) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("listen address \"{}\": expected host:port with a port from 0 to "
                             "65535, such as 127.0.0.1:3200 or [::1]:3200",
                             address));
  }
  if (out.host.empty()) out.host = "0.0.0.0";
  return out;
}

Result<Descriptor> Bind(const std::string& address) {
  ASSIGN_OR_RETURN(const HostPort parts, SplitAddress(address));
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE;
  addrinfo* found = nullptr;
  const int lookup = getaddrinfo(parts.host.c_str(), parts.port.c_str(), &hints, &found);
  if (lookup != 0) {
    return Error(ErrorCode::kInvalidArgument,
                 fmt::format("listen address \"{}\": {}", address, gai_strerror(lookup)));
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owner(found, &freeaddrinfo);
  Descriptor socket(::socket(found->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (socket.get() < 0 ||
      setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) {
    return Error(ErrorCode::kIo,
                 fmt::format("listen on {}: cannot make a socket: {}", address, ErrnoText(errno)));
  }
  if (::bind(socket.get(), found->ai_addr, found->ai_addrlen) != 0 ||
      ::listen(socket.get(), kBacklog) != 0) {
    const int error = errno;
    if (error == EADDRINUSE) {
      return Error(ErrorCode::kFailedPrecondition,
                   fmt::format("listen on {}: the port is taken by another process; stop that one "
                               "(ss -ltnp shows it) or choose another address",
                               address));
    }
    return Error(ErrorCode::kFailedPrecondition,
                 fmt::format("listen on {}: {}", address, ErrnoText(error)));
  }
  return socket;
}

// One listening socket and what its connections share.
class Listener {
 public:
  Listener(Descriptor socket, std::shared_ptr<ListenerContext> context,
           std::unique_ptr<TlsContext> tls)
      : socket_(std::move(socket)), context_(std::move(context)), tls_(std::move(tls)) {}

  const ListenerContext& context() const { return *context_; }

  /// Begins to accept on the first thread; connections go to all threads in turn.
  Status Start(const std::vector<std::unique_ptr<IoThread>>& threads) {
    threads_ = &threads;
    IoThread& own = *threads.front();
    waiter_.emplace(own.context());
    pause_.emplace(own.context());
    boost::system::error_code error;
    fd_ = socket_.Take();
    waiter_->assign(fd_, error);
    if (error) {
      ::close(fd_);
      return Error(ErrorCode::kIo, "listen: " + error.message());
    }
    spare_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    Wait();
    return {};
  }

  /// On the first thread: takes what the kernel holds already, then closes.
  void Stop() {
    if (!waiter_) return;
    stopping_ = true;
    AcceptSome(kBacklog);
    waiter_.reset();
    pause_.reset();
  }

 private:
  void Wait() {
    waiter_->async_wait(asio::posix::stream_descriptor::wait_read,
                        [this](boost::system::error_code error) {
                          if (error || stopping_) return;
                          if (AcceptSome(kAcceptsPerTurn)) return Wait();
                          pause_->expires_after(kAcceptPause);
                          pause_->async_wait([this](boost::system::error_code pause_error) {
                            if (!pause_error && !stopping_) Wait();
                          });
                        });
  }

  // False if there should be a pause.
  bool AcceptSome(int count) {
    for (int i = 0; i < count; ++i) {
      sockaddr_storage address{};
      socklen_t size = sizeof(address);
      Descriptor socket(::accept4(fd_, reinterpret_cast<sockaddr*>(&address), &size,
                                  SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.get() < 0) {
        switch (errno) {
          case EAGAIN:
            return true;
          case EINTR:
          case ECONNABORTED:
          case EPROTO:
            continue;
          case EMFILE:
          case ENFILE:
            RefuseWithSpare();
            return false;
          default:
            LogWarn("cannot accept connections",
                    {{"listener", context_->name}, {"error", ErrnoText(errno)}});
            return false;
        }
      }
      context_->metrics->connections_accepted.Add();
      accepted.fetch_add(1, std::memory_order_relaxed);
      if (context_->open_connections.load() >= context_->limits.connections_max) {
        context_->metrics->connections_refused.Add();
        continue;
      }
      Hand(std::move(socket), Peer{AddressText(address, size), IsLoopback(address)});
    }
    return true;
  }

  // No descriptor is left. The waiting client would keep us spinning: give up the spare one to
  // accept it, close it, and take the spare back.
  void RefuseWithSpare() {
    LogWarn("no file descriptor left; connections are refused (raise the limit: ulimit -n)",
            {{"listener", context_->name}});
    spare_.Reset();
    { const Descriptor refused(::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC)); }
    spare_ = Descriptor(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    context_->metrics->connections_refused.Add();
  }

  void Hand(Descriptor socket, Peer peer) {
    const int on = 1;
    IgnoreError(setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)),
                "only latency suffers");
    context_->open_connections.fetch_add(1);
    context_->metrics->connections.Add(1);
    IoThread& thread = *(*threads_)[next_thread_++ % threads_->size()];
    const bool stopping = stopping_;
    auto begin = [this, &thread, fd = socket.get(), peer = std::move(peer), stopping] {
      auto connection = std::make_shared<Connection>(thread, fd, peer, context_, tls_.get());
      connection->Start();
      if (stopping) connection->Drain();
    };
    if (thread.mailbox()->Post(std::move(begin))) {
      socket.Take();
    } else {
      context_->open_connections.fetch_sub(1);
      context_->metrics->connections.Add(-1);
    }
  }

 public:
  std::atomic<std::uint64_t> accepted{0};

 private:
  Descriptor socket_;  // Until Start.
  int fd_ = -1;
  const std::shared_ptr<ListenerContext> context_;
  const std::unique_ptr<TlsContext> tls_;
  const std::vector<std::unique_ptr<IoThread>>* threads_ = nullptr;
  std::optional<asio::posix::stream_descriptor> waiter_;
  std::optional<asio::steady_timer> pause_;
  Descriptor spare_;
  std::size_t next_thread_ = 0;
  bool stopping_ = false;
};

// Runs `task` on `thread` and waits for it.
void RunOn(IoThread& thread, std::function<void()> task) {
  auto done = std::make_shared<std::promise<void>>();
  auto future = done->get_future();
  if (thread.mailbox()->Post([work = std::move(task), done] {
        work();
        done->set_value();
      })) {
    future.wait();
  }
}

}  // namespace

Status CheckListenAddress(std::string_view address) {
  RETURN_IF_ERROR(SplitAddress(address));
  return {};
}

struct Server::Impl {
  Config config;
  Clock& clock;
  ByteAccountant& accountant;
  MetricsRegistry& metrics;
  std::vector<std::unique_ptr<IoThread>> threads;
  std::vector<std::unique_ptr<Listener>> listeners;  // Before the threads' end they are stopped.
  bool started = false;

  std::uint32_t OpenConnections() const {
    std::uint32_t open = 0;
    for (const auto& listener : listeners) open += listener->context().open_connections.load();
    return open;
  }

  void ForAllConnections(const std::function<void(Connection&)>& action) {
    for (const auto& thread : threads) {
      RunOn(*thread, [&] {
        const std::vector<std::shared_ptr<Connection>> all(thread->connections().begin(),
                                                           thread->connections().end());
        for (const auto& connection : all) action(*connection);
      });
    }
  }
};

Server::Server(Config config, Clock& clock, ByteAccountant& accountant, MetricsRegistry& metrics)
    : impl_(new Impl{config, clock, accountant, metrics, {}, {}, false}) {
  CHECK(config.io_threads >= 1);
}

Server::~Server() { Stop(std::chrono::milliseconds(0)); }

Result<std::string> Server::Listen(ListenerConfig config, Router router) {
  CHECK(!impl_->started);
  if (config.limits.http2_window_bytes > kHttp2WindowBytesMax ||
      config.limits.http2_window_bytes < kHttp2WindowBytesMin) {
    return Error(
        ErrorCode::kInvalidArgument,
        fmt::format("listener {}: http2_window_bytes is {}, expected {} to {}", config.name,
                    config.limits.http2_window_bytes, kHttp2WindowBytesMin, kHttp2WindowBytesMax));
  }
  std::unique_ptr<TlsContext> tls;
  if (config.tls_enabled) {
    ASSIGN_OR_RETURN(tls, TlsContext::Load(config.tls).Wrap("listener " + config.name));
  }
  ASSIGN_OR_RETURN(Descriptor socket, Bind(config.address));
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    return Error(ErrorCode::kIo, fmt::format("listen on {}: {}", config.address, ErrnoText(errno)));
  }
  auto metrics =
      std::make_unique<ListenerMetrics>(impl_->metrics, config.name, router.route_names());
  std::shared_ptr<ListenerContext> context(
      new ListenerContext{config.name, config.limits, std::move(router), impl_->clock,
                          impl_->accountant, std::move(metrics)});
  impl_->listeners.push_back(
      std::make_unique<Listener>(std::move(socket), std::move(context), std::move(tls)));
  return AddressText(address, size);
}

Status Server::Start() {
  CHECK(!impl_->started);
  try {
    for (std::size_t i = 0; i < impl_->config.io_threads; ++i) {
      impl_->threads.push_back(
          std::make_unique<IoThread>(fmt::format("vivace-io-{}", i), impl_->clock));
    }
  } catch (const std::system_error& error) {
    return Error(ErrorCode::kIo, fmt::format("cannot make an event loop: {}", error.what()));
  }
  impl_->started = true;
  for (const auto& listener : impl_->listeners) {
    if (Status status = listener->Start(impl_->threads); !status.ok()) {
      impl_->started = false;
      return status;
    }
  }
  for (const auto& thread : impl_->threads) thread->Start();
  return {};
}

void Server::Stop(std::chrono::milliseconds grace) {
  if (!impl_->started) return;
  impl_->started = false;
  RunOn(*impl_->threads.front(), [this] {
    for (const auto& listener : impl_->listeners) listener->Stop();
  });
  impl_->ForAllConnections([](Connection& connection) { connection.Drain(); });
  const auto deadline = std::chrono::steady_clock::now() + grace;
  while (impl_->OpenConnections() > 0 && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  const std::uint32_t cut = impl_->OpenConnections();
  if (cut > 0 && grace.count() > 0) {
    LogWarn("connections cut at the end of the drain", {{"connections", cut}});
  }
  impl_->ForAllConnections([](Connection& connection) { connection.Close(); });
  for (const auto& thread : impl_->threads) thread->Stop();
}

std::uint64_t Server::ConnectionsAccepted(const std::string& listener) const {
  std::uint64_t accepted = 0;
  for (const auto& candidate : impl_->listeners) {
    if (candidate->context().name == listener) accepted += candidate->accepted.load();
  }
  return accepted;
}

}  // namespace vivace::net

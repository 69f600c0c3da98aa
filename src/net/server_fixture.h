#pragma once
// The fixture of tests that talk to a real server over loopback.

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <gtest/gtest.h>

#include "net/server.h"
#include "net/test_client.h"

namespace vivace::net {

/// A server with one listener on a free port.
class ServerFixture : public ::testing::Test {
 protected:
  void Serve(Router router, Limits limits = {}, TlsConfig tls = {}, std::size_t io_threads = 2) {
    server_ =
        std::make_unique<Server>(Server::Config{io_threads}, RealClock(), accountant_, metrics_);
    ListenerConfig config;
    config.name = "test";
    config.address = "127.0.0.1:0";
    config.limits = limits;
    config.tls_enabled = !tls.certificate_path.empty();
    config.tls = std::move(tls);
    auto address = server_->Listen(config, std::move(router));
    ASSERT_TRUE(address.ok()) << address.error().message();
    address_ = *address;
    const Status started = server_->Start();
    ASSERT_TRUE(started.ok()) << started.error().message();
  }

  /// Sends `request` and returns all that comes until the server closes or the time is over.
  std::string Exchange(std::string_view request,
                       std::chrono::milliseconds timeout = std::chrono::milliseconds(3000)) {
    TestClient client(address_);
    client.Send(request);
    return client.ReadAll(timeout);
  }

  ByteAccountant accountant_{256ULL << 20};
  MetricsRegistry metrics_;
  std::string address_;
  std::unique_ptr<Server> server_;  // After what it uses: it ends first.
};

}  // namespace vivace::net

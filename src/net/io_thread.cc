#include "net/io_thread.h"

#include <pthread.h>

#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/connection.h"

namespace vivace::net {
namespace asio = boost::asio;

struct IoThread::Loop {
  asio::io_context context{1};
  std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work{
      context.get_executor()};
  asio::steady_timer tick{context};
};

IoThread::IoThread(std::string name, Clock& clock)
    : name_(std::move(name)),
      clock_(clock),
      loop_(std::make_unique<Loop>()),
      mailbox_(std::make_shared<Mailbox>(
          [this] { asio::post(loop_->context, [this] { mailbox_->Run(); }); })) {}

IoThread::~IoThread() { Stop(); }

void IoThread::Start() {
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
    loop_->context.run();
  });
}

void IoThread::Stop() {
  mailbox_->Close();
  if (!thread_.joinable()) return;
  asio::post(loop_->context, [this] {
    loop_->tick.cancel();
    loop_->work.reset();
  });
  thread_.join();
}

asio::io_context& IoThread::context() { return loop_->context; }

void IoThread::Add(std::shared_ptr<Connection> connection) {
  connections_.insert(std::move(connection));
  ArmTick();
}

void IoThread::Remove(const std::shared_ptr<Connection>& connection) {
  connections_.erase(connection);
}

// Ticks only while there are connections, so that an idle server sleeps.
void IoThread::ArmTick() {
  if (tick_armed_ || connections_.empty()) return;
  tick_armed_ = true;
  loop_->tick.expires_after(kTickInterval);
  loop_->tick.async_wait([this](boost::system::error_code error) {
    tick_armed_ = false;
    if (error) return;
    const Nanoseconds now = clock_.Steady();
    // A copy: connections end, and remove themselves, while they are looked at.
    const std::vector<std::shared_ptr<Connection>> all(connections_.begin(), connections_.end());
    for (const auto& connection : all) connection->Tick(now);
    ArmTick();
  });
}

}  // namespace vivace::net

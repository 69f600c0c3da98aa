// vivace: the server's program.
#include <csignal>
#include <cstdio>
#include <variant>

#include <fmt/core.h>

#include "app/command_line.h"
#include "app/server.h"
#include "base/log.h"

namespace {

using namespace vivace;  // NOLINT: a main file

Status Serve(const app::ServeConfig& config, const sigset_t& stop_signals) {
  SetLogLevel(config.log_level);
  ASSIGN_OR_RETURN(const std::unique_ptr<app::Server> server, app::Server::Start(config));
  int signal = 0;
  sigwait(&stop_signals, &signal);
  LogInfo("stopping", {{"signal", signal}});
  return server->Stop();
}

}  // namespace

int main(int argc, char** argv) {
  const auto command = app::ParseCommandLine(argc, argv);
  if (const auto* exit = std::get_if<app::ExitCommand>(&command)) {
    fmt::print(exit->code == 0 ? stdout : stderr, "{}", exit->text);
    return exit->code;
  }
  // Signals are taken by sigwait alone; every thread inherits the mask.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGINT);
  sigaddset(&stop_signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const Status served = Serve(std::get<app::ServeCommand>(command).config, stop_signals);
  if (served.ok()) return 0;
  fmt::print(stderr, "vivace: {}\n", served.error().message());
  return 1;
}

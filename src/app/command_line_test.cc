#include "app/command_line.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace vivace::app {
namespace {

using testing::HasSubstr;

std::variant<ServeCommand, ExitCommand> Parse(std::vector<const char*> words) {
  words.insert(words.begin(), "vivace");
  return ParseCommandLine(static_cast<int>(words.size()), words.data());
}

ServeConfig Served(std::vector<const char*> words) {
  words.insert(words.begin(), "serve");
  auto parsed = Parse(std::move(words));
  const auto* serve = std::get_if<ServeCommand>(&parsed);
  if (serve == nullptr) {
    ADD_FAILURE() << std::get<ExitCommand>(parsed).text;
    return {};
  }
  return serve->config;
}

ExitCommand Exited(std::vector<const char*> words) {
  auto parsed = Parse(std::move(words));
  const auto* exited = std::get_if<ExitCommand>(&parsed);
  if (exited == nullptr) {
    ADD_FAILURE() << "expected an exit";
    return {};
  }
  return *exited;
}

TEST(CommandLineTest, ListensOnLoopbackAndTheUsualPortsByDefault) {
  const ServeConfig config = Served({});
  EXPECT_EQ(config.http_address, "127.0.0.1:3200");
  EXPECT_EQ(config.otlp_http_address, "127.0.0.1:4318");
  EXPECT_EQ(config.otlp_grpc_address, "127.0.0.1:4317");
  EXPECT_EQ(config.data_dir, "vivace-data");
}

TEST(CommandLineTest, ReadsSizesAndTimesWithUnits) {
  const ServeConfig config = Served({"--block-cut-bytes", "8MiB", "--block-cut-age", "90s",
                                     "--header-timeout", "250ms", "--stop-grace", "2m"});
  EXPECT_EQ(config.block_cut_bytes, 8ULL << 20);
  EXPECT_EQ(config.block_cut_age, std::chrono::seconds(90));
  EXPECT_EQ(config.limits.header_timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(config.stop_grace, std::chrono::minutes(2));
}

TEST(CommandLineTest, HelpAndVersionAreNoMistakes) {
  const ExitCommand help = Exited({"serve", "--help"});
  EXPECT_EQ(help.code, 0);
  EXPECT_THAT(help.text, HasSubstr("--otlp-http-address"));
  const ExitCommand version = Exited({"--version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_THAT(version.text, HasSubstr("vivace "));
}

TEST(CommandLineTest, MistakesAreNamedAndExitWithTwo) {
  for (const auto& [words, said] : std::vector<std::pair<std::vector<const char*>, const char*>>{
           {{}, "subcommand"},
           {{"no-such-command"}, "no-such-command"},
           {{"serve", "--no-such-flag"}, "--no-such-flag"},
           {{"serve", "--http-address", "no-port"}, "--http-address"},
           {{"serve", "--otlp-grpc-address", "127.0.0.1:99999"}, "127.0.0.1:99999"},
           {{"serve", "--block-cut-age", "soon"}, "soon"},
           {{"serve", "--io-threads", "0"}, "--io-threads"},
           {{"serve", "--live-bytes-max", "1GiB", "--memory-bytes-max", "1GiB"}, "must be below"},
           {{"serve", "--block-cut-bytes", "200MiB"}, "at most half"},
           {{"serve", "--tls-key", "/etc/hostname"}, "belong together"}}) {
    const ExitCommand exited = Exited(words);
    EXPECT_EQ(exited.code, 2) << said;
    EXPECT_THAT(exited.text, HasSubstr(said));
  }
}

}  // namespace
}  // namespace vivace::app

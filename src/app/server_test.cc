#include "app/server.h"

#include <filesystem>
#include <string>

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/file_system.h"

namespace vivace::app {
namespace {

using testing::HasSubstr;

class ServerTest : public testing::Test {
 protected:
  ServerTest()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("vivace-server-test-{}-{}", getpid(),
                            testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(folder_);
    config_.data_dir = folder_.string();
    config_.http_address = config_.otlp_http_address = config_.otlp_grpc_address = "127.0.0.1:0";
  }
  ~ServerTest() override { std::filesystem::remove_all(folder_); }

  std::string ListeningPath() const { return (folder_ / "listening.json").string(); }

  const std::filesystem::path folder_;
  ServeConfig config_;
};

TEST_F(ServerTest, SaysWhereItListensForAsLongAsItRuns) {
  auto server = Server::Start(config_);
  ASSERT_TRUE(server.ok()) << server.error().ToString();
  const ListeningAddresses& addresses = (*server)->addresses();
  const auto written = ReadWholeFile(RealFileSystem(), ListeningPath(), 4096);
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(*written, fmt::format(R"({{"http":"{}","otlp_http":"{}","otlp_grpc":"{}"}})"
                                  "\n",
                                  addresses.http, addresses.otlp_http, addresses.otlp_grpc));
  EXPECT_THAT(addresses.http, testing::Not(HasSubstr(":0\"")));
  EXPECT_TRUE((*server)->Stop().ok());
  EXPECT_FALSE(std::filesystem::exists(ListeningPath()));
}

TEST_F(ServerTest, RefusesAFolderThatAnotherServerUses) {
  auto first = Server::Start(config_);
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  const auto second = Server::Start(config_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code(), ErrorCode::kFailedPrecondition);
  EXPECT_THAT(second.error().message(), HasSubstr(config_.data_dir));
  // The first one's announcement is not the second one's to remove.
  EXPECT_TRUE(std::filesystem::exists(ListeningPath()));
}

TEST_F(ServerTest, NamesTheAddressThatIsTaken) {
  auto first = Server::Start(config_);
  ASSERT_TRUE(first.ok()) << first.error().ToString();
  ServeConfig other = config_;
  other.data_dir = config_.data_dir + "-other";
  other.http_address = (*first)->addresses().http;
  const auto second = Server::Start(other);
  std::filesystem::remove_all(other.data_dir);
  ASSERT_FALSE(second.ok());
  EXPECT_THAT(second.error().message(), HasSubstr(other.http_address));
}

TEST_F(ServerTest, StartsAgainOnTheSameFolder) {
  for (int i = 0; i < 2; ++i) {
    auto server = Server::Start(config_);
    ASSERT_TRUE(server.ok()) << server.error().ToString();
    EXPECT_TRUE((*server)->Stop().ok());
  }
}

}  // namespace
}  // namespace vivace::app

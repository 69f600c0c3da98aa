#include "base/checksum.h"

#include <string>

#include <gtest/gtest.h>

namespace vivace {
namespace {

TEST(ChecksumTest, GivesTheKnownAnswersOfRfc3720) {
  EXPECT_EQ(Crc32c(AsBytes(std::string(32, '\0'))), 0x8a9136aaU);
  EXPECT_EQ(Crc32c(AsBytes(std::string(32, '\xff'))), 0x62a8ab43U);
  std::string ascending;
  for (int i = 0; i < 32; ++i) ascending.push_back(static_cast<char>(i));
  EXPECT_EQ(Crc32c(AsBytes(ascending)), 0x46dd794eU);
  EXPECT_EQ(Crc32c(AsBytes(std::string(ascending.rbegin(), ascending.rend()))), 0x113fdb5cU);
}

TEST(ChecksumTest, GivesTheCheckValueOfTheCatalogue) {
  EXPECT_EQ(Crc32c(AsBytes("123456789")), 0xe3069283U);
  EXPECT_EQ(Crc32c({}), 0U);
}

TEST(ChecksumTest, ContinuesFromTheChecksumOfWhatCameBefore) {
  const std::string text = "the quick brown fox jumps over the lazy dog, twice over";
  for (std::size_t i = 0; i <= text.size(); ++i) {
    EXPECT_EQ(Crc32c(AsBytes(text.substr(i)), Crc32c(AsBytes(text.substr(0, i)))),
              Crc32c(AsBytes(text)));
  }
}

}  // namespace
}  // namespace vivace

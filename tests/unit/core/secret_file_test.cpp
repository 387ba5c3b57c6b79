#include "core/secret_file.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

TEST(SecretFile, IsReadAnewWhenItChanges) {
  const test::TemporaryFolder folder;
  SecretFile secret{folder.path() / "token"};
  EXPECT_FALSE(secret.read());
  EXPECT_FALSE(secret.changed());
  std::ofstream{folder.path() / "token"} << "abc\n";
  EXPECT_TRUE(secret.changed());
  EXPECT_EQ(secret.read(), "abc");
  EXPECT_FALSE(secret.changed());
  std::ofstream{folder.path() / "token"} << "longer\r\n";
  EXPECT_TRUE(secret.changed());
  EXPECT_EQ(secret.read(), "longer");
}

TEST(SecretFile, AMissingOneIsSaidByItsName) {
  const auto read = SecretFile{"/nonexistent/token"}.read();
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, std::errc::no_such_file_or_directory);
  EXPECT_EQ(read.error().context, "/nonexistent/token");
}

TEST(SecretFile, EmptyOrOfSeveralLinesIsNone) {
  const test::TemporaryFolder folder;
  for (const char* text : {"", "\n \n", "abc\r\nX-Evil: 1\n"}) {
    std::ofstream{folder.path() / "token"} << text;
    const auto read = SecretFile{folder.path() / "token"}.read();
    ASSERT_FALSE(read) << text;
    EXPECT_EQ(read.error().code, std::errc::invalid_argument);
    EXPECT_EQ(read.error().context.find("abc"), std::string::npos);
  }
}

}  // namespace
}  // namespace gateway

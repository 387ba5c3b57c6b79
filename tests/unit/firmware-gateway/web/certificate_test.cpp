#include "firmware-gateway/web/certificate.hpp"

#include <fstream>
#include <iterator>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gateway {
namespace {

class SelfMadeCertificate : public testing::Test {
 protected:
  SelfMadeCertificate() { std::filesystem::create_directories(folder); }
  ~SelfMadeCertificate() override { std::filesystem::remove_all(folder); }
  static std::string text(const std::filesystem::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  std::filesystem::path folder = testing::TempDir() + "certificate_test_" + std::to_string(::getpid());
  std::vector<std::string> names{"box", "box.local", "10.0.0.5", "fe80::1"};
};

TEST_F(SelfMadeCertificate, IsMadeOnceAndIsForItsOwnerOnly) {
  const auto files = self_made_certificate(folder, names);
  ASSERT_TRUE(files) << files.error().message();
  struct stat key {};
  ASSERT_EQ(::stat(files->key.c_str(), &key), 0);
  EXPECT_EQ(key.st_mode & 0777U, 0600U);
  const auto first = fingerprint_of(files->certificate);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->size(), 32U * 3 - 1);
  ASSERT_TRUE(self_made_certificate(folder, {"another"}));
  EXPECT_EQ(*fingerprint_of(files->certificate), *first);
}

TEST_F(SelfMadeCertificate, IsMadeAnewWhenItsKeyIsGone) {
  const auto files = self_made_certificate(folder, names);
  ASSERT_TRUE(files);
  const auto before = text(files->certificate);
  std::filesystem::remove(files->key);
  ASSERT_TRUE(self_made_certificate(folder, names));
  EXPECT_NE(text(files->certificate), before);
  EXPECT_TRUE(text(files->key).starts_with("-----BEGIN PRIVATE KEY-----"));
}

TEST_F(SelfMadeCertificate, SaysWhyItCannotBeMade) {
  const auto nowhere = self_made_certificate(folder / "missing", names);
  ASSERT_FALSE(nowhere);
  EXPECT_NE(nowhere.error().message().find("web-key.pem"), std::string::npos) << nowhere.error().message();
  EXPECT_FALSE(self_made_certificate(folder, {}));
}

TEST_F(SelfMadeCertificate, AFileThatIsNoneHasNoFingerprint) {
  std::ofstream{folder / "rubbish"} << "rubbish";
  EXPECT_FALSE(fingerprint_of(folder / "rubbish"));
  EXPECT_FALSE(fingerprint_of(folder / "missing"));
}

}  // namespace
}  // namespace gateway

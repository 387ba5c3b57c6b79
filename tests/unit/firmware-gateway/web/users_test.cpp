#include "firmware-gateway/web/users.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

namespace gateway {
namespace {

constexpr PasswordCost cheap{1, 8};

class UsersTest : public testing::Test {
 protected:
  UsersTest() { std::filesystem::create_directories(folder); }
  ~UsersTest() override { std::filesystem::remove_all(folder); }
  void write(std::string_view text) const { std::ofstream{file} << text; }

  std::filesystem::path folder = testing::TempDir() + "users_test_" + std::to_string(::getpid());
  std::filesystem::path file = folder / "users";
};

TEST_F(UsersTest, NoFileIsNoUsers) { EXPECT_TRUE(read_users(file)->empty()); }

TEST_F(UsersTest, AUserThatWasAddedIsThereWithItsRoleAndPassword) {
  ASSERT_TRUE(add_user(file, "王伟", Role::operator_, "correct horse", cheap));
  ASSERT_TRUE(add_user(file, "admin", Role::admin, "battery staple", cheap));
  const auto users = read_users(file);
  ASSERT_TRUE(users) << users.error().message();
  ASSERT_EQ(users->size(), 2U);
  EXPECT_EQ((*users)[0].name, "王伟");
  EXPECT_EQ((*users)[0].role, Role::operator_);
  EXPECT_TRUE(password_matches((*users)[0].hash, "correct horse"));
  EXPECT_FALSE(password_matches((*users)[0].hash, "battery staple"));
}

TEST_F(UsersTest, AddingAgainChangesRoleAndPassword) {
  ASSERT_TRUE(add_user(file, "a", Role::viewer, "correct horse", cheap));
  ASSERT_TRUE(add_user(file, "a", Role::admin, "battery staple", cheap));
  const auto users = read_users(file);
  ASSERT_EQ(users->size(), 1U);
  EXPECT_EQ((*users)[0].role, Role::admin);
  EXPECT_TRUE(password_matches((*users)[0].hash, "battery staple"));
}

TEST_F(UsersTest, OnlyTheOwnerMayReadTheFileAndNoPasswordIsInIt) {
  ASSERT_TRUE(add_user(file, "a", Role::viewer, "correct horse", cheap));
  struct stat status {};
  ASSERT_EQ(::stat(file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  std::ifstream in{file};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  EXPECT_EQ(text.find("correct"), std::string::npos);
  EXPECT_NE(text.find("a:viewer:$argon2id$"), std::string::npos);
}

TEST_F(UsersTest, ThePasswordCostIsArgon2idWithTwelveMebibytes) {
  const auto hash = hash_password("correct horse");
  ASSERT_TRUE(hash);
  EXPECT_TRUE(hash->starts_with("$argon2id$v=19$m=12288,t=3,p=1$")) << *hash;
  EXPECT_NE(*hash, *hash_password("correct horse"));  // a salt of its own each time
}

TEST_F(UsersTest, NamesAndPasswordsThatWillNotDoAreRefused) {
  for (const auto& name : {std::string{}, std::string{"a:b"}, std::string{"a\nb"}, std::string(65, 'a')})
    EXPECT_FALSE(add_user(file, name, Role::viewer, "correct horse", cheap)) << name;
  for (const auto& password : {std::string{}, std::string(9, 'x'), std::string(1001, 'x')})
    EXPECT_FALSE(add_user(file, "a", Role::viewer, password, cheap)) << password.size();
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(UsersTest, ADamagedFileIsAnErrorThatNamesTheLineAndIsNotOverwritten) {
  const std::string good = "# comment\n\na:viewer:$argon2id$x\n";
  for (const std::string line : {"b", "b:viewer", "b:king:$argon2id$x", "b:viewer:plain", ":viewer:$argon2id$x"}) {
    write(good + line + "\n");
    const auto users = read_users(file);
    ASSERT_FALSE(users) << line;
    EXPECT_NE(users.error().message().find("users:4"), std::string::npos) << users.error().message();
    EXPECT_FALSE(add_user(file, "c", Role::viewer, "correct horse", cheap));
  }
}

TEST_F(UsersTest, ARemovedUserIsGoneAndTheOthersStay) {
  ASSERT_TRUE(add_user(file, "a", Role::viewer, "correct horse", cheap));
  ASSERT_TRUE(add_user(file, "b", Role::admin, "battery staple", cheap));
  const auto removed = remove_user(file, "a");
  ASSERT_TRUE(removed);
  EXPECT_TRUE(*removed);
  const auto users = read_users(file);
  ASSERT_TRUE(users);
  ASSERT_EQ(users->size(), 1U);
  EXPECT_EQ(users->front().name, "b");
  EXPECT_EQ(users->front().role, Role::admin);
  EXPECT_TRUE(password_matches(users->front().hash, "battery staple"));
}

TEST_F(UsersTest, RemovingWhomNobodyKnowsSaysSo) {
  const auto removed = remove_user(file, "a");
  ASSERT_TRUE(removed);
  EXPECT_FALSE(*removed);
  EXPECT_FALSE(std::filesystem::exists(file));
}

TEST_F(UsersTest, ALinkUnderTheNewFilesNameIsNotFollowed) {
  // Who owns the folder would have root write, or give away, what the link points to.
  const auto victim = folder / "victim";
  std::ofstream{victim} << "precious";
  std::filesystem::create_symlink(victim, file.string() + ".new");
  ASSERT_TRUE(add_user(file, "a", Role::admin, "battery staple", cheap));
  std::string kept;
  std::ifstream{victim} >> kept;
  EXPECT_EQ(kept, "precious");
  EXPECT_EQ(read_users(file)->size(), 1U);
}

TEST_F(UsersTest, AHashThatIsRubbishMatchesNothing) {
  for (const auto* hash : {"", "$argon2id$", "$argon2id$v=19$m=8,t=1,p=1$$", "x"})
    EXPECT_FALSE(password_matches(hash, "correct horse")) << hash;
}

}  // namespace
}  // namespace gateway

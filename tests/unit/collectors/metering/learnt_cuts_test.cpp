#include "collectors/metering/learnt_cuts.hpp"

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>
#include <unistd.h>

namespace gateway {
namespace {

class LearntCutsFile : public testing::Test {
 protected:
  LearntCutsFile() { std::filesystem::create_directories(folder_); }
  ~LearntCutsFile() override { std::filesystem::remove_all(folder_); }
  static Site site(const std::string& model_of_a = "generic-10") {
    return *parse_site(
        "[site]\nid = \"s\"\n[[bus]]\nid = \"x\"\nurl = \"tcp://127.0.0.1:1\"\n"
        "[[meter]]\nid = \"a\"\nbus = \"x\"\nunit = 1\nmodel = \"" +
            model_of_a + "\"\n[[meter]]\nid = \"b\"\nbus = \"x\"\nunit = 2\nmodel = \"generic-10\"\n",
        "site.toml", ModelLibrary::embedded());
  }
  std::filesystem::path folder_ =
      std::filesystem::temp_directory_path() / ("learnt-cuts-" + std::to_string(::getpid()));
  std::filesystem::path file_ = learnt_cuts_file(folder_);
};

TEST_F(LearntCutsFile, ComesBackAsItWasWritten) {
  const auto here = site();
  ASSERT_TRUE(write_learnt_cuts(file_, here, {{MeterId{0}, {{3, 0x10}, {4, 0xFFFF}}}, {MeterId{1}, {{3, 2}}}}));
  const auto read = read_learnt_cuts(file_, here);
  EXPECT_EQ(read.unreadable, 0u);
  ASSERT_EQ(read.meters.size(), 2u);
  EXPECT_EQ(read.meters[0].meter, MeterId{0});
  EXPECT_EQ(read.meters[0].cuts, (std::vector<LearntLimits::Cut>{{3, 0x10}, {4, 0xFFFF}}));
  EXPECT_EQ(read.meters[1].cuts, (std::vector<LearntLimits::Cut>{{3, 2}}));
}

TEST_F(LearntCutsFile, AMeterOfAnotherModelOrThatIsGoneIsForgotten) {
  ASSERT_TRUE(write_learnt_cuts(file_, site(), {{MeterId{0}, {{3, 0x10}}}, {MeterId{1}, {{3, 2}}}}));
  const auto changed = read_learnt_cuts(file_, site("eastron-sdm630"));
  ASSERT_EQ(changed.meters.size(), 1u);
  EXPECT_EQ(changed.meters[0].meter, MeterId{1});
}

TEST_F(LearntCutsFile, ADamagedFileCostsItsDamagedLinesAndNothingElse) {
  const auto here = site();
  std::ofstream(file_) << "a generic-10 3 0x0010\n\xFF\xFE\x01\na generic-10\na generic-10 16 0x0004\n"
                          "a generic-10 3 0x12345\nb generic-10 3 0x0002 more\nb generic-10 3 0x0002";
  const auto read = read_learnt_cuts(file_, here);
  EXPECT_EQ(read.unreadable, 5u);
  ASSERT_EQ(read.meters.size(), 2u);
  EXPECT_EQ(read.meters[0].cuts.front().address, 0x10);
  EXPECT_EQ(read.meters[1].cuts.front().address, 2);
}

TEST_F(LearntCutsFile, WithoutOneNothingWasLearnt) {
  EXPECT_TRUE(read_learnt_cuts(file_, site()).meters.empty());
  EXPECT_FALSE(write_learnt_cuts(folder_ / "no such folder" / "x", site(), {}));
}

}  // namespace
}  // namespace gateway

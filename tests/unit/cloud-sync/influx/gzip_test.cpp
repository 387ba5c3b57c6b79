#include "cloud-sync/influx/gzip.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

TEST(Gzip, SeveralMembersReadAsOneText) {
  GzipCompressor gzip{4};
  std::vector<std::byte> body;
  std::string wanted;
  for (int i = 0; i < 20; ++i) {
    const std::string text = i == 7 ? "" : std::string(static_cast<std::size_t>(i) * 1000, static_cast<char>('a' + i));
    wanted += text;
    const auto member = gzip.compress(text);
    body.insert(body.end(), member.begin(), member.end());
  }
  EXPECT_EQ(gunzip(body, 1 << 20), wanted);
}

TEST(Gzip, DamageIsToldAndNeverReadOn) {
  GzipCompressor gzip{4};
  const auto whole = gzip.compress("electricity,meter=main power_w=1234.5 1700000000000\n");
  const std::vector<std::byte> body{whole.begin(), whole.end()};
  for (std::size_t i = 0; i + 1 < body.size(); ++i) {
    EXPECT_FALSE(gunzip(std::span{body}.first(i == 0 ? 1 : i), 1 << 20)) << i;
    if (i >= 3 && i < 10) continue;  // the header's time, flags of the compressor and system: not part of the text
    std::vector<std::byte> flipped = body;
    flipped[i] ^= std::byte{0x10};
    EXPECT_FALSE(gunzip(flipped, 1 << 20)) << i;
  }
  EXPECT_FALSE(gunzip(body, 10));
}

}  // namespace
}  // namespace gateway

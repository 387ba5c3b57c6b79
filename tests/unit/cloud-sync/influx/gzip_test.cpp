#include "cloud-sync/influx/gzip.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

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

// As a reader does that stops after the first member.
std::string first_member(std::span<const std::byte> body) {
  std::string text(1 << 20, '\0');
  z_stream zlib{};
  inflateInit2(&zlib, 15 + 16);
  zlib.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(body.data()));
  zlib.avail_in = static_cast<uInt>(body.size());
  zlib.next_out = reinterpret_cast<Bytef*>(text.data());
  zlib.avail_out = static_cast<uInt>(text.size());
  EXPECT_EQ(inflate(&zlib, Z_FINISH), Z_STREAM_END);  // CRC and length are right
  EXPECT_EQ(zlib.avail_in, 0U);
  text.resize(zlib.total_out);
  inflateEnd(&zlib);
  return text;
}

TEST(Gzip, JoinedMembersAreOneForReadersThatStopAfterTheFirst) {
  for (const int level : {1, 4, 9}) {
    GzipCompressor gzip{level};
    std::vector<std::byte> body;
    std::string wanted;
    for (int i = 0; i < 30; ++i) {
      std::string text;
      for (int line = 0; line < i * i; ++line)
        text += "electricity,meter=m" + std::to_string(line) + " power_w=" + std::to_string(line * i) + "\n";
      wanted += text;
      ASSERT_TRUE(join_gzip(body, gzip.compress(text)));
      EXPECT_EQ(first_member(body), wanted);
    }
    EXPECT_EQ(gunzip(body, 1 << 24), wanted);
  }
}

TEST(Gzip, WhatAnotherCompressorMadeIsNotJoinedAndNothingChanges) {
  GzipCompressor gzip{4};
  std::string foreign(200, '\0');
  z_stream zlib{};
  deflateInit2(&zlib, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
  std::string text = "water,meter=inlet volume_l=1 1\n";
  zlib.next_in = reinterpret_cast<Bytef*>(text.data());
  zlib.avail_in = static_cast<uInt>(text.size());
  zlib.next_out = reinterpret_cast<Bytef*>(foreign.data());
  zlib.avail_out = static_cast<uInt>(foreign.size());
  ASSERT_EQ(deflate(&zlib, Z_FINISH), Z_STREAM_END);
  foreign.resize(zlib.total_out);
  deflateEnd(&zlib);
  std::vector<std::byte> body;
  ASSERT_TRUE(join_gzip(body, std::as_bytes(std::span{foreign})));
  const auto before = body;
  EXPECT_FALSE(join_gzip(body, gzip.compress(text)));
  EXPECT_EQ(body, before);
}

TEST(Gzip, DamageIsToldAndNeverReadOn) {
  GzipCompressor gzip{4};
  const std::string text = "electricity,meter=main power_w=1234.5 1700000000000\n";
  const auto whole = gzip.compress(text);
  const std::vector<std::byte> body{whole.begin(), whole.end()};
  for (std::size_t i = 0; i + 1 < body.size(); ++i) {
    EXPECT_FALSE(gunzip(std::span{body}.first(i == 0 ? 1 : i), 1 << 20)) << i;
    if (i >= 3 && i < 10) continue;  // the header's time, flags of the compressor and system: not part of the text
    std::vector<std::byte> flipped = body;
    flipped[i] ^= std::byte{0x10};
    // Blocks end at the end of a byte: the few bits that fill it up mean nothing.
    const auto read = gunzip(flipped, 1 << 20);
    EXPECT_TRUE(!read || *read == text) << i;
  }
  EXPECT_FALSE(gunzip(body, 10));
}

}  // namespace
}  // namespace gateway

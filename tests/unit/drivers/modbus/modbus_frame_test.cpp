// Frames written out by hand; check sums from Modbus over Serial Line 1.02's method, worked out with another program.
#include "drivers/modbus/modbus_frame.hpp"

#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr ReadFrame two_registers{1, 3, 0x0000, 2, 7};

Bytes with_crc(Bytes bytes) {
  const auto crc = crc16(bytes);
  bytes.push_back(static_cast<std::uint8_t>(crc));
  bytes.push_back(static_cast<std::uint8_t>(crc >> 8));
  return bytes;
}
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

const Bytes answer = with_crc({1, 3, 4, 0x12, 0x34, 0x56, 0x78});

TEST(ModbusFrame, NoRequestThatWritesCanBeMade) {
  for (unsigned function = 0; function < 256; ++function) {
    const ReadFrame request{1, static_cast<std::uint8_t>(function), 0x0102, 2, 7};
    FrameBytes rtu{};
    FrameBytes tcp{};
    ASSERT_EQ(write_rtu(request, rtu), 8U);
    ASSERT_EQ(write_tcp(request, tcp), 12U);
    EXPECT_TRUE(rtu[1] == 3 || rtu[1] == 4) << function;
    EXPECT_TRUE(tcp[7] == 3 || tcp[7] == 4) << function;
  }
}

TEST(ModbusFrame, ARequestIsWhatTheStandardSays) {
  FrameBytes out{};
  ASSERT_EQ(write_rtu({0x11, 3, 0x006B, 3, 0}, out), 8u);
  // The well-known example: 11 03 00 6B 00 03, check sum 76 87 on the wire.
  EXPECT_EQ(Bytes(out.begin(), out.begin() + 8), (Bytes{0x11, 0x03, 0x00, 0x6B, 0x00, 0x03, 0x76, 0x87}));
  ASSERT_EQ(write_tcp({0x11, 4, 0x006B, 3, 0x1501}, out), 12u);
  EXPECT_EQ(Bytes(out.begin(), out.end()), (Bytes{0x15, 0x01, 0, 0, 0, 6, 0x11, 0x04, 0x00, 0x6B, 0x00, 0x03}));
}

TEST(ModbusFrame, AnRtuAnswerIsTakenOnlyWhenItIsWhole) {
  for (std::size_t size = 0; size < answer.size(); ++size)
    EXPECT_EQ(scan_rtu(std::span(answer).first(size), two_registers).what, Answer::incomplete) << size;
  const auto scan = scan_rtu(answer, two_registers);
  EXPECT_EQ(scan.what, Answer::registers);
  EXPECT_EQ(Bytes(scan.data.begin(), scan.data.end()), (Bytes{0x12, 0x34, 0x56, 0x78}));
}

TEST(ModbusFrame, NoiseAndAnEchoBeforeTheAnswerAreSkipped) {
  EXPECT_EQ(scan_rtu(Bytes{0x00, 0xFF, 0x00} + answer, two_registers).what, Answer::registers);
  FrameBytes echo{};
  write_rtu(two_registers, echo);
  const auto both = Bytes(echo.begin(), echo.begin() + 8) + answer;
  const auto first = scan_rtu(both, two_registers);
  EXPECT_EQ(first.what, Answer::echo);
  EXPECT_EQ(first.used, 8u);
  EXPECT_EQ(scan_rtu(std::span(both).subspan(first.used), two_registers).what, Answer::registers);
}

TEST(ModbusFrame, AFrameOfAnotherUnitOrAnotherLengthIsToldApart) {
  EXPECT_EQ(scan_rtu(with_crc({2, 3, 4, 0, 1, 0, 2}), two_registers).what, Answer::foreign);
  EXPECT_EQ(scan_rtu(with_crc({1, 3, 2, 0, 1}), two_registers).what, Answer::stale);
  EXPECT_EQ(scan_rtu(with_crc({1, 4, 4, 0, 1, 0, 2}), two_registers).what, Answer::stale);
}

TEST(ModbusFrame, AnExceptionIsAnAnswer) {
  const auto scan = scan_rtu(with_crc({1, 0x83, 2}), two_registers);
  EXPECT_EQ(scan.what, Answer::exception);
  EXPECT_EQ(scan.code, 2);
  EXPECT_EQ(scan_rtu(with_crc({9, 0x83, 2}), two_registers).what, Answer::foreign);
}

TEST(ModbusFrame, AnyFlippedBitIsACheckSumErrorOrNoAnswer) {
  for (std::size_t bit = 0; bit < 8 * answer.size(); ++bit) {
    auto damaged = answer;
    damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1u << bit % 8);
    const auto what = scan_rtu(damaged, two_registers).what;
    EXPECT_TRUE(what == Answer::crc || what == Answer::incomplete) << bit;
  }
}

TEST(ModbusFrame, ATcpAnswerBelongsToItsTransaction) {
  const Bytes mine{0, 7, 0, 0, 0, 7, 1, 3, 4, 0x12, 0x34, 0x56, 0x78};
  for (std::size_t size = 0; size < mine.size(); ++size)
    EXPECT_EQ(scan_tcp(std::span(mine).first(size), two_registers).what, Answer::incomplete) << size;
  EXPECT_EQ(scan_tcp(mine, two_registers).what, Answer::registers);
  auto late = mine;
  late[1] = 6;
  const auto scan = scan_tcp(late + mine, two_registers);
  EXPECT_EQ(scan.what, Answer::stale);
  EXPECT_EQ(scan.used, mine.size());
  auto foreign = mine;
  foreign[6] = 2;
  EXPECT_EQ(scan_tcp(foreign, two_registers).what, Answer::foreign);
  auto http = mine;
  http[2] = 'T';
  EXPECT_EQ(scan_tcp(http, two_registers).what, Answer::nonsense);
  EXPECT_EQ(scan_tcp(Bytes{0, 7, 0, 0, 0, 3, 1, 0x83, 0x0B}, two_registers).code, 0x0B);
  EXPECT_EQ(scan_tcp(Bytes{0, 7, 0, 0, 0, 5, 1, 3, 2, 0, 1}, two_registers).what, Answer::nonsense);
}

TEST(ModbusFrame, WhateverBytesComeNothingIsReadBehindThem) {
  std::mt19937 random(3);
  for (int round = 0; round < 20'000; ++round) {
    Bytes bytes(random() % 40);
    for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random() % 3 == 0 ? random() : random() % 6);
    for (const auto scan : {scan_rtu(bytes, two_registers), scan_tcp(bytes, two_registers)}) {
      EXPECT_LE(scan.used, bytes.size());
      if (scan.what == Answer::stale || scan.what == Answer::foreign) {
        EXPECT_GT(scan.used, 0u);
      }
    }
  }
}

}  // namespace
}  // namespace gateway

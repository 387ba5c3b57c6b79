// Vectors worked out by hand from the encodings' definitions, not by our own encoder.
#include "drivers/modbus/register_codec.hpp"

#include <vector>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using Registers = std::vector<std::uint16_t>;

TEST(RegisterCodec, Float32InAllFourOrders) {
  // 230.5 = 0x43668000
  EXPECT_EQ(decode_real(Registers{0x4366, 0x8000}, Encoding::f32, WordOrder::ABCD), 230.5);
  EXPECT_EQ(decode_real(Registers{0x8000, 0x4366}, Encoding::f32, WordOrder::CDAB), 230.5);
  EXPECT_EQ(decode_real(Registers{0x6643, 0x0080}, Encoding::f32, WordOrder::BADC), 230.5);
  EXPECT_EQ(decode_real(Registers{0x0080, 0x6643}, Encoding::f32, WordOrder::DCBA), 230.5);
}

TEST(RegisterCodec, KaifengXintaisCheckVectorIs0Point545) {
  // Bytes on the wire 1E 85 0B 3F, from the vendor's protocol page.
  const auto value = decode_real(Registers{0x1E85, 0x0B3F}, Encoding::f32, WordOrder::DCBA);
  ASSERT_TRUE(value);
  EXPECT_NEAR(*value, 0.545, 1e-6);
}

TEST(RegisterCodec, ChineseElectromagneticMetersMinus12Point5) {
  // Bytes on the wire 00 00 C1 48: swapped words, -12.5.
  EXPECT_EQ(decode_real(Registers{0x0000, 0xC148}, Encoding::f32, WordOrder::CDAB), -12.5);
}

TEST(RegisterCodec, SignedAndUnsignedIntegers) {
  EXPECT_EQ(decode_real(Registers{0xFFFF}, Encoding::u16, WordOrder::ABCD), 65535);
  EXPECT_EQ(decode_real(Registers{0xFFFF}, Encoding::i16, WordOrder::ABCD), -1);
  EXPECT_EQ(decode_real(Registers{0xFFFF, 0xFF85}, Encoding::i32, WordOrder::ABCD), -123);
  EXPECT_EQ(decode_real(Registers{0x0001, 0x0000}, Encoding::u32, WordOrder::ABCD), 65536);
  EXPECT_EQ(decode_real(Registers{0x0001, 0x0000}, Encoding::u32, WordOrder::CDAB), 1);
  EXPECT_EQ(decode_real(Registers{0x0000, 0x0000, 0x0001, 0x0002}, Encoding::u64, WordOrder::ABCD), 65538);
  EXPECT_EQ(decode_real(Registers{0x0002, 0x0001, 0x0000, 0x0000}, Encoding::u64, WordOrder::CDAB), 65538);
}

TEST(RegisterCodec, Float64FullyReversedAsArad) {
  // 1.5 = 0x3FF8000000000000; bytes HG FE DC BA on the wire.
  EXPECT_EQ(decode_real(Registers{0x0000, 0x0000, 0x0000, 0xF83F}, Encoding::f64, WordOrder::DCBA), 1.5);
}

TEST(RegisterCodec, BcdDigitsAreDecimalAndAWrongDigitIsNotANumber) {
  EXPECT_EQ(decode_real(Registers{0x1234, 0x5678}, Encoding::bcd32, WordOrder::ABCD), 12345678);
  EXPECT_FALSE(decode_real(Registers{0x12A4, 0x5678}, Encoding::bcd32, WordOrder::ABCD));
}

TEST(RegisterCodec, NaNAndInfinityAreNotValues) {
  EXPECT_FALSE(decode_real(Registers{0x7FC0, 0x0000}, Encoding::f32, WordOrder::ABCD));
  EXPECT_FALSE(decode_real(Registers{0x7F80, 0x0000}, Encoding::f32, WordOrder::ABCD));
  EXPECT_FALSE(decode_whole(Registers{0x7FC0, 0x0000}, Encoding::f32, WordOrder::ABCD, 1000));
}

TEST(RegisterCodec, AWholeFactorKeepsALargeCounterExact) {
  // 0.01 kWh a count is 10,000 mWh; 9,007,199,254,741 counts are beyond what a double holds exactly after scaling.
  // 9,007,199,254,741 = 0x0000083126E978D5
  EXPECT_EQ(decode_whole(Registers{0x0000, 0x0831, 0x26E9, 0x78D5}, Encoding::u64, WordOrder::ABCD, 10'000),
            90'071'992'547'410'000);
}

TEST(RegisterCodec, AFloatCounterIsRoundedOnce) {
  // 1234.5 kWh = 0x449A5000
  EXPECT_EQ(decode_whole(Registers{0x449A, 0x5000}, Encoding::f32, WordOrder::ABCD, 1e6), 1'234'500'000);
}

TEST(RegisterCodec, WhatDoesNotFitIsNotAValue) {
  EXPECT_FALSE(decode_whole(Registers{0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}, Encoding::u64, WordOrder::ABCD, 1000));
  EXPECT_FALSE(decode_whole(Registers{0x7F00, 0x0000}, Encoding::f32, WordOrder::ABCD, 1e6));
}

}  // namespace
}  // namespace gateway

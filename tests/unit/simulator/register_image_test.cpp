// Registers against bytes worked out by hand.
#include "tests/simulator/register_image.hpp"

#include <gtest/gtest.h>

namespace gateway::simulator {
namespace {

using Words = std::vector<std::uint16_t>;

PlantMeter meter_of(Model model, std::int64_t counter) {
  PlantMeter meter;
  meter.model = model;
  meter.utility = model == Model::kaifeng_xintai ? Utility::water : Utility::electricity;
  meter.counter = counter;
  return meter;
}

Words words(const RegisterImage& image, std::uint16_t address, std::uint16_t count) {
  Words out;
  for (std::uint16_t i = 0; i < count; ++i) out.push_back(image.registers.at(static_cast<std::uint16_t>(address + i)));
  return out;
}

TEST(RegisterImage, EastronHoldsFloatsHighWordFirstInInputRegisters) {
  const auto image = image_of(meter_of(Model::eastron_sdm630, 1'000'500'000), 1'500);
  EXPECT_EQ(image.function, 4);
  EXPECT_EQ(words(image, 0x0034, 2), (Words{0x44BB, 0x8000}));  // 1500.0 W
  EXPECT_EQ(words(image, 0x0048, 2), (Words{0x447A, 0x2000}));  // 1000.5 kWh
  EXPECT_EQ(words(image, 0x004A, 2), (Words{0, 0}));
}

TEST(RegisterImage, ChintHoldsPowerInTenthsOfAWatt) {
  const auto image = image_of(meter_of(Model::chint_dtsu666, 1'000'500'000), 150);
  EXPECT_EQ(image.function, 3);
  EXPECT_EQ(words(image, 0x2012, 2), (Words{0x44BB, 0x8000}));  // 1500.0 x 0.1 W
  EXPECT_EQ(words(image, 0x2044, 2), (Words{0x459C, 0x4800}));  // 5001.0 x 0.01 Hz
  EXPECT_EQ(words(image, 0x101E, 2), (Words{0x447A, 0x2000}));  // 1000.5 kWh
}

TEST(RegisterImage, AbbCountsHundredthsInFourRegistersAndHasNoExport) {
  const auto image = image_of(meter_of(Model::abb_b23, 43'000'000'019'999), 1'500);
  EXPECT_EQ(image.function, 3);
  EXPECT_EQ(words(image, 0x5000, 4), (Words{0x0000, 0x0001, 0x004C, 0xCB01}));  // 4,300,000,001 x 0.01 kWh
  EXPECT_EQ(words(image, 0x5004, 4), (Words{0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF}));  // "not available"
  EXPECT_EQ(words(image, 0x5B14, 2), (Words{0x0002, 0x49F0}));                  // 150,000 x 0.01 W
  EXPECT_EQ(words(image, 0x5B2C, 1), (Words{5001}));
}

TEST(RegisterImage, WaterMeterAgreesWithTheVectorOfItsProtocolPage) {
  // Bytes 1E 85 0B 3F are 0.545 m3/h, one step of the float below the nearest.
  const auto image = image_of(meter_of(Model::kaifeng_xintai, 1'000'500'000), 544.99995);
  EXPECT_EQ(image.function, 3);
  EXPECT_EQ(words(image, 0x0005, 2), (Words{0x1E85, 0x0B3F}));
  EXPECT_EQ(words(image, 0x0001, 2), (Words{0x0020, 0x7A44}));  // 1000.5 m3
}

TEST(RegisterImage, WhatATableDoesNotNameIsNotThere) {
  EXPECT_FALSE(image_of(meter_of(Model::kaifeng_xintai, 0), 0).registers.contains(0x0000));
  EXPECT_FALSE(image_of(meter_of(Model::chint_dtsu666, 0), 0).registers.contains(0x0000));
  EXPECT_FALSE(image_of(meter_of(Model::abb_b23, 0), 0).registers.contains(0x5B3E));
}

TEST(RegisterImage, ThePhasesAddUpToTheWhole) {
  const auto image = image_of(meter_of(Model::abb_b23, 0), 30'000);
  const auto watts = [&](std::uint16_t at) {
    const auto pair = words(image, at, 2);
    return (std::uint32_t{pair[0]} << 16 | pair[1]) * 0.01;
  };
  EXPECT_NEAR(watts(0x5B16) + watts(0x5B18) + watts(0x5B1A), watts(0x5B14), 0.05);
}

}  // namespace
}  // namespace gateway::simulator

#include "collectors/metering/probe.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <map>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

// Units with registers by function and address; what is not there is exception 2, who is not there a timeout.
class LineOfUnits final : public RegisterReader {
 public:
  std::expected<std::chrono::nanoseconds, LinkFailure> read(const ReadRequest& request,
                                                            std::span<std::uint16_t> out) override {
    if (gone) return std::unexpected(LinkFailure{PollFailure::connection, 0, "/dev/x: no such device"});
    const auto unit = units.find(request.unit);
    if (unit == units.end() && hangs_up) {
      LinkFailure closed{PollFailure::connection, 0, "the line was closed at the other end"};
      closed.hung_up = true;
      return std::unexpected(closed);
    }
    if (unit == units.end()) return std::unexpected(LinkFailure{PollFailure::timeout, 0, "no answer"});
    for (std::size_t i = 0; i < out.size(); ++i) {
      const auto found = unit->second.find({request.function, static_cast<std::uint16_t>(request.address + i)});
      if (found == unit->second.end()) return std::unexpected(LinkFailure{PollFailure::exception, 2, "exception 2"});
      out[i] = found->second;
    }
    return 5ms;
  }
  [[nodiscard]] bool is_open() const override { return true; }
  void interrupt() override {}

  void fill(std::uint8_t unit, std::uint8_t function, std::uint16_t first, std::uint16_t last) {
    for (unsigned at = first; at <= last; ++at) units[unit].try_emplace({function, static_cast<std::uint16_t>(at)}, 0);
  }
  void f32(std::uint8_t unit, std::uint8_t function, std::uint16_t at, float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    units[unit][{function, at}] = static_cast<std::uint16_t>(bits >> 16);
    units[unit][{function, static_cast<std::uint16_t>(at + 1)}] = static_cast<std::uint16_t>(bits);
  }
  std::map<std::uint8_t, std::map<std::pair<std::uint8_t, std::uint16_t>, std::uint16_t>> units;
  bool gone = false;
  bool hangs_up = false;  // upon a unit that is not there
};

// Of three phases, two registers each.
std::array<std::uint16_t, 3> at3(std::uint16_t first) {
  return {first, static_cast<std::uint16_t>(first + 2), static_cast<std::uint16_t>(first + 4)};
}

void put_sdm630(LineOfUnits& line, std::uint8_t unit) {
  line.fill(unit, 4, 0, 0x59);
  for (const std::uint16_t at : at3(0)) line.f32(unit, 4, at, 230.1f);
  for (const std::uint16_t at : at3(6)) line.f32(unit, 4, at, 4.2f);
  for (const std::uint16_t at : at3(12)) line.f32(unit, 4, at, 900);
  line.f32(unit, 4, 0x34, 2700);
  line.f32(unit, 4, 0x3E, 0.93f);
  line.f32(unit, 4, 0x46, 50.01f);
  line.f32(unit, 4, 0x48, 1234.5f);
}

std::vector<FoundUnit> scan(LineOfUnits& line, std::uint8_t last = 20) {
  ProbeOptions options;
  options.last = last;
  options.timeout = 100ms;
  auto found = probe(line, ModelLibrary::embedded(), *parse_bus_url("rtu:///dev/x"), options);
  EXPECT_TRUE(found);
  return std::move(*found);
}

TEST(Probe, AMeterIsFoundAndRecognisedByItsValues) {
  LineOfUnits line;
  put_sdm630(line, 7);
  const auto found = scan(line);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].unit, 7);
  ASSERT_FALSE(found[0].models.empty());
  EXPECT_TRUE(found[0].models[0].model->name.starts_with("eastron-sdm")) << found[0].models[0].model->name;
  const bool sdm630 =
      std::ranges::any_of(found[0].models, [](const auto& each) { return each.model->name == "eastron-sdm630"; });
  EXPECT_TRUE(sdm630);
  for (const auto& each : found[0].models) EXPECT_TRUE(each.model->name.starts_with("eastron")) << each.model->name;
}

TEST(Probe, ADifferentWordOrderIsADifferentModel) {
  LineOfUnits line;
  line.fill(3, 4, 0, 0x60);
  const auto i32_low_first = [&](std::uint16_t at, std::uint32_t value) {
    line.units[3][{4, at}] = static_cast<std::uint16_t>(value);
    line.units[3][{4, static_cast<std::uint16_t>(at + 1)}] = static_cast<std::uint16_t>(value >> 16);
  };
  for (const std::uint16_t at : at3(0)) i32_low_first(at, 2301);
  i32_low_first(0x28, 27'000);
  line.units[3][{4, 0x33}] = 500;
  i32_low_first(0x34, 12'345);
  const auto found = scan(line);
  ASSERT_EQ(found.size(), 1u);
  ASSERT_FALSE(found[0].models.empty());
  EXPECT_EQ(found[0].models[0].model->name, "gavazzi-em340");
}

TEST(Probe, AValueThatTheMeterDoesNotHaveIsNoMarkAgainstItsModel) {
  LineOfUnits line;
  line.fill(6, 3, 0x5B00, 0x5B3D);
  line.fill(6, 3, 0x5000, 0x5007);
  auto& unit = line.units[6];
  for (const std::uint16_t at : at3(0x5B01)) unit[{3, at}] = 2301;  // tenths of a volt, low word
  unit[{3, 0x5B2C}] = 5001;
  unit[{3, 0x5003}] = 12'345;
  for (std::uint16_t at = 0x5004; at < 0x5008; ++at) unit[{3, at}] = 0xFFFF;  // no export register
  const auto found = scan(line);
  ASSERT_EQ(found.size(), 1u);
  ASSERT_FALSE(found[0].models.empty());
  EXPECT_EQ(found[0].models[0].model->name, "abb-b23");
}

TEST(Probe, WhatAnswersAsNoKnownModelIsStillFound) {
  LineOfUnits line;
  line.fill(4, 3, 0, 2);
  const auto found = scan(line);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].models.empty());
  EXPECT_NE(site_blocks("rtu:///dev/x", found).find("no known model"), std::string::npos);
}

TEST(Probe, TheBlocksCanBePastedIntoASite) {
  LineOfUnits line;
  put_sdm630(line, 2);
  put_sdm630(line, 5);
  const auto blocks = site_blocks("rtu:///dev/x", scan(line));
  const auto site = parse_site("[site]\nid = \"s\"\n" + blocks, "site.toml", ModelLibrary::embedded());
  ASSERT_TRUE(site) << site.error().front().text() << "\n" << blocks;
  EXPECT_EQ(site->meters.size(), 2u);
  EXPECT_EQ(site->meters[1].unit, 5);
  EXPECT_NE(blocks.find("1234.5 kWh"), std::string::npos) << blocks;
}

TEST(Probe, ItTellsHowFarItIsAndCanBeStopped) {
  LineOfUnits line;
  put_sdm630(line, 2);
  ProbeOptions options;
  options.timeout = 100ms;
  std::vector<int> told;
  options.progress = [&](std::uint8_t unit, std::size_t) {
    told.push_back(unit);
    return unit < 5;
  };
  ASSERT_TRUE(probe(line, ModelLibrary::embedded(), *parse_bus_url("rtu:///dev/x"), options));
  EXPECT_EQ(told, (std::vector<int>{1, 2, 3, 4, 5}));
}

TEST(Probe, ADeviceThatHangsUpUponUnitsItDoesNotKnowIsFoundAllTheSame) {
  LineOfUnits line;
  line.hangs_up = true;
  put_sdm630(line, 7);
  const auto found = scan(line);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].unit, 7);
}

TEST(Probe, ALineThatCannotBeOpenedIsAnError) {
  LineOfUnits line;
  line.gone = true;
  ProbeOptions options;
  options.timeout = 100ms;
  const auto found = probe(line, ModelLibrary::embedded(), *parse_bus_url("rtu:///dev/x"), options);
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().text, "/dev/x: no such device");
}

}  // namespace
}  // namespace gateway

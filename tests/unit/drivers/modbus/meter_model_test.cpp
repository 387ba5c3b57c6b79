#include "drivers/modbus/meter_model.hpp"

#include <algorithm>
#include <filesystem>

#include <gtest/gtest.h>

#include "drivers/modbus/poll_plan.hpp"

namespace gateway {
namespace {

TEST(ModelLibrary, EveryModelFileIsReadAndNamedAfterItsModel) {
  // The embedded ones are those that read without a problem; here each file has to.
  const auto embedded = ModelLibrary::embedded();
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(MODELS_FOLDER))) {
    ++files;
    ASSERT_EQ(entry.path().extension(), ".toml");
    EXPECT_NE(embedded.find(entry.path().stem().string()), nullptr) << entry.path();
  }
  EXPECT_EQ(embedded.models().size(), files);
  ModelLibrary again;
  const auto problems = again.add_folder(MODELS_FOLDER);
  for (const auto& problem : problems) ADD_FAILURE() << problem.text();
}

TEST(ModelLibrary, EveryModelNamesItsSourceAndHasWhatConsumptionIsMadeOf) {
  const auto library = ModelLibrary::embedded();
  for (const auto name : library.models()) {
    const auto& model = *library.find(name);
    EXPECT_GT(model.source.size(), 10u) << name;
    const auto has = [&](Quantity quantity) {
      return std::ranges::find(model.registers, quantity, &MeterRegister::quantity) != model.registers.end();
    };
    EXPECT_TRUE(has(counter_of(model.utility))) << name;
    // What is not verified says so to the person who picks it.
    if (!model.verified) {
      EXPECT_FALSE(model.note.empty()) << name;
    }
  }
}

TEST(ModelLibrary, CountersComeInThousandthsWhateverTheirUnit) {
  const auto library = ModelLibrary::embedded();
  const auto factor = [&](std::string_view model, Quantity quantity) {
    return std::ranges::find(library.find(model)->registers, quantity, &MeterRegister::quantity)->factor;
  };
  EXPECT_DOUBLE_EQ(factor("eastron-sdm630", Quantity::energy_import), 1e6);  // kWh
  EXPECT_DOUBLE_EQ(factor("abb-b23", Quantity::energy_import), 1e4);         // 0.01 kWh
  EXPECT_DOUBLE_EQ(factor("kaifeng-xintai", Quantity::volume), 1e6);         // m3
  EXPECT_DOUBLE_EQ(factor("kaifeng-xintai", Quantity::flow), 1e3);           // m3/h to L/h
  EXPECT_DOUBLE_EQ(factor("arad-octave", Quantity::volume), 1e3);            // 0.001 m3
}

TEST(ModelLibrary, A32BitCounterWrapsAtItsWidthUnlessTheModelSaysOtherwise) {
  const auto library = ModelLibrary::embedded();
  const auto outline = library.outline("arad-octave");
  const auto volume = std::ranges::find(outline->measured, Quantity::volume, &MeterModelOutline::Measured::quantity);
  EXPECT_EQ(volume->modulus, 4'294'967'296'000);
}

TEST(ModelLibrary, AWrongModelIsRefusedWithThePlaceOfEveryMistake) {
  ModelLibrary library;
  const auto problems = library.add_text(R"(name = "my-meter"
maker = "Us"
title = "A meter"
utility = "electricity"
source = "data sheet"
encoding = "f32"
[[register]]
quantity = "aktive_power"
address = 70000
[[register]]
quantity = "energy_import"
address = 0x10
unit = "m3"
scal = 0.1
)",
                                         "mine.toml");
  std::string all;
  for (const auto& problem : problems) all += problem.text() + "\n";
  EXPECT_NE(all.find("mine.toml:8:12: unknown quantity 'aktive_power'; did you mean 'active_power'?"),
            std::string::npos)
      << all;
  EXPECT_NE(all.find("mine.toml:9:11: 'address' is 70000"), std::string::npos) << all;
  EXPECT_NE(all.find("mine.toml:13:8: energy_import can't be in 'm3'"), std::string::npos) << all;
  EXPECT_NE(all.find("unknown key 'scal'; did you mean 'scale'?"), std::string::npos) << all;
  EXPECT_EQ(library.find("my-meter"), nullptr);
}

}  // namespace
}  // namespace gateway

#include "drivers/modbus/meter_model.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(ModelLibrary, EveryModelFileSaysAllThatTheFieldNeedsToKnow) {
  // What the program would fill in silently, a file of ours has to say.
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(MODELS_FOLDER))) {
    std::ifstream file(entry.path());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    for (const auto* key : {"name", "maker", "title", "utility", "source", "note", "block_limit", "pause", "function",
                            "encoding", "word_order"})
      EXPECT_NE(("\n" + text).find("\n" + std::string(key) + " = "), std::string::npos) << entry.path() << ": " << key;
  }
  const auto library = ModelLibrary::embedded();
  EXPECT_GE(library.models().size(), 20u);
  for (const auto name : library.models()) {
    const auto& model = *library.find(name);
    EXPECT_TRUE(model.verified || !model.doubts.empty()) << name << " is not checked and has no doubts?";
    for (const auto& entry : model.registers) {
      const auto& quantity = traits(entry.quantity);
      EXPECT_NE(entry.factor, 0) << name << " " << quantity.name;
      if (quantity.kind != ValueKind::counter) {
        EXPECT_EQ(entry.modulus, 0) << name << " " << quantity.name;
        continue;
      }
      // An unsigned 32-bit counter wraps somewhere; nothing wraps before it has counted a thousand units.
      if (entry.encoding == Encoding::u32) {
        EXPECT_GT(entry.modulus, 0) << name << " " << quantity.name;
      }
      EXPECT_TRUE(entry.modulus == 0 || entry.modulus > 1'000'000) << name << " " << quantity.name;
    }
    EXPECT_FALSE(plan_polls(model, wire_cost(*parse_bus_url("rtu:///dev/x?baud=9600"))).empty()) << name;
  }
}

TEST(ModelLibrary, NoModelOfAnElectricityMeterMeasuresWaterOrTheOtherWayRound) {
  const auto library = ModelLibrary::embedded();
  for (const auto name : library.models()) {
    const auto& model = *library.find(name);
    for (const auto& entry : model.registers) {
      const auto unit = traits(entry.quantity).unit;
      const bool of_water = unit == "L" || unit == "L/h";
      const bool of_electricity = unit == "W" || unit == "Wh" || unit == "var" || unit == "varh" || unit == "VA";
      EXPECT_FALSE(model.utility == Utility::electricity ? of_water : of_electricity)
          << name << " " << traits(entry.quantity).name;
    }
  }
}

TEST(ModelLibrary, DigitsSayWhereACounterWrapsInItsOwnSteps) {
  ModelLibrary library;
  const auto problems = library.add_text(R"(name = "eight-digits"
maker = "Us"
title = "A meter"
utility = "electricity"
source = "data sheet"
encoding = "u32"
register = [
  { quantity = "energy_import", address = 0, unit = "kWh", scale = 0.01, digits = 8 },
  { quantity = "energy_export", address = 2, unit = "kWh", scale = 0.01, wraps_at = 1000000 },
  { quantity = "reactive_energy_import", address = 4, unit = "kvarh", encoding = "bcd32" },
]
)",
                                         "mine.toml");
  for (const auto& problem : problems) ADD_FAILURE() << problem.text();
  const auto& registers = library.find("eight-digits")->registers;
  EXPECT_EQ(registers[0].modulus, 1'000'000'000'000);  // 10^8 hundredths of a kWh, in mWh
  EXPECT_EQ(registers[1].modulus, 1'000'000'000'000);
  EXPECT_EQ(registers[2].modulus, 100'000'000'000'000);  // 10^8 kvarh
}

TEST(ModelLibrary, AWrapThatNoCounterHoldsIsRefused) {
  for (const std::string wrap : {"digits = 18", "wraps_at = 1e30", "wraps_at = 1e-9"}) {
    ModelLibrary library;
    const auto problems = library.add_text(
        "name = \"m\"\nmaker = \"Us\"\ntitle = \"A meter\"\nutility = \"electricity\"\n"
        "source = \"data sheet\"\nencoding = \"u64\"\nregister = [\n"
        "  { quantity = \"energy_import\", address = 0, unit = \"kWh\", " +
            wrap + " },\n]\n",
        "mine.toml");
    ASSERT_EQ(problems.size(), 1u) << wrap;
    EXPECT_EQ(problems[0].line, 8u) << wrap;
    EXPECT_NE(problems[0].text().find("makes it wrap at"), std::string::npos) << problems[0].text();
  }
}

TEST(ModelLibrary, ARegisterInAForbiddenRangeIsRefused) {
  ModelLibrary library;
  const auto problems = library.add_text(R"(name = "m"
maker = "Us"
title = "A meter"
utility = "electricity"
source = "data sheet"
encoding = "f32"
register = [ { quantity = "energy_import", address = 0x11 } ]
[[forbidden]]
first = 0x12
last = 0x20
)",
                                         "mine.toml");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].text().find("energy_import at 0x0011 lies in the forbidden range 0x0012 to 0x0020"),
            std::string::npos)
      << problems[0].text();
}

TEST(ModelLibrary, AFolderWithTwoModelsOfOneNameIsRefused) {
  const auto folder = std::filesystem::temp_directory_path() / ("models-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  for (const auto* name : {"a.toml", "b.toml"})
    std::filesystem::copy_file(std::filesystem::path(MODELS_FOLDER) / "generic-10.toml", folder / name,
                               std::filesystem::copy_options::overwrite_existing);
  ModelLibrary library;
  const auto problems = library.add_folder(folder);
  std::filesystem::remove_all(folder);
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].text().find("b.toml: model 'generic-10' is in a.toml already"), std::string::npos)
      << problems[0].text();
}

std::string site_with(const std::string& meter) {
  return R"([site]
id = "s"
[[bus]]
id = "x"
url = "tcp://h:502"
[[meter]]
id = "m"
bus = "x"
unit = 1
)" + meter;
}

TEST(Override, ChangesAndAddsAndTakesAwayForOneMeterAlone) {
  const auto library = ModelLibrary::embedded();
  const auto site = parse_site(site_with(R"(model = "chint-dtsu666"
[meter.override]
block_limit = 20
pause = "20 ms"
without = ["energy_export"]
register = [
  { quantity = "energy_import", address = 0x401E, wraps_at = 1000000 },
  { quantity = "reactive_power", address = 0x201A, encoding = "f32", scale = 0.1 },
]
)"),
                               "site.toml", library);
  ASSERT_TRUE(site) << site.error().front().text();
  const auto& map = *site->meters[0].map;
  const auto find = [&](Quantity quantity) {
    return std::ranges::find(map.registers, quantity, &MeterRegister::quantity);
  };
  EXPECT_EQ(map.block_limit, 20);
  EXPECT_EQ(map.pause, std::chrono::milliseconds{20});
  EXPECT_EQ(find(Quantity::energy_import)->address, 0x401E);
  EXPECT_EQ(find(Quantity::energy_import)->unit, "kWh");  // what is not overridden stays
  EXPECT_EQ(find(Quantity::energy_export), map.registers.end());
  EXPECT_EQ(find(Quantity::reactive_power)->address, 0x201A);
  EXPECT_TRUE(site->point_of(MeterId{0}, Quantity::reactive_power).valid());
  EXPECT_FALSE(site->point_of(MeterId{0}, Quantity::energy_export).valid());
  EXPECT_EQ(site->point(site->point_of(MeterId{0}, Quantity::energy_import)).modulus, 1'000'000'000'000);
  EXPECT_EQ(library.find("chint-dtsu666")->block_limit, 125);
}

TEST(Override, AWordOrderForTheWholeMeterTurnsEveryRegister) {
  const auto library = ModelLibrary::embedded();
  const auto site =
      parse_site(site_with("model = \"eastron-sdm630\"\noverride = { word_order = \"CDAB\" }\n"), "site.toml", library);
  ASSERT_TRUE(site) << site.error().front().text();
  for (const auto& entry : site->meters[0].map->registers) EXPECT_EQ(entry.order, WordOrder::CDAB);
}

TEST(Override, WrongOnesAreRefusedWithTheirPlaceInTheSitesFile) {
  const auto library = ModelLibrary::embedded();
  const auto site = parse_site(site_with(R"(model = "chint-dtsu666"
[meter.override]
without = ["pressure"]
blok_limit = 20
register = [
  { quantity = "energy_import", address = 70000 },
  { quantity = "reactive_power" },
]
)"),
                               "site.toml", library);
  ASSERT_FALSE(site);
  std::string all;
  for (const auto& problem : site.error()) all += problem.text() + "\n";
  EXPECT_NE(all.find("site.toml:12:11: model 'chint-dtsu666' has no 'pressure'"), std::string::npos) << all;
  EXPECT_NE(all.find("site.toml:13:1: unknown key 'blok_limit'; did you mean 'block_limit'?"), std::string::npos)
      << all;
  EXPECT_NE(all.find("site.toml:15:43: 'address' is 70000"), std::string::npos) << all;
  EXPECT_NE(all.find("site.toml:16:3: 'address' is missing"), std::string::npos) << all;
}

TEST(Override, ALimitOrAnEncodingThatDoesNotFitARegisterIsRefused) {
  const auto library = ModelLibrary::embedded();
  const auto problem_of = [&](const std::string& override) {
    const auto site =
        parse_site(site_with("model = \"acrel-ddsy1352\"\noverride = { " + override + " }\n"), "site.toml", library);
    return site ? std::string() : site.error().front().text();
  };
  EXPECT_EQ(problem_of("block_limit = 2"), "");
  EXPECT_NE(problem_of("block_limit = 1").find("energy_import is longer than 'block_limit'"), std::string::npos)
      << problem_of("block_limit = 1");
  EXPECT_NE(problem_of("block_limit = 2, encoding = \"f64\"").find("is longer than 'block_limit'"), std::string::npos);
}

TEST(Override, ATransformerRatioMovesThePointWhereEnergyWraps) {
  const auto library = ModelLibrary::embedded();
  const auto site =
      parse_site(site_with("model = \"acrel-adl3000e\"\nct_ratio = 40\npt_ratio = 100\n"), "site.toml", library);
  ASSERT_TRUE(site) << site.error().front().text();
  // 2^32 hundredths of a kWh, times 4,000.
  EXPECT_EQ(site->point(site->point_of(MeterId{0}, Quantity::energy_import)).modulus, 4'294'967'296LL * 10'000 * 4'000);
  // Beyond what a counter holds: it never comes there.
  const auto large =
      parse_site(site_with("model = \"acrel-adl3000e\"\nct_ratio = 1000\npt_ratio = 1000\n"), "site.toml", library);
  ASSERT_TRUE(large) << large.error().front().text();
  EXPECT_EQ(large->point(large->point_of(MeterId{0}, Quantity::energy_import)).modulus, 0);
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

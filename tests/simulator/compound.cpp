#include "tests/simulator/compound.hpp"

#include <algorithm>
#include <array>
#include <cmath>

namespace gateway::simulator {
namespace {

struct Use {
  std::string_view id, name, name_en, subitem;
  Load load;
  double size;
};
constexpr std::array<Use, 8> uses{{
    {"light", "照明", "lighting", "01A10", Load::lighting, 18'000},
    {"socket", "办公插座", "office sockets", "01A40", Load::sockets, 14'000},
    {"corridor", "走廊照明", "corridor lighting", "01A20", Load::corridor, 3'000},
    {"ac", "空调", "air conditioning", "01B20", Load::air_conditioning, 42'000},
    {"lift", "电梯", "lifts", "01C10", Load::lifts, 9'000},
    {"pump", "水泵", "pumps", "01C20", Load::pumps, 5'000},
    {"fan", "通风机", "ventilation", "01C30", Load::ventilation, 6'000},
    {"special", "", "", "", Load::steady, 8'000},
}};
struct Building {
  std::string_view name, name_en, special, special_en, special_code;
  Load special_load;
};
constexpr std::array<Building, 3> buildings{{
    {"一号楼", "Building 1", "信息中心", "data centre", "01D10", Load::steady},
    {"二号楼", "Building 2", "厨房餐厅", "kitchen and canteen", "01D30", Load::kitchen},
    {"三号楼", "Building 3", "其他特殊用电", "other special use", "01D60", Load::steady},
}};

std::uint64_t mix(std::uint64_t x) {  // a counter-based random number: SplitMix64
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

double unit_interval(std::uint64_t x) { return static_cast<double>(mix(x) >> 11) * 0x1p-53; }

// 0 outside [from, to] hours, 1 inside, with slopes of `slope` hours.
double plateau(double hour, double from, double to, double slope) {
  return std::clamp(std::min((hour - from) / slope, (to - hour) / slope), 0.0, 1.0);
}

double curve(Load load, double hour, bool weekend) {
  const double office =
      plateau(hour, 7.5, 18.5, 1.0) * (1 - 0.25 * plateau(hour, 12, 13.5, 0.25)) * (weekend ? 0.12 : 1);
  switch (load) {
    case Load::lighting:
      return 0.06 + 0.94 * office;
    case Load::sockets:
      return 0.15 + 0.85 * office;
    case Load::corridor:
      return 0.5 + 0.5 * (1 - plateau(hour, 6.5, 18, 0.5));
    case Load::air_conditioning:
      return 0.03 + 0.97 * office * (0.6 + 0.4 * plateau(hour, 11, 16.5, 2));
    case Load::lifts:
      return 0.04 + 0.96 * office * (0.4 + 0.6 * std::max(plateau(hour, 8, 9.2, 0.3), plateau(hour, 17.2, 18.4, 0.3)));
    case Load::pumps:
      return 0.1 + 0.5 * office;
    case Load::ventilation:
      return 0.08 + 0.92 * office;
    case Load::steady:
      return 0.85 + 0.15 * office;
    case Load::kitchen:
      return 0.08 +
             0.92 * std::max(plateau(hour, 10, 13, 0.7), 0.5 * plateau(hour, 16.5, 18.5, 0.5)) * (weekend ? 0.2 : 1);
    case Load::washroom:
      return 0.002 + office * 0.9;
  }
  return 0;
}

// What a rate adds in a second: W in thousandths of a milliwatt-hour, L/h in thousandths of a millilitre.
std::int64_t thousandths_in_a_second(double rate) { return std::llround(rate * 1000 / 3.6); }

}  // namespace

Compound::Compound(std::uint64_t seed, std::int64_t start) : seed_(seed), now_(start) {
  constexpr std::array models{Model::eastron_sdm630, Model::chint_dtsu666, Model::abb_b23};
  for (std::size_t b = 0; b < buildings.size(); ++b) {
    const auto& building = buildings[b];
    const std::string area = "b" + std::to_string(b + 1);
    const auto line = b == 2 ? Line::rtu : Line::tcp;
    const auto unit = [&](std::size_t place) { return static_cast<std::uint8_t>((b == 2 ? 0 : b * 20) + place + 1); };
    for (std::size_t u = 0; u < uses.size(); ++u) {
      const auto& use = uses[u];
      const bool special = u + 1 == uses.size();
      PlantMeter meter;
      meter.id = area + "-" + std::string(use.id);
      meter.name = std::string(building.name) + std::string(special ? building.special : use.name);
      meter.name_en = std::string(building.name_en) + " " + std::string(special ? building.special_en : use.name_en);
      meter.area = area;
      meter.subitem = special ? building.special_code : use.subitem;
      meter.model = models[(b + u) % models.size()];
      meter.line = line;
      meter.unit = unit(u);
      meter.load = special ? building.special_load : use.load;
      meter.size = use.size * (1 + 0.3 * static_cast<double>(b));
      // Some years of use.
      meter.counter = static_cast<std::int64_t>(1e9 * (20 + 60 * unit_interval(mix(seed) + 100 * b + u)));
      meters_.push_back(std::move(meter));
    }
    for (std::size_t w = 0; w < 2; ++w) {
      PlantMeter meter;
      const bool washroom = w == 0;
      meter.id = area + (washroom ? "-water" : "-water-misc");
      meter.name = std::string(building.name) + (washroom ? "卫生间用水" : "其他用水");
      meter.name_en = std::string(building.name_en) + (washroom ? " washrooms water" : " other water");
      meter.area = area;
      meter.utility = Utility::water;
      meter.model = Model::kaifeng_xintai;
      meter.line = line;
      meter.unit = unit(uses.size() + w);
      meter.load = washroom ? Load::washroom : Load::kitchen;
      meter.size = washroom ? 1'500 : 900;
      meter.counter = static_cast<std::int64_t>(1e6 * (200 + 400 * unit_interval(mix(seed) + 100 * b + 50 + w)));
      meters_.push_back(std::move(meter));
    }
  }
  factors_.assign(meters_.size(), 1);
}

double Compound::noise(std::size_t meter, std::int64_t second) const {
  // Two layers, each a straight line between random numbers: minutes that wander, seconds that flicker.
  const auto layer = [&](std::int64_t period, std::uint64_t salt) {
    const auto at = second / period;
    const double part = static_cast<double>(second % period) / static_cast<double>(period);
    const auto value = [&](std::int64_t step) {
      return unit_interval(seed_ * 1'000'003 + meter * 7919 + salt + static_cast<std::uint64_t>(step) * 104'729);
    };
    return 2 * (value(at) * (1 - part) + value(at + 1) * part) - 1;
  };
  return 0.08 * layer(180, 1) + 0.03 * layer(4, 2);
}

double Compound::rate(std::size_t meter) const { return factors_[meter] * rate_at(meter, now_); }

double Compound::rate_at(std::size_t meter, std::int64_t second) const {
  const auto& plant = meters_[meter];
  const auto day = second / 86'400;
  const bool weekend = (day + 3) % 7 >= 5;  // 1970-01-01 was a Thursday
  const double hour = static_cast<double>(second % 86'400) / 3'600;
  return std::max(0.0, plant.size * curve(plant.load, hour, weekend) * (1 + noise(meter, second)));
}

void Compound::wrap_at(std::size_t meter, std::int64_t after) {
  std::int64_t until_then = 0;
  for (std::int64_t i = 1; i <= after; ++i) until_then += thousandths_in_a_second(rate_at(meter, now_ + i));
  meters_[meter].counter = modulus_of(meters_[meter].utility) - until_then / 1000;
  meters_[meter].carry = 0;
}

void Compound::advance(std::int64_t seconds) {
  for (std::int64_t i = 0; i < seconds; ++i) {
    ++now_;
    for (std::size_t m = 0; m < meters_.size(); ++m) {
      auto& meter = meters_[m];
      meter.carry += thousandths_in_a_second(rate(m));
      meter.counter = (meter.counter + meter.carry / 1000) % modulus_of(meter.utility);
      meter.carry %= 1000;
    }
  }
}

const PlantMeter* Compound::find(Line line, std::uint8_t unit) const {
  const auto found =
      std::ranges::find_if(meters_, [&](const PlantMeter& meter) { return meter.line == line && meter.unit == unit; });
  return found == meters_.end() ? nullptr : &*found;
}

}  // namespace gateway::simulator

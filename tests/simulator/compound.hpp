// A compound that behaves: three buildings, their meters and what flows through them, as a pure function of a seed and
// of time.
//
// Power follows office hours, weekday and kind of use, with noise that depends on the seed alone; counters are the
// integral of power, second by second, in integers. Not thread-safe.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "core/quantity.hpp"

namespace gateway::simulator {

enum class Line : std::uint8_t { tcp, rtu };
enum class Model : std::uint8_t { eastron_sdm630, chint_dtsu666, abb_b23, kaifeng_xintai };
enum class Load : std::uint8_t {
  lighting,
  sockets,
  corridor,
  air_conditioning,
  lifts,
  pumps,
  ventilation,
  steady,
  kitchen,
  washroom
};

struct PlantMeter {
  std::string id;
  std::string name;
  std::string name_en;
  std::string area;
  std::string subitem;
  Utility utility = Utility::electricity;
  Model model{};
  Line line{};
  std::uint8_t unit = 1;
  Load load{};
  double size = 0;           // W, or L/h, at the busiest hour
  std::int64_t counter = 0;  // milliwatt-hours or millilitres
  std::int64_t carry = 0;    // thousandths of a step of the counter, not counted yet
};

// Where the displays of these meters begin again: 1,000,000 kWh and 100,000 m3, from memory, unverified.
constexpr std::int64_t electricity_modulus = 1'000'000'000'000;  // milliwatt-hours
constexpr std::int64_t water_modulus = 100'000'000'000;          // millilitres
[[nodiscard]] constexpr std::int64_t modulus_of(Utility utility) {
  return utility == Utility::electricity ? electricity_modulus : water_modulus;
}

class Compound {
 public:
  // start: seconds of local time since 1970-01-01 00:00 local.
  Compound(std::uint64_t seed, std::int64_t start);

  // Sets a meter's counter so that it reaches its last digit and begins again at 0 in the second `after` from now.
  void wrap_at(std::size_t meter, std::int64_t after);
  // From now on that meter shows so many times what it usually would.
  void surge(std::size_t meter, double factor) { factors_[meter] = factor; }
  // Lets time pass, second by second.
  void advance(std::int64_t seconds);
  [[nodiscard]] std::int64_t now() const noexcept { return now_; }

  // W or L/h.
  [[nodiscard]] double rate(std::size_t meter) const;
  [[nodiscard]] const std::vector<PlantMeter>& meters() const noexcept { return meters_; }
  [[nodiscard]] const PlantMeter* find(Line line, std::uint8_t unit) const;
  [[nodiscard]] std::size_t index_of(const PlantMeter& meter) const {
    return static_cast<std::size_t>(&meter - meters_.data());
  }

 private:
  [[nodiscard]] double noise(std::size_t meter, std::int64_t second) const;
  [[nodiscard]] double rate_at(std::size_t meter, std::int64_t second) const;

  std::uint64_t seed_;
  std::int64_t now_;
  std::vector<PlantMeter> meters_;
  std::vector<double> factors_;
};

}  // namespace gateway::simulator

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
  double size = 0;            // W, or L/h, at the busiest hour
  std::int64_t counter = 0;   // milliwatt-hours or millilitres
  std::int64_t wraps_at = 0;  // 0: only at the width of its register
};

class Compound {
 public:
  // start: seconds of local time since 1970-01-01 00:00 local.
  Compound(std::uint64_t seed, std::int64_t start);

  // Lets time pass, second by second.
  void advance(std::int64_t seconds);
  [[nodiscard]] std::int64_t now() const noexcept { return now_; }

  // W or L/h.
  [[nodiscard]] double rate(std::size_t meter) const;
  [[nodiscard]] const std::vector<PlantMeter>& meters() const noexcept { return meters_; }
  [[nodiscard]] PlantMeter& meter(std::size_t index) { return meters_[index]; }
  [[nodiscard]] const PlantMeter* find(Line line, std::uint8_t unit) const;
  [[nodiscard]] std::size_t index_of(const PlantMeter& meter) const {
    return static_cast<std::size_t>(&meter - meters_.data());
  }

 private:
  [[nodiscard]] double noise(std::size_t meter, std::int64_t second) const;

  std::uint64_t seed_;
  std::int64_t now_;
  std::vector<PlantMeter> meters_;
};

}  // namespace gateway::simulator

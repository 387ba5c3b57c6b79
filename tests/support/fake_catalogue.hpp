// A meter catalogue for tests that are not about register maps.
#pragma once

#include <array>

#include "core/site_reader.hpp"

namespace gateway::test {

// "electric": energy counter (wraps at 1,000,000 kWh) and power. "electric-power": power only. "water": volume counter
// and flow.
class FakeCatalogue final : public MeterCatalogue {
 public:
  [[nodiscard]] std::optional<MeterModelOutline> outline(std::string_view model) const override {
    using enum Quantity;
    if (model == "electric")
      return MeterModelOutline{Utility::electricity, {{active_power, 0}, {energy_import, 1'000'000'000'000}}};
    if (model == "electric-power") return MeterModelOutline{Utility::electricity, {{active_power, 0}}};
    if (model == "water") return MeterModelOutline{Utility::water, {{flow, 0}, {volume, 0}}};
    return std::nullopt;
  }
  [[nodiscard]] std::vector<std::string_view> models() const override {
    return {"electric", "electric-power", "water"};
  }
};

}  // namespace gateway::test

// The site.toml that fits the simulated compound: everything but [[sink]] and [web], which depend on where it runs.
#pragma once

#include <string>
#include <vector>

#include "tests/simulator/compound.hpp"
#include "tests/simulator/sensors.hpp"

namespace gateway::simulator {

[[nodiscard]] std::string site_of(const Compound& compound, const std::vector<PlantSensor>& sensors,
                                  const std::string& tcp, const std::string& rtu, const std::string& mqtt);
// `meters` meters of the model generic-10 over the endpoints, and eight doors d1 ... d8.
[[nodiscard]] std::string bench_site(std::size_t meters, const std::vector<std::string>& endpoints,
                                     const std::string& mqtt);

}  // namespace gateway::simulator

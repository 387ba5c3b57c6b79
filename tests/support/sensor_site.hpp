// A small site with doors, a leak sensor, a camera and a meter, for tests of sensing and alarms.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include "tests/support/fake_catalogue.hpp"

namespace gateway::test {

inline constexpr std::string_view sensor_site_text = R"([site]
id = "cangshan"
name = "仓山"
[[bus]]
id = "plant"
url = "tcp://127.0.0.1:1502"
[[meter]]
id = "main"
name = "总表"
name_en = "Main meter"
bus = "plant"
unit = 1
model = "electric"
[broker]
url = "mqtt://127.0.0.1:1883"
discovery_prefix = "homeassistant"
[[sensor]]
id = "east"
kind = "door"
topic = "zigbee2mqtt/b1/east"
name = "一号楼东门"
name_en = "Building 1 east door"
silent_after = "2h"
[[sensor]]
id = "west"
kind = "door"
topic = "zigbee2mqtt/b1/west"
silent_after = "2h"
[[sensor]]
id = "pump-room"
kind = "leak"
topic = "zigbee2mqtt/pump-room"
name = "泵房"
name_en = "Pump room"
[[sensor]]
id = "gate"
kind = "camera"
topic = "frigate/gate"
)";

inline Site make_site(const std::string& text) {
  auto site = parse_site(text, "test.toml", FakeCatalogue{});
  if (!site) {
    std::string all;
    for (const auto& problem : site.error()) all += problem.what + "; " + problem.remedy + "\n";
    throw std::runtime_error(all);
  }
  return std::move(*site);
}

inline Site sensor_site(std::string_view more = "") {
  return make_site(std::string(sensor_site_text) + std::string(more));
}

}  // namespace gateway::test

// What the sensors' messages say. One file a family; each a pure function from a payload to values. What can't be
// understood is told as a problem, never as a value. Any thread.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/quantity.hpp"

namespace gateway {

struct SensorValue {
  Quantity quantity{};
  double value = 0;  // flags: 0 or 1

  bool operator==(const SensorValue&) const = default;
};

// A message may be understood in part: a door that tells nonsense about its battery has still been opened.
struct Decoded {
  std::vector<SensorValue> values;
  std::string problem;  // the first thing that was not understood; "" when there was none
};

// A device's own topic: {"contact": false, "battery": 97, ...}. Unknown keys are ignored. `contact` is true when the
// contact is made: closed.
[[nodiscard]] Decoded decode_zigbee2mqtt(std::string_view payload);
// .../availability and bridge/state: {"state": "online"} (2.x) or plain online/offline (1.x). frigate/available:
// stopped too.
[[nodiscard]] std::expected<bool, std::string> decode_availability(std::string_view payload);

struct FrigateEvent {
  std::string camera;
  std::string id;
  std::string label;  // "person", "car", ...
  bool ended = false;
};
// frigate/events.
[[nodiscard]] std::expected<FrigateEvent, std::string> decode_frigate_event(std::string_view payload);
// frigate/<camera>/<object>: how many are seen. Any integer from 0 on.
[[nodiscard]] std::expected<unsigned, std::string> decode_count(std::string_view payload);

}  // namespace gateway

// What the sensors' messages say. One file a family; each a pure function from a payload to values. What can't be
// understood is told as a problem, never as a value. Any thread.
#pragma once

#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/quantity.hpp"
#include "core/site.hpp"
#include "core/status.hpp"

namespace gateway {

struct SensorValue {
  Quantity quantity{};
  double value = 0;  // flags: 0 or 1

  bool operator==(const SensorValue&) const = default;
};

struct PayloadProblem {
  PayloadFault kind{};
  std::string text;
};

// A message may be understood in part: a door that tells nonsense about its battery has still been opened. No values
// and no problem: the message is not about what we keep.
struct Decoded {
  std::vector<SensorValue> values;
  std::optional<PayloadProblem> problem;  // the first thing that was not understood
  std::optional<UtcTime> said;            // when the device says that it said so; a retained message's age

  void fail(PayloadFault kind, std::string text) {
    if (!problem) problem = PayloadProblem{kind, std::move(text)};
  }
};

using Availability = std::expected<bool, PayloadProblem>;

// Every family's words about being there: online/offline (Zigbee2MQTT 1.x, Frigate; Tasmota writes Online), stopped
// (Frigate), true/false (Shelly), {"state": "online"} (Zigbee2MQTT 2.x).
[[nodiscard]] Availability decode_availability(std::string_view payload);

// Zigbee2MQTT, a device's own topic: {"contact": false, "battery": 97, ...}. Unknown keys are ignored. `contact` is
// true when the contact is made: closed.
[[nodiscard]] Decoded decode_zigbee2mqtt(std::string_view payload);

// Tasmota, tele/<topic>/SENSOR and stat/<topic>/RESULT. `device.key` ("Switch1", "POWER") is what the contact is wired
// to, ON is open or wet. With `device.zigbee_device` only what the bridge says of that device counts (by short address
// or name): Contact 1 is open.
[[nodiscard]] Decoded decode_tasmota(std::string_view payload, const Sensor& device);
// stat/<topic>/POWER<n>, plain ON or OFF.
[[nodiscard]] Decoded decode_tasmota_power(std::string_view payload, const Sensor& device);

// Shelly, first generation: the part of the topic after shellies/<id>/, as "sensor/state".
[[nodiscard]] Decoded decode_shelly1(std::string_view subtopic, std::string_view payload);
// Shelly, second generation and later: <id>/events/rpc. NotifyStatus tells only what changed; a message about nothing
// that we keep gives nothing. `input`: which input a door contact is wired to.
[[nodiscard]] Decoded decode_shelly2_rpc(std::string_view payload, int input);
// <id>/status/<component>, as "flood:0".
[[nodiscard]] Decoded decode_shelly2_status(std::string_view component, std::string_view payload, int input);

struct FrigateEvent {
  std::string camera;
  std::string id;     // 64 bytes at most
  std::string label;  // "person", "car", ...
  bool ended = false;
};
// frigate/events.
[[nodiscard]] std::expected<FrigateEvent, PayloadProblem> decode_frigate_event(std::string_view payload);
// frigate/<camera>/<object>: how many are seen. Any integer from 0 on.
[[nodiscard]] std::expected<unsigned, PayloadProblem> decode_count(std::string_view payload);
// frigate/<camera>/status/<role>: online, offline, or disabled, which is on purpose and counts as well.
[[nodiscard]] Availability decode_camera_role(std::string_view payload);
// frigate/<camera>/motion: ON or OFF.
[[nodiscard]] Decoded decode_frigate_motion(std::string_view payload);

// A device that site.toml describes itself: of `values` those of this topic.
[[nodiscard]] Decoded decode_mapped(std::string_view topic, std::string_view payload,
                                    std::span<const ValueMapping> values);

// A payload as people may see it: control characters and what is not UTF-8 are dots, 200 bytes at most.
[[nodiscard]] std::string payload_excerpt(std::string_view payload);

}  // namespace gateway

// Home Assistant's MQTT discovery: devices publish, retained, what they are and where they say it. Read here in order
// to propose them to whoever writes site.toml; nothing is taken in by itself. Anybody who may publish may announce:
// what is longer than a device has need of is refused. Pure; any thread.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mqtt/payload.hpp"

namespace gateway {

// Zigbee2MQTT's are 1 to 3 kB, a device with its parts 10.
inline constexpr std::size_t largest_announcement = std::size_t{16} * 1024;
inline constexpr std::size_t longest_announced_text = 256;  // of a name, a topic, a word
inline constexpr std::size_t most_announced_entities = 64;  // of one announcement

// One thing that we could keep; each text is longest_announced_text bytes at most.
struct AnnouncedEntity {
  std::string device;       // its identifier, else the entity's unique id, else the announcement's topic
  std::string device_name;  // as people know it
  std::string model;
  Quantity quantity{};  // what of ours it is
  std::string state_topic;
  std::optional<std::string> pointer;   // into a JSON payload; "": plain text; none: its template can't be translated
  std::string value_template;           // as announced; its beginning
  std::string payload_on, payload_off;  // flags
  std::string availability_topic;

  bool operator==(const AnnouncedEntity&) const = default;
};

// <prefix>/<component>/[<node>/]<object>/config, or <prefix>/device/<id>/config with several components in it. Entities
// that say nothing that we keep are left out. An empty payload takes the announcement back: no entities.
[[nodiscard]] std::expected<std::vector<AnnouncedEntity>, PayloadProblem> decode_announcement(std::string_view prefix,
                                                                                              std::string_view topic,
                                                                                              std::string_view payload);
// "{{ value_json.a.b }}" -> "/a/b"; "{{ value }}" and "" -> ""; nullopt for anything that computes.
[[nodiscard]] std::optional<std::string> pointer_of_template(std::string_view text);
// Who announces: alarms that a gateway itself publishes are no devices.
inline constexpr std::string_view own_origin = "Compound Gateway";

}  // namespace gateway

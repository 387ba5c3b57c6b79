// Home Assistant's MQTT discovery: devices publish, retained, what they are and where they say it. Read here in order
// to propose them to whoever writes site.toml; nothing is taken in by itself. Pure; any thread.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "drivers/mqtt/payload.hpp"

namespace gateway {

struct AnnouncedEntity {
  std::string device;       // its identifier, else the entity's unique id, else the announcement's topic
  std::string device_name;  // as people know it
  std::string model;
  std::optional<Quantity> quantity;  // what of ours it is; none: nothing that we keep
  std::string state_topic;
  std::optional<std::string> pointer;   // into a JSON payload; "": plain text; none: its template can't be translated
  std::string value_template;           // as announced
  std::string payload_on, payload_off;  // flags
  std::string availability_topic;
};

// <prefix>/<component>/[<node>/]<object>/config, or <prefix>/device/<id>/config with several components in it. An empty
// payload takes the announcement back: no entities.
[[nodiscard]] std::expected<std::vector<AnnouncedEntity>, PayloadProblem> decode_announcement(std::string_view prefix,
                                                                                              std::string_view topic,
                                                                                              std::string_view payload);
// "{{ value_json.a.b }}" -> "/a/b"; "{{ value }}" and "" -> ""; nullopt for anything that computes.
[[nodiscard]] std::optional<std::string> pointer_of_template(std::string_view text);
// Who announces: alarms that a gateway itself publishes are no devices.
inline constexpr std::string_view own_origin = "Compound Gateway";

}  // namespace gateway

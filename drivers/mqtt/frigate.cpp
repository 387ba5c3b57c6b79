#include "drivers/mqtt/json.hpp"
#include "drivers/mqtt/payload.hpp"

namespace gateway {

std::expected<FrigateEvent, std::string> decode_frigate_event(std::string_view payload) {
  const auto parsed = parse_payload(payload);
  if (!parsed) return std::unexpected(parsed.error());
  const auto* object = parsed->if_object();
  const auto text = [](const boost::json::object* from, std::string_view key) -> std::string {
    const auto* value = from == nullptr ? nullptr : from->if_contains({key.data(), key.size()});
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
  };
  const auto type = text(object, "type");
  if (type != "new" && type != "update" && type != "end") return std::unexpected("\"type\" is not new, update or end");
  const auto* after_value = object->if_contains("after");
  const auto* after = after_value == nullptr ? nullptr : after_value->if_object();
  FrigateEvent event{text(after, "camera"), text(after, "id"), text(after, "label"), type == "end"};
  if (event.camera.empty() || event.id.empty() || event.label.empty())
    return std::unexpected("\"after\" lacks camera, id or label");
  // Frigate marks what it took for something else later on; such an event is over.
  if (const auto* wrong = after->if_contains("false_positive");
      wrong != nullptr && wrong->is_bool() && wrong->get_bool())
    event.ended = true;
  return event;
}

}  // namespace gateway

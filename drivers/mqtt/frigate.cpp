#include <charconv>

#include "drivers/mqtt/json.hpp"
#include "drivers/mqtt/payload.hpp"

namespace gateway {

std::expected<FrigateEvent, std::string> decode_frigate_event(std::string_view payload) {
  const JsonPayload parsed(payload);
  if (!parsed.problem().empty()) return std::unexpected(parsed.problem());
  const auto type = text_member(parsed.object(), "type");
  if (type != "new" && type != "update" && type != "end") return std::unexpected("\"type\" is not new, update or end");
  const auto* after_value = member(parsed.object(), "after");
  const auto* after = after_value == nullptr ? nullptr : after_value->if_object();
  FrigateEvent event{std::string(text_member(after, "camera")), std::string(text_member(after, "id")),
                     std::string(text_member(after, "label")), type == "end"};
  if (event.camera.empty() || event.id.empty() || event.label.empty())
    return std::unexpected("\"after\" lacks camera, id or label");
  // Frigate marks what it took for something else later on; such an event is over.
  if (const auto* wrong = member(after, "false_positive"); wrong != nullptr && wrong->is_bool() && wrong->get_bool())
    event.ended = true;
  return event;
}

std::expected<unsigned, std::string> decode_count(std::string_view payload) {
  unsigned count = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), count);
  if (error != std::errc{} || end != payload.data() + payload.size()) return std::unexpected("not a count");
  return count;
}

}  // namespace gateway

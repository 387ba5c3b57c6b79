#include <charconv>

#include "drivers/mqtt/json.hpp"
#include "drivers/mqtt/payload.hpp"

namespace gateway {
namespace {

// Frigate's are 24 characters: a time and six letters. Those of open events are kept.
constexpr std::size_t longest_event_id = 64;

std::unexpected<PayloadProblem> wrong(PayloadFault kind, std::string text) {
  return std::unexpected(PayloadProblem{kind, std::move(text)});
}

}  // namespace

std::expected<FrigateEvent, PayloadProblem> decode_frigate_event(std::string_view payload) {
  const JsonPayload parsed(payload);
  if (parsed.problem()) return std::unexpected(*parsed.problem());
  const auto type = text_member(parsed.object(), "type");
  if (type != "new" && type != "update" && type != "end")
    return wrong(PayloadFault::wrong_shape, "\"type\" is not new, update or end");
  const auto* after = object_member(parsed.object(), "after");
  FrigateEvent event{std::string(text_member(after, "camera")), std::string(text_member(after, "id")),
                     std::string(text_member(after, "label")), type == "end"};
  if (event.camera.empty() || event.id.empty() || event.label.empty())
    return wrong(PayloadFault::wrong_shape, "\"after\" lacks camera, id or label");
  if (event.id.size() > longest_event_id) return wrong(PayloadFault::too_long, "an event's id longer than 64 bytes");
  // Frigate marks what it took for something else later on; such an event is over.
  if (const auto* mistaken = member(after, "false_positive");
      mistaken != nullptr && mistaken->is_bool() && mistaken->get_bool())
    event.ended = true;
  return event;
}

std::expected<unsigned, PayloadProblem> decode_count(std::string_view payload) {
  unsigned count = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), count);
  if (error != std::errc{} || end != payload.data() + payload.size())
    return wrong(PayloadFault::wrong_value, "not a count");
  return count;
}

Availability decode_camera_role(std::string_view payload) {
  if (payload == "online" || payload == "disabled") return true;
  if (payload == "offline") return false;
  return wrong(PayloadFault::wrong_value, "neither online, offline nor disabled");
}

Decoded decode_frigate_motion(std::string_view payload) {
  Decoded out;
  if (payload == "ON" || payload == "OFF")
    out.values.push_back({Quantity::motion, payload == "ON" ? 1.0 : 0.0});
  else
    out.fail(PayloadFault::wrong_value, "neither ON nor OFF");
  return out;
}

}  // namespace gateway

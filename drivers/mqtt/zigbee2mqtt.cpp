#include "drivers/mqtt/json.hpp"
#include "drivers/mqtt/payload.hpp"
#include "drivers/mqtt/time_said.hpp"

namespace gateway {
namespace {

struct Key {
  std::string_view name;
  Quantity quantity;
  bool inverted = false;  // of flags
  double scale = 1;       // of numbers
};
constexpr Key keys[] = {
    {"contact", Quantity::open, true},
    {"water_leak", Quantity::wet},
    {"tamper", Quantity::tamper},
    {"battery_low", Quantity::battery_low},
    {"occupancy", Quantity::motion},
    {"battery", Quantity::battery_pct},
    {"voltage", Quantity::battery_voltage, false, 1e-3},  // millivolts
    {"linkquality", Quantity::link_quality},
    {"temperature", Quantity::temperature},
    {"humidity", Quantity::humidity},
};

// `last_seen` is off by default; the site's choice of ISO 8601 or milliseconds since 1970.
std::optional<UtcTime> last_seen(const boost::json::object& message) noexcept {
  const auto* value = member(&message, "last_seen");
  if (value == nullptr) return std::nullopt;
  if (value->is_string()) return parse_iso8601(text_of(value));
  const auto milliseconds = number_of(*value);
  return milliseconds ? utc_from_seconds(*milliseconds / 1000) : std::nullopt;
}

}  // namespace

Decoded decode_zigbee2mqtt(std::string_view payload) {
  Decoded out;
  const JsonPayload parsed(payload);
  const auto* message = parsed.object_for(out);
  if (message == nullptr) return out;
  out.values.reserve(8);
  for (const auto& key : keys) {
    const auto* value = member(message, key.name);
    if (value == nullptr || value->is_null()) continue;  // null: the bridge does not know it yet
    if (traits(key.quantity).kind != ValueKind::flag) {
      take_number(out, message, key.name, key.quantity, key.scale);
    } else if (value->is_bool()) {
      out.values.push_back({key.quantity, value->get_bool() != key.inverted ? 1.0 : 0.0});
    } else {
      out.fail(PayloadFault::wrong_value, "'" + std::string(key.name) + "' is not true or false");
    }
  }
  out.said = last_seen(*message);
  return out;
}

}  // namespace gateway

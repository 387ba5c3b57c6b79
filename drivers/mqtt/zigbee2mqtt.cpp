#include <charconv>
#include <cmath>

#include "drivers/mqtt/json.hpp"
#include "drivers/mqtt/payload.hpp"

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

}  // namespace

Decoded decode_zigbee2mqtt(std::string_view payload) {
  const auto parsed = parse_payload(payload);
  if (!parsed) return std::unexpected(parsed.error());
  const auto* object = parsed->if_object();
  if (object == nullptr) return std::unexpected("not a JSON object");
  std::vector<SensorValue> out;
  for (const auto& key : keys) {
    const auto* value = object->if_contains({key.name.data(), key.name.size()});
    if (value == nullptr || value->is_null()) continue;  // null: the bridge does not know it yet
    if (traits(key.quantity).kind == ValueKind::flag) {
      if (!value->is_bool()) return std::unexpected("'" + std::string(key.name) + "' is not true or false");
      out.push_back({key.quantity, value->get_bool() != key.inverted ? 1.0 : 0.0});
    } else {
      boost::system::error_code error;
      const auto number = value->to_number<double>(error);
      if (error || !std::isfinite(number)) return std::unexpected("'" + std::string(key.name) + "' is not a number");
      out.push_back({key.quantity, number * key.scale});
    }
  }
  return out;
}

std::expected<bool, std::string> decode_availability(std::string_view payload) {
  if (payload == "online") return true;
  if (payload == "offline" || payload == "stopped") return false;  // Frigate says stopped when it was ended on purpose
  const auto parsed = parse_payload(payload);
  if (!parsed) return std::unexpected("neither online nor offline");
  const auto* object = parsed->if_object();
  const auto* state = object == nullptr ? nullptr : object->if_contains("state");
  if (state == nullptr || !state->is_string()) return std::unexpected("has no \"state\"");
  if (state->get_string() == "online") return true;
  if (state->get_string() == "offline") return false;
  return std::unexpected("\"state\" is neither online nor offline");
}

std::expected<unsigned, std::string> decode_count(std::string_view payload) {
  unsigned count = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), count);
  if (error != std::errc{} || end != payload.data() + payload.size()) return std::unexpected("not a count");
  return count;
}

}  // namespace gateway

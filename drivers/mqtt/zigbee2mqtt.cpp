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
  Decoded out;
  const JsonPayload parsed(payload);
  out.problem = parsed.problem();
  if (!out.problem.empty()) return out;
  if (parsed.object() == nullptr) {
    out.problem = "not a JSON object";
    return out;
  }
  out.values.reserve(8);
  const auto wrong = [&](std::string_view key, std::string_view wanted) {
    if (out.problem.empty()) out.problem = "'" + std::string(key) + "' is not " + std::string(wanted);
  };
  for (const auto& key : keys) {
    const auto* value = member(parsed.object(), key.name);
    if (value == nullptr || value->is_null()) continue;  // null: the bridge does not know it yet
    if (traits(key.quantity).kind == ValueKind::flag) {
      if (value->is_bool())
        out.values.push_back({key.quantity, value->get_bool() != key.inverted ? 1.0 : 0.0});
      else
        wrong(key.name, "true or false");
    } else {
      boost::system::error_code error;
      const auto number = value->to_number<double>(error);
      if (!error && std::isfinite(number))
        out.values.push_back({key.quantity, number * key.scale});
      else
        wrong(key.name, "a number");
    }
  }
  return out;
}

std::expected<bool, std::string> decode_availability(std::string_view payload) {
  if (payload == "online") return true;
  if (payload == "offline" || payload == "stopped") return false;  // Frigate says stopped when it was ended on purpose
  const JsonPayload parsed(payload);
  if (!parsed.problem().empty()) return std::unexpected("neither online nor offline");
  const auto state = text_member(parsed.object(), "state");
  if (state == "online") return true;
  if (state == "offline") return false;
  return std::unexpected("\"state\" is neither online nor offline");
}

}  // namespace gateway

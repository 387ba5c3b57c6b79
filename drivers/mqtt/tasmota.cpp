#include "drivers/mqtt/json.hpp"
#include "drivers/mqtt/payload.hpp"
#include "drivers/mqtt/time_said.hpp"

namespace gateway {
namespace {

Quantity contact_of(const Sensor& device) noexcept {
  switch (device.kind) {
    case Sensor::Kind::leak:
      return Quantity::wet;
    case Sensor::Kind::motion:
      return Quantity::motion;
    default:
      return Quantity::open;
  }
}

std::optional<bool> on_or_off(std::string_view text) noexcept {
  if (text == "ON" || text == "on" || text == "1") return true;
  if (text == "OFF" || text == "off" || text == "0") return false;
  return std::nullopt;
}

void take_switch(Decoded& out, const boost::json::value& value, const Sensor& device) {
  // With SetOption114: {"Switch1": {"Action": "ON"}}.
  const auto* as_object = value.if_object();
  const auto text = as_object != nullptr ? text_member(as_object, "Action") : text_of(&value);
  auto state = on_or_off(text);
  if (!state && as_object == nullptr) state = truth_of(value);
  if (state)
    out.values.push_back({contact_of(device), *state ? 1.0 : 0.0});
  else
    out.fail(PayloadFault::wrong_value, "'" + device.key + "' is neither ON nor OFF");
}

// What the bridge said of the device. SetOption83 makes the name the key, SetOption118 leaves "ZbReceived" out,
// SetOption112 and 119 leave the device out where the topic names it.
const boost::json::object* zigbee_report(const boost::json::object& message, std::string_view device) {
  const auto* reports = object_member(&message, "ZbReceived");
  if (reports == nullptr) reports = &message;
  if (const auto* by_key = object_member(reports, device)) return by_key;
  const auto names = [&](const boost::json::object* report) {
    return text_member(report, "Device") == device || text_member(report, "Name") == device;
  };
  if (names(reports)) return reports;
  for (const auto& entry : *reports)
    if (const auto* report = entry.value().if_object(); names(report)) return report;
  return nullptr;
}

void take_zigbee(Decoded& out, const boost::json::object& report) {
  take_flag(out, &report, "Contact", Quantity::open);  // 1: the zone's alarm is on, the contact is open
  take_flag(out, &report, "Water", Quantity::wet);
  take_flag(out, &report, "Occupancy", Quantity::motion);
  take_number(out, &report, "BatteryPercentage", Quantity::battery_pct);
  take_number(out, &report, "BatteryVoltage", Quantity::battery_voltage);
  take_number(out, &report, "LinkQuality", Quantity::link_quality);
  take_number(out, &report, "Temperature", Quantity::temperature);
  take_number(out, &report, "Humidity", Quantity::humidity);
}

// A wired sensor is an object under its chip's name: {"AM2301": {"Temperature": 21.5, "Humidity": 40}, "TempUnit":
// "C"}.
void take_climate(Decoded& out, const boost::json::object& message) {
  for (const auto& entry : message) {
    const auto* chip = entry.value().if_object();
    if (chip == nullptr || (!chip->contains("Temperature") && !chip->contains("Humidity"))) continue;
    take_number(out, chip, "Temperature", Quantity::temperature);
    if (!out.values.empty() && text_member(&message, "TempUnit") == "F")
      out.values.back().value = (out.values.back().value - 32) / 1.8;
    take_number(out, chip, "Humidity", Quantity::humidity);
    return;
  }
}

}  // namespace

Decoded decode_tasmota(std::string_view payload, const Sensor& device) {
  Decoded out;
  const JsonPayload parsed(payload);
  const auto* message = parsed.object_for(out);
  if (message == nullptr) return out;
  out.said = parse_iso8601(text_member(message, "Time"));
  if (!device.zigbee_device.empty()) {
    if (const auto* report = zigbee_report(*message, device.zigbee_device)) take_zigbee(out, *report);
    return out;
  }
  if (device.kind == Sensor::Kind::climate)
    take_climate(out, *message);
  else if (const auto* contact = member(message, device.key))
    take_switch(out, *contact, device);
  return out;
}

Decoded decode_tasmota_power(std::string_view payload, const Sensor& device) {
  Decoded out;
  if (const auto state = on_or_off(payload))
    out.values.push_back({contact_of(device), *state ? 1.0 : 0.0});
  else
    out.fail(PayloadFault::wrong_value, "neither ON nor OFF");
  return out;
}

}  // namespace gateway

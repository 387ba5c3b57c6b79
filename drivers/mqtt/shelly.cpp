#include <charconv>
#include <cmath>

#include "drivers/mqtt/json.hpp"
#include "drivers/mqtt/payload.hpp"
#include "drivers/mqtt/time_said.hpp"

namespace gateway {
namespace {

void text_number(Decoded& out, std::string_view payload, Quantity quantity) {
  double value = 0;
  const auto [end, error] = std::from_chars(payload.data(), payload.data() + payload.size(), value);
  if (error != std::errc{} || end != payload.data() + payload.size() || !std::isfinite(value))
    out.fail(PayloadFault::wrong_value, "not a number");
  else
    out.values.push_back({quantity, value});
}

void text_flag(Decoded& out, std::string_view payload, Quantity quantity, std::string_view on, std::string_view off) {
  if (payload == on || payload == off)
    out.values.push_back({quantity, payload == on ? 1.0 : 0.0});
  else
    out.fail(PayloadFault::wrong_value, "neither " + std::string(on) + " nor " + std::string(off));
}

// A component that tells an error of its own (a cable that is not plugged in, a sensor that can't be read) says nothing
// by its value.
bool is_faulty(Decoded& out, std::string_view component, const boost::json::object& status) {
  const auto* errors = member(&status, "errors");
  const auto* list = errors == nullptr ? nullptr : errors->if_array();
  if (list == nullptr || list->empty()) return false;
  const auto first = text_of(&list->front());
  out.fail(PayloadFault::device_fault, std::string(component) + ": " + std::string(first.empty() ? "error" : first));
  return true;
}

void take_component(Decoded& out, std::string_view component, const boost::json::object& status, int input) {
  const auto name = component.substr(0, component.find(':'));
  if (name == "input") {
    if (component == "input:" + std::to_string(input)) take_flag(out, &status, "state", Quantity::open);
    return;
  }
  if (name == "devicepower") {
    const auto* battery = object_member(&status, "battery");
    take_number(out, battery, "percent", Quantity::battery_pct);
    take_number(out, battery, "V", Quantity::battery_voltage);
    return;
  }
  if (name != "flood" && name != "temperature" && name != "humidity") return;
  if (is_faulty(out, component, status)) return;
  if (name == "flood") take_flag(out, &status, "alarm", Quantity::wet);
  if (name == "temperature") take_number(out, &status, "tC", Quantity::temperature);
  if (name == "humidity") take_number(out, &status, "rh", Quantity::humidity);
}

}  // namespace

Decoded decode_shelly1(std::string_view subtopic, std::string_view payload) {
  Decoded out;
  if (subtopic == "sensor/state")
    text_flag(out, payload, Quantity::open, "open", "close");
  else if (subtopic == "sensor/flood")
    text_flag(out, payload, Quantity::wet, "true", "false");
  else if (subtopic == "sensor/battery")
    text_number(out, payload, Quantity::battery_pct);
  else if (subtopic == "sensor/temperature")
    text_number(out, payload, Quantity::temperature);
  else if (subtopic == "sensor/humidity")
    text_number(out, payload, Quantity::humidity);
  return out;
}

Decoded decode_shelly2_rpc(std::string_view payload, int input) {
  Decoded out;
  const JsonPayload parsed(payload);
  const auto* message = parsed.object_for(out);
  if (message == nullptr) return out;
  const auto method = text_member(message, "method");
  if (method.empty()) return out.fail(PayloadFault::wrong_shape, "no \"method\""), out;
  if (method != "NotifyStatus" && method != "NotifyFullStatus") return out;  // a button, an answer to somebody else
  const auto* params = object_member(message, "params");
  if (params == nullptr) return out.fail(PayloadFault::wrong_shape, "no \"params\""), out;
  if (const auto* ts = member(params, "ts"))
    if (const auto seconds = number_of(*ts)) out.said = utc_from_seconds(*seconds);
  for (const auto& entry : *params)
    if (const auto* status = entry.value().if_object())
      take_component(out, {entry.key().data(), entry.key().size()}, *status, input);
  return out;
}

Decoded decode_shelly2_status(std::string_view component, std::string_view payload, int input) {
  Decoded out;
  const JsonPayload parsed(payload);
  if (const auto* status = parsed.object_for(out)) take_component(out, component, *status, input);
  return out;
}

}  // namespace gateway

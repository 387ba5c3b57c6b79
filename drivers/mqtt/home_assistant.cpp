#include "drivers/mqtt/home_assistant.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "drivers/mqtt/json.hpp"

namespace gateway {
namespace {

using boost::json::object;

// The member under its name or its documented abbreviation.
std::string_view either(const object* from, std::string_view name, std::string_view abbreviation) {
  const auto text = text_member(from, name);
  return text.empty() ? text_member(from, abbreviation) : text;
}
const object* object_either(const object* from, std::string_view name, std::string_view abbreviation) {
  const auto* found = object_member(from, name);
  return found != nullptr ? found : object_member(from, abbreviation);
}

// "~" stands for the base topic, at the front or at the end.
std::string expand(std::string_view topic, std::string_view base) {
  std::string out(topic);
  if (base.empty()) return out;
  if (out.starts_with('~'))
    out = std::string(base) + out.substr(1);
  else if (out.ends_with('~'))
    out = out.substr(0, out.size() - 1) + std::string(base);
  return out;
}

std::optional<Quantity> quantity_of(std::string_view component, std::string_view device_class) {
  using Entry = std::pair<std::string_view, Quantity>;
  static constexpr std::array<Entry, 9> flags{{{"door", Quantity::open},
                                               {"window", Quantity::open},
                                               {"opening", Quantity::open},
                                               {"garage_door", Quantity::open},
                                               {"moisture", Quantity::wet},
                                               {"motion", Quantity::motion},
                                               {"occupancy", Quantity::motion},
                                               {"tamper", Quantity::tamper},
                                               {"battery", Quantity::battery_low}}};
  static constexpr std::array<Entry, 3> numbers{
      {{"temperature", Quantity::temperature}, {"humidity", Quantity::humidity}, {"battery", Quantity::battery_pct}}};
  const auto find = [&](const auto& table) -> std::optional<Quantity> {
    const auto found = std::ranges::find(table, device_class, &Entry::first);
    return found == table.end() ? std::nullopt : std::optional(found->second);
  };
  if (component == "binary_sensor") return find(flags);
  if (component == "sensor") return find(numbers);
  return std::nullopt;
}

// payload_on may be text, true or a number.
std::string word_either(const object* from, std::string_view name, std::string_view abbreviation,
                        std::string_view otherwise) {
  const auto* value = member(from, name);
  if (value == nullptr) value = member(from, abbreviation);
  if (value == nullptr) return std::string(otherwise);
  if (value->is_string()) return std::string(text_of(value));
  return value->is_object() || value->is_array() ? std::string(otherwise) : boost::json::serialize(*value);
}

std::string availability_of(const object* config, std::string_view base) {
  const auto plain = either(config, "availability_topic", "avty_t");
  if (!plain.empty()) return expand(plain, base);
  const auto* list = member(config, "availability");
  if (list == nullptr) list = member(config, "avty");
  const auto* array = list == nullptr ? nullptr : list->if_array();
  if (array == nullptr || array->empty()) return {};
  // Zigbee2MQTT gives its bridge first and the device last.
  return expand(either(array->back().if_object(), "topic", "t"), base);
}

bool is_short(const AnnouncedEntity& entity) {
  const std::array texts{
      &entity.device,      &entity.device_name,       &entity.model, &entity.state_topic, &entity.payload_on,
      &entity.payload_off, &entity.availability_topic};
  return std::ranges::all_of(texts, [](const auto* text) { return text->size() <= longest_announced_text; });
}

AnnouncedEntity entity_of(Quantity quantity, const object* config, const object* device, std::string_view fallback) {
  const auto base = text_member(config, "~");
  AnnouncedEntity out;
  out.quantity = quantity;
  const auto* ids = member(device, "identifiers");
  if (ids == nullptr) ids = member(device, "ids");
  if (ids != nullptr && ids->is_array() && !ids->get_array().empty()) ids = &ids->get_array().front();
  out.device = text_of(ids);
  if (out.device.empty()) out.device = either(config, "unique_id", "uniq_id");
  if (out.device.empty()) out.device = fallback;
  out.device_name = text_member(device, "name");
  if (out.device_name.empty()) out.device_name = text_member(config, "name");
  out.model = either(device, "model", "mdl");
  out.state_topic = expand(either(config, "state_topic", "stat_t"), base);
  const auto value_template = either(config, "value_template", "val_tpl");
  out.value_template = value_template.substr(0, longest_announced_text);
  if (value_template.size() <= longest_announced_text) out.pointer = pointer_of_template(value_template);
  out.payload_on = word_either(config, "payload_on", "pl_on", "ON");
  out.payload_off = word_either(config, "payload_off", "pl_off", "OFF");
  out.availability_topic = availability_of(config, base);
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

constexpr bool is_name(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

}  // namespace

std::optional<std::string> pointer_of_template(std::string_view text) {
  text = trim(text);
  if (text.empty()) return "";
  if (!text.starts_with("{{") || !text.ends_with("}}") || text.size() < 4) return std::nullopt;
  text = trim(text.substr(2, text.size() - 4));
  if (text == "value") return "";
  constexpr std::string_view root = "value_json";
  if (!text.starts_with(root)) return std::nullopt;
  text.remove_prefix(root.size());
  std::string out;
  while (!text.empty()) {
    std::string_view name;
    if (text.front() == '.') {
      std::size_t end = 1;
      while (end < text.size() && is_name(text[end])) ++end;
      name = text.substr(1, end - 1);
      text.remove_prefix(end);
    } else if (text.starts_with("['") || text.starts_with("[\"")) {
      const auto end = text.find(text[1], 2);
      if (end == std::string_view::npos || end + 1 >= text.size() || text[end + 1] != ']') return std::nullopt;
      name = text.substr(2, end - 2);
      text.remove_prefix(end + 2);
    } else {
      return std::nullopt;  // a filter, a sum, a condition
    }
    if (name.empty()) return std::nullopt;
    out += '/';
    for (const char c : name) out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  }
  return out;
}

std::expected<std::vector<AnnouncedEntity>, PayloadProblem> decode_announcement(std::string_view prefix,
                                                                                std::string_view topic,
                                                                                std::string_view payload) {
  std::vector<AnnouncedEntity> out;
  if (payload.empty()) return out;
  if (payload.size() > largest_announcement || topic.size() > longest_announced_text)
    return std::unexpected(PayloadProblem{PayloadFault::too_long, "an announcement longer than 16 KiB"});
  if (!topic.starts_with(prefix) || topic.size() < prefix.size() + 2)
    return std::unexpected(PayloadProblem{PayloadFault::wrong_shape, "not below the discovery prefix"});
  const auto rest = topic.substr(prefix.size() + 1);
  const auto component = rest.substr(0, rest.find('/'));
  const JsonPayload parsed(payload);
  if (parsed.problem()) return std::unexpected(*parsed.problem());
  const auto* config = parsed.object();
  if (config == nullptr) return std::unexpected(PayloadProblem{PayloadFault::wrong_shape, "not a JSON object"});
  if (text_member(object_either(config, "origin", "o"), "name") == own_origin) return out;
  const auto* device = object_either(config, "device", "dev");
  const auto too_long = [] {
    return std::unexpected(PayloadProblem{PayloadFault::too_long, "a name or a topic longer than 256 bytes"});
  };
  if (component != "device") {
    const auto quantity = quantity_of(component, either(config, "device_class", "dev_cla"));
    if (!quantity) return out;
    auto entity = entity_of(*quantity, config, device, topic);
    if (!is_short(entity)) return too_long();
    if (!entity.state_topic.empty()) out.push_back(std::move(entity));
    return out;
  }
  const auto* components = object_either(config, "components", "cmps");
  if (components == nullptr)
    return std::unexpected(PayloadProblem{PayloadFault::wrong_shape, "a device without \"components\""});
  for (const auto& entry : *components) {
    const auto* each = entry.value().if_object();
    if (each == nullptr) continue;
    if (out.size() == most_announced_entities) break;
    const auto quantity = quantity_of(either(each, "platform", "p"), either(each, "device_class", "dev_cla"));
    if (!quantity) continue;
    auto entity = entity_of(*quantity, each, device, topic);
    // What all components share stands once, outside.
    const auto base = text_member(config, "~");
    if (entity.state_topic.empty()) entity.state_topic = expand(either(config, "state_topic", "stat_t"), base);
    if (entity.availability_topic.empty()) entity.availability_topic = availability_of(config, base);
    if (!is_short(entity)) return too_long();
    if (!entity.state_topic.empty()) out.push_back(std::move(entity));
  }
  return out;
}

}  // namespace gateway

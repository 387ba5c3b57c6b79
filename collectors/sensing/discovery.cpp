#include "collectors/sensing/discovery.hpp"

#include <algorithm>
#include <set>

namespace gateway {
namespace {

using enum Quantity;

std::string toml_text(std::string_view text) {
  static constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20 || byte == 0x7F) {
      out += "\\u00";
      out += digits[byte >> 4];
      out += digits[byte & 15];
    } else {
      out += c;
    }
  }
  return out + '"';
}

std::string id_from(std::string_view name) {
  std::string out;
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    const bool keeps = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9') || lower == '_';
    if (keeps)
      out += lower;
    else if (!out.empty() && out.back() != '-')
      out += '-';
  }
  while (out.ends_with('-')) out.pop_back();
  if (out.size() > 60) out.resize(60);
  return out;
}

std::string_view kind_of(const std::vector<const AnnouncedEntity*>& entities) {
  const auto has = [&](Quantity quantity) {
    return std::ranges::any_of(entities, [&](const auto* entity) { return entity->quantity == quantity; });
  };
  return has(open)                           ? "door"
         : has(wet)                          ? "leak"
         : has(motion)                       ? "motion"
         : has(temperature) || has(humidity) ? "climate"
                                             : "";
}

// Tasmota's topics and those of Shelly lie around or below what site.toml names.
bool lies_at(std::string_view topic, std::string_view named) {
  if (named.empty()) return false;
  for (auto at = topic.find(named); at != std::string_view::npos; at = topic.find(named, at + 1)) {
    const auto rest = topic.substr(at + named.size());
    if ((at == 0 || topic[at - 1] == '/') && (rest.empty() ? at == 0 : rest.front() == '/')) return true;
  }
  return false;
}

// A comment must stay on its line.
std::string comment(std::string_view text) { return "# " + payload_excerpt(text) + "\n"; }

std::string value_block(const AnnouncedEntity& entity) {
  const auto& named = traits(entity.quantity);
  if (!entity.pointer)
    return comment(std::string(named.name) +
                   " is computed by a template that a pointer can't say: " + entity.value_template);
  std::string out =
      "[[sensor.value]]\nquantity = " + toml_text(named.name) + "\ntopic = " + toml_text(entity.state_topic) + "\n";
  if (!entity.pointer->empty()) out += "pointer = " + toml_text(*entity.pointer) + "\n";
  if (named.kind == ValueKind::flag)
    out += "true_when = [" + toml_text(entity.payload_on) + "]\nfalse_when = [" + toml_text(entity.payload_off) + "]\n";
  return out;
}

}  // namespace

Discovery::Discovery(const Site& site) : site_(site), prefix_(site.broker ? site.broker->discovery_prefix : "") {}

std::vector<std::string> Discovery::subscriptions() const {
  if (prefix_.empty()) return {};
  return {prefix_ + "/+/+/config", prefix_ + "/+/+/+/config"};
}

bool Discovery::is_announcement(std::string_view topic) const noexcept {
  return !prefix_.empty() && topic.size() > prefix_.size() && topic.starts_with(prefix_) &&
         topic[prefix_.size()] == '/' && topic.ends_with("/config");
}

std::size_t Discovery::Announcement::bytes() const {
  constexpr std::size_t bookkeeping = 128;
  std::size_t sum = bookkeeping + topic.size();
  for (const auto& entity : entities)
    sum += sizeof entity + entity.device.size() + entity.device_name.size() + entity.model.size() +
           entity.state_topic.size() + entity.pointer.value_or("").size() + entity.value_template.size() +
           entity.payload_on.size() + entity.payload_off.size() + entity.availability_topic.size();
  return sum;
}

void Discovery::message(std::string_view topic, std::string_view payload) {
  auto entities = decode_announcement(prefix_, topic, payload);
  std::shared_ptr<const Announcement> news;
  if (entities) {
    std::erase_if(*entities, [this](const auto& entity) { return is_known(entity); });
    entities->shrink_to_fit();
    if (!entities->empty())
      news = std::make_shared<const Announcement>(Announcement{std::string(topic), std::move(*entities)});
  }
  const std::scoped_lock lock(mutex_);
  const auto found = announced_.find(topic);
  if (!entities) ++status_.refused;
  if (news && found != announced_.end() && found->second->entities == news->entities) return;  // said again
  if (found != announced_.end()) {
    bytes_ -= found->second->bytes();
    announced_.erase(found);
    ++changes_;
  }
  if (!news) return;
  if (announced_.size() >= most_announcements || bytes_ + news->bytes() > most_announced_bytes) {
    ++status_.no_room;
    return;
  }
  bytes_ += news->bytes();
  ++changes_;
  const std::string_view key = news->topic;
  announced_.emplace(key, std::move(news));
}

DiscoveryStatus Discovery::status() const {
  const std::scoped_lock lock(mutex_);
  return status_;
}

bool Discovery::is_known(const AnnouncedEntity& entity) const {
  return std::ranges::any_of(site_.sensors, [&](const Sensor& sensor) {
    const auto& topic = entity.state_topic;
    return lies_at(topic, sensor.topic) ||
           std::ranges::any_of(sensor.values, [&](const auto& value) { return value.topic == topic; });
  });
}

ProposedSensor Discovery::propose(const std::vector<const AnnouncedEntity*>& entities) const {
  const auto& first = *entities.front();
  ProposedSensor out;
  out.name = first.device_name.empty() ? first.device : first.device_name;
  out.id = id_from(out.name);
  if (out.id.empty()) out.id = id_from(first.device);  // a name in Chinese
  out.kind = kind_of(entities);
  const bool zigbee = site_.broker && first.state_topic.starts_with(site_.broker->zigbee2mqtt_base + "/");
  out.toml = comment(out.name + (first.model.empty() ? "" : " (" + first.model + ")") + " announced itself");
  out.toml += "[[sensor]]\nid = " + toml_text(out.id) + "\nname = " + toml_text(out.name) +
              "\nkind = " + toml_text(out.kind) + "\n";
  if (zigbee) {
    out.toml += "family = \"zigbee2mqtt\"\ntopic = " + toml_text(first.state_topic) + "\n";
    return out;
  }
  out.toml += "family = \"generic\"\n";
  if (!first.availability_topic.empty())
    out.toml += "availability_topic = " + toml_text(first.availability_topic) + "\n";
  for (const auto* entity : entities) out.toml += value_block(*entity);
  return out;
}

Discovery::Proposals Discovery::proposals() const {
  const std::scoped_lock making(making_);
  std::vector<std::shared_ptr<const Announcement>> announced;
  {
    const std::scoped_lock lock(mutex_);
    if (proposed_of_ == changes_) return proposals_;
    proposed_of_ = changes_;
    for (const auto& [topic, announcement] : announced_) announced.push_back(announcement);
  }
  proposals_ = std::make_shared<const std::vector<ProposedSensor>>(propose_all(announced));
  return proposals_;
}

std::vector<ProposedSensor> Discovery::propose_all(
    const std::vector<std::shared_ptr<const Announcement>>& announced) const {
  std::map<std::string_view, std::vector<const AnnouncedEntity*>> devices;
  std::map<std::string_view, std::string_view> topics;
  for (const auto& announcement : announced)
    for (const auto& entity : announcement->entities) {
      auto& entities = devices[entity.device];
      if (entities.size() < most_announced_entities) entities.push_back(&entity);
      topics.emplace(entity.device, announcement->topic);
    }
  std::vector<ProposedSensor> out;
  std::set<std::string> ids;
  std::size_t bytes = 0;
  for (const auto& [device, entities] : devices) {
    if (kind_of(entities).empty()) continue;  // a battery of something that we don't keep
    auto proposal = propose(entities);
    bytes += proposal.toml.size();
    if (bytes > most_proposed_bytes) break;
    if (!ids.insert(proposal.id).second) {
      const auto own = id_from(proposal.id + "-" + std::string(device));
      const auto at = proposal.toml.find("id = " + toml_text(proposal.id));
      proposal.toml.replace(at, 5 + toml_text(proposal.id).size(), "id = " + toml_text(own));
      proposal.id = own;
      ids.insert(own);
    }
    proposal.announced = topics[device];
    out.push_back(std::move(proposal));
  }
  std::ranges::sort(out, {}, &ProposedSensor::name);
  return out;
}

}  // namespace gateway

// Devices that announce themselves over MQTT (Home Assistant discovery) and are not in site.toml: proposed, each with
// the [[sensor]] block to paste; never taken in by themselves.
//
// Bounded: announcements beyond the most that are kept are forgotten. Any thread; one short lock.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/site.hpp"
#include "core/status.hpp"
#include "drivers/mqtt/home_assistant.hpp"

namespace gateway {

class Discovery {
 public:
  // The site must outlive this.
  explicit Discovery(const Site& site);

  // Topic filters to subscribe to; none when the site does not want discovery.
  [[nodiscard]] std::vector<std::string> subscriptions() const;
  [[nodiscard]] bool is_announcement(std::string_view topic) const noexcept;
  void message(std::string_view topic, std::string_view payload);

  // One for each device of which something could be kept and that the site does not have yet, by name.
  [[nodiscard]] std::vector<ProposedSensor> proposals() const;

  static constexpr std::size_t most_announcements = 2'000;

 private:
  [[nodiscard]] bool is_known(const AnnouncedEntity& entity) const;
  [[nodiscard]] ProposedSensor propose(const std::vector<const AnnouncedEntity*>& entities) const;

  const Site& site_;
  std::string prefix_;
  mutable std::mutex mutex_;
  std::map<std::string, std::vector<AnnouncedEntity>, std::less<>> announced_;  // by topic
};

}  // namespace gateway

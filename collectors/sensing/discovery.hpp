// Devices that announce themselves over MQTT (Home Assistant discovery) and are not in site.toml: proposed, each with
// the [[sensor]] block to paste; never taken in by themselves.
//
// Whoever may publish may announce, and the broker retains it for every start to come. So all of it together is
// bounded: what there is no room for is counted and forgotten. Proposals are made when they are asked for and something
// has changed, and not under the lock that messages wait for. Any thread; message() waits for one short lock at most.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "core/site.hpp"
#include "core/status.hpp"
#include "drivers/mqtt/home_assistant.hpp"

namespace gateway {

// Announcements that came to nothing.
struct DiscoveryStatus {
  std::uint64_t refused = 0;  // not understood, or longer than one may be
  std::uint64_t no_room = 0;  // understood, and all that is kept was full
};

class Discovery {
 public:
  using Proposals = std::shared_ptr<const std::vector<ProposedSensor>>;

  // The site must outlive this.
  explicit Discovery(const Site& site);

  // Topic filters to subscribe to; none when the site does not want discovery.
  [[nodiscard]] std::vector<std::string> subscriptions() const;
  [[nodiscard]] bool is_announcement(std::string_view topic) const noexcept;
  void message(std::string_view topic, std::string_view payload);

  // One for each device of which something could be kept and that the site does not have yet, by name; as many as
  // most_proposed_bytes hold. The same pointer as before when nothing has changed.
  [[nodiscard]] Proposals proposals() const;
  [[nodiscard]] DiscoveryStatus status() const;

  static constexpr std::size_t most_announcements = 1'500;
  static constexpr std::size_t most_announced_bytes = 1'000'000;
  static constexpr std::size_t most_proposed_bytes = 1'000'000;

 private:
  struct Announcement {
    std::string topic;
    std::vector<AnnouncedEntity> entities;
    [[nodiscard]] std::size_t bytes() const;
  };

  [[nodiscard]] bool is_known(const AnnouncedEntity& entity) const;
  [[nodiscard]] ProposedSensor propose(const std::vector<const AnnouncedEntity*>& entities) const;
  [[nodiscard]] std::vector<ProposedSensor> propose_all(
      const std::vector<std::shared_ptr<const Announcement>>& announced) const;

  const Site& site_;
  std::string prefix_;

  mutable std::mutex mutex_;
  std::map<std::string_view, std::shared_ptr<const Announcement>> announced_;  // by its topic
  std::size_t bytes_ = 0;                                                      // of them
  std::uint64_t changes_ = 0;                                                  // of them
  DiscoveryStatus status_;

  mutable std::mutex making_;  // taken before mutex_
  mutable Proposals proposals_ = std::make_shared<std::vector<ProposedSensor>>();
  mutable std::uint64_t proposed_of_ = 0;  // the state that proposals_ are of, by changes_
};

}  // namespace gateway

// Looks once a second at how the gateway's own parts are doing and tells the core what the alarm rules bus_fault,
// broker_fault and gateway_fault want to know. Only changes are told, and nothing of a part that has not shown yet
// since the start how it is: an alarm about it that stands goes on standing, and is not ended only to be raised again.
// For one thread.
#pragma once

#include <functional>
#include <map>
#include <optional>

#include "collectors/alarms/alarm_engine.hpp"
#include "core/status.hpp"

namespace gateway {

class FaultWatch {
 public:
  // How things are; each is asked once a look. Empty ones are not looked at.
  struct Sources {
    std::function<std::vector<BusStatus>()> buses;
    std::function<std::vector<SinkStatus>()> sinks;          // in the order of Site::sinks
    std::function<std::vector<NotifierStatus>()> notifiers;  // in the order of Site::notifiers
    std::function<StoreStatus()> store;
    std::function<std::optional<bool>()> broker_connected;  // nullopt: there is none
    std::function<std::uint64_t()> dropped_readings;        // since the start
    std::function<bool()> clock_believed;
    std::function<bool()> configuration_refused;
    std::function<std::optional<bool>()> dashboard_served;  // nullopt: not known yet
  };
  using Tell = std::function<void(AlarmEngine::Fact)>;

  // Something that was dropped, a commit that failed, a repair: each is a fault for so long after.
  static constexpr std::chrono::minutes counts_for{10};
  // The outbox is as good as full when it has only so long; and no more when it has a quarter longer.
  static constexpr std::chrono::hours full_soon{24};
  // From a start until it is known how fast the outbox grows, if it does.
  static constexpr std::chrono::minutes forecast_takes{3};

  FaultWatch(Sources sources, Tell tell) : sources_(std::move(sources)), tell_(std::move(tell)) {}
  void look(MonotonicTime now);

 private:
  void say(AlarmSource::Part part, std::size_t place, bool bad, double value = 0);

  [[nodiscard]] bool has_said(AlarmSource::Part part, std::size_t place) const { return said_.contains({part, place}); }

  Sources sources_;
  Tell tell_;
  std::map<std::pair<AlarmSource::Part, std::size_t>, bool> said_;
  bool looked_ = false;
  bool filling_ = false;
  std::optional<MonotonicTime> began_;
  std::uint64_t dropped_ = 0;
  std::uint64_t dropped_before_ = 0;  // this spell of dropping
  std::optional<MonotonicTime> dropped_at_;
  std::uint64_t store_troubles_ = 0;  // none before this start is told: a repair at the start is news
  std::optional<MonotonicTime> troubled_at_;
};

}  // namespace gateway

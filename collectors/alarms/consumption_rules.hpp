// The rules that look at what is consumed: demand near its limit, loads left on, leaks and running taps by the meter
// alone, balances that don't add up. They take in closed minutes and the live picture, and say of an alarm whether its
// condition is there; hours, delays and what follows are the engine's.
//
// What they learn (nights of water, base loads) is saved by name and survives restarts and changes of the site. Core
// thread only.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "collectors/alarms/base_load.hpp"
#include "collectors/alarms/leak_detector.hpp"
#include "core/live.hpp"
#include "core/site.hpp"

namespace gateway {

class ConsumptionRules {
 public:
  struct Finding {
    std::size_t alarm = 0;
    bool on = false;
    double value = 0;
    double limit = 0;
    AlarmFinding finding{};
  };
  using Found = std::function<void(const Finding&, TimeNow)>;
  // The site must outlive it.
  ConsumptionRules(const Site& site, Found found);

  // The rule's limit as the mode in force has it; 0: the rule gives none.
  void set_limit(std::size_t alarm, double limit);
  // Records that the aggregator has just made.
  void on_windows(std::span<const WindowRecord> windows, TimeNow now);
  // Once a second.
  void on_snapshot(const LiveSnapshot& live, TimeNow now);

  void save(std::vector<std::byte>& out) const;
  // invalid_argument: nothing of ours. What it knows of meters and areas that are gone is dropped.
  Expected<void> restore(std::span<const std::byte> saved);

 private:
  struct Leak {
    std::size_t alarm = 0;
    NodeId node;
    PointId online;
    LeakDetector detector;
    bool online_now = false;
    PointId counter{};
    std::optional<std::int64_t> reading{};  // of the counter, the last
  };
  struct Load {
    std::size_t alarm = 0;
    NodeId node;
    double extra = 0;  // above the base load; 0: a share of it
    BaseLoad base;
    double sum = 0;  // of the minute under way
    int count = 0;
    std::int64_t minute = -1;
    bool on = false;
  };
  struct Demand {
    std::size_t alarm = 0;
    NodeId node;
    double limit = 0;
    bool on = false;
  };
  struct Tap {
    std::size_t alarm = 0;
    NodeId node;
    double limit = 0;
    double deadband = 0;
    std::array<double, 10> minutes{};  // litres, for meters that only count
    bool on = false;
  };
  struct BalanceRule {
    std::size_t alarm = 0;
    NodeId node;
    double limit = 0;  // share
    Balance judged;
  };

  void wire(std::size_t alarm);
  void minute_closed(UtcTime start, TimeNow now);
  void look_at(Load& load, const NodeLive& live, TimeNow now);
  void look_at(Demand& demand, const NodeLive& live, TimeNow now);
  void look_at(Tap& tap, const NodeLive& live, TimeNow now);
  void look_at(BalanceRule& balance, const NodeLive& live, TimeNow now);
  [[nodiscard]] std::int64_t local_minute(UtcTime time) const;

  const Site& site_;
  Found found_;
  std::vector<Leak> leaks_;
  std::vector<Load> loads_;
  std::vector<Demand> demands_;
  std::vector<Tap> taps_;
  std::vector<BalanceRule> balances_;
  std::map<NodeId, std::pair<double, bool>> minute_;  // litres of the minute that has just closed; whether measured
  UtcTime last_minute_{};
};

}  // namespace gateway

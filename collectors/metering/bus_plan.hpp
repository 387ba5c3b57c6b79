// What polling a bus comes to: who is asked for what, how often, and what share of the line's time that takes. The
// worker runs it, `gateway check` shows it. Pure; any thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "collectors/metering/learnt_cuts.hpp"
#include "core/problem.hpp"
#include "core/site.hpp"
#include "drivers/modbus/poll_plan.hpp"

namespace gateway {

// Registers of one meter that are read together.
struct PollTask {
  MeterId meter;
  std::chrono::nanoseconds interval{};
  std::vector<std::size_t> registers;  // in the meter's map
  std::vector<PollBlock> plan;
  double duration_us = 0;
};

struct BusPlan {
  std::vector<PollTask> tasks;  // a meter's stand one after the other, the more frequent first
  std::size_t requests = 0;     // a round of all
  double cycle_s = 0;           // what falls due in the shortest interval, on average
  double shortest_interval_s = 0;
  double utilisation = 0;  // of the line's time; above 1 it can't be kept
};

// What a request to the meter costs on its bus.
[[nodiscard]] WireCost poll_cost(const Site& site, MeterId meter);
// Counters are a task of their own where the site reads them less often than the rest. learnt: what meters taught
// earlier, of this one and of others.
[[nodiscard]] std::vector<PollTask> poll_tasks(const Site& site, MeterId meter, std::span<const MeterCuts> learnt = {});
// Every meter of the bus needs its map.
[[nodiscard]] BusPlan plan_bus(const Site& site, BusId bus, std::span<const MeterCuts> learnt = {});

// "bus plant-room needs 1.31 s a cycle, meters ask for 1 s", at the bus's place in `file`; nullopt: it can be kept.
[[nodiscard]] std::optional<Problem> overload_of(const Site& site, BusId bus, const BusPlan& plan, std::string file);
// For people, several lines: the bus, and below it each kind of meter with its block reads.
[[nodiscard]] std::string describe(const Site& site, BusId bus, const BusPlan& plan);

}  // namespace gateway

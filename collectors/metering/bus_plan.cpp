#include "collectors/metering/bus_plan.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

#include <fmt/format.h>

namespace gateway {
namespace {

double seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

// Meters with the same map, registers and interval are read alike, unless one of them taught us to cut its blocks.
bool alike(const Site& site, const PollTask& a, const PollTask& b) {
  return site.meter(a.meter).map == site.meter(b.meter).map && a.interval == b.interval && a.registers == b.registers &&
         a.plan == b.plan;
}

std::string duration_text(double value_s) {
  if (value_s >= 60) return fmt::format("{:.4g} min", value_s / 60);
  return value_s >= 1 ? fmt::format("{:.3g} s", value_s) : fmt::format("{:.3g} ms", 1e3 * value_s);
}

std::string names_of(const Site& site, const std::vector<const PollTask*>& tasks) {
  constexpr std::size_t shown = 5;
  std::string out;
  for (std::size_t i = 0; i < std::min(shown, tasks.size()); ++i)
    out += (i == 0 ? "" : ", ") + site.meter(tasks[i]->meter).id;
  if (tasks.size() > shown) out += fmt::format(" and {} more", tasks.size() - shown);
  return out;
}

}  // namespace

WireCost poll_cost(const Site& site, MeterId meter) {
  const auto& bus = site.bus(site.meter(meter).bus);
  auto cost = wire_cost(bus.url, bus.turnaround, std::max(bus.pause, site.meter(meter).map->pause));
  cost.unit += std::chrono::duration<double, std::micro>(bus.unit_pause).count();
  return cost;
}

std::vector<PollTask> poll_tasks(const Site& site, MeterId id, std::span<const MeterCuts> learnt) {
  const auto& meter = site.meter(id);
  PollTask often{id, meter.interval, {}, {}, 0}, seldom{id, meter.counter_interval, {}, {}, 0};
  for (std::size_t i = 0; i < meter.map->registers.size(); ++i) {
    const bool counter = traits(meter.map->registers[i].quantity).kind == ValueKind::counter;
    (counter && meter.counter_interval > meter.interval ? seldom : often).registers.push_back(i);
  }
  const auto cost = poll_cost(site, id);
  LearntLimits limits;
  for (const auto& [whose, cuts] : learnt)
    if (whose == id)
      std::ranges::copy_if(cuts, std::back_inserter(limits.cuts),
                           [&](const LearntLimits::Cut& cut) { return can_cut(*meter.map, cut); });
  std::vector<PollTask> out;
  for (auto* task : {&often, &seldom}) {
    if (task->registers.empty()) continue;
    task->plan = plan_polls(*meter.map, task->registers, cost, limits);
    task->duration_us = duration_us(task->plan, cost);
    out.push_back(std::move(*task));
  }
  return out;
}

BusPlan plan_bus(const Site& site, BusId bus, std::span<const MeterCuts> learnt) {
  BusPlan plan;
  double shortest = std::numeric_limits<double>::infinity();
  for (std::size_t i = 0; i < site.meters.size(); ++i) {
    if (site.meters[i].bus != bus) continue;
    for (auto& task : poll_tasks(site, MeterId{i}, learnt)) {
      plan.requests += task.plan.size();
      plan.utilisation += task.duration_us / 1e6 / seconds(task.interval);
      shortest = std::min(shortest, seconds(task.interval));
      plan.tasks.push_back(std::move(task));
    }
  }
  if (!plan.tasks.empty()) plan.shortest_interval_s = shortest;
  plan.cycle_s = plan.utilisation * plan.shortest_interval_s;
  return plan;
}

std::optional<Problem> overload_of(const Site& site, BusId id, const BusPlan& plan, std::string file) {
  if (plan.utilisation <= 1) return std::nullopt;
  const auto& bus = site.bus(id);
  return Problem{std::move(file), bus.place.line, bus.place.column,
                 fmt::format("bus {} needs {:.3g} s a cycle, meters ask for {:.3g} s", bus.id, plan.cycle_s,
                             plan.shortest_interval_s),
                 fmt::format("ask for intervals {:.1f} times as long, use a faster baud rate, give the counters a "
                             "'counter_interval', or spread the meters over more buses",
                             std::ceil(plan.utilisation * 10.5) / 10)};
}

std::string describe(const Site& site, BusId id, const BusPlan& plan) {
  const auto& bus = site.bus(id);
  if (plan.tasks.empty()) return fmt::format("  bus {}: no meters\n", bus.id);
  auto out = fmt::format("  bus {} ({}): {} {} a round, {} a cycle of {}, {:.0f} % of its time\n", bus.id, bus.url_text,
                         plan.requests, plan.requests == 1 ? "request" : "requests", duration_text(plan.cycle_s),
                         duration_text(plan.shortest_interval_s), 100 * plan.utilisation);
  std::vector<std::vector<const PollTask*>> kinds;
  for (const auto& task : plan.tasks) {
    const auto kind = std::ranges::find_if(kinds, [&](const auto& each) { return alike(site, *each.front(), task); });
    if (kind == kinds.end()) {
      kinds.push_back({&task});
    } else {
      kind->push_back(&task);
    }
  }
  for (const auto& kind : kinds) {
    const auto& task = *kind.front();
    out +=
        fmt::format("    {} every {} ({}): {} a meter\n", site.meter(task.meter).model,
                    duration_text(seconds(task.interval)), names_of(site, kind), duration_text(task.duration_us / 1e6));
    for (const auto& block : task.plan)
      out += fmt::format("      function {}, 0x{:04X} to 0x{:04X}: {} registers, {} values\n", block.function,
                         block.address, block.address + block.count - 1, block.count, block.registers.size());
  }
  return out;
}

}  // namespace gateway

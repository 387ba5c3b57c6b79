#include "firmware-gateway/app/commands.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "drivers/modbus/poll_plan.hpp"
#include "firmware-gateway/app/configuration.hpp"
#include "firmware-gateway/app/exit_status.hpp"
#include "firmware-gateway/app/gateway.hpp"
#include "firmware-gateway/app/log.hpp"
#include "firmware-gateway/app/service_notify.hpp"
#include "firmware-gateway/app/signals.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

std::string_view plural(std::size_t count, std::string_view one, std::string_view many) {
  return count == 1 ? one : many;
}

void print_summary(const Site& site) {
  fmt::print("{} is in order: {} {}, {} {} on {} {}, {} {}, {} {}, {} {}\n", site.id, site.areas.size(),
             plural(site.areas.size(), "area", "areas"), site.meters.size(),
             plural(site.meters.size(), "meter", "meters"), site.buses.size(),
             plural(site.buses.size(), "bus", "buses"), site.sensors.size(),
             plural(site.sensors.size(), "sensor", "sensors"), site.rules.size(),
             plural(site.rules.size(), "alarm rule", "alarm rules"), site.sinks.size(),
             plural(site.sinks.size(), "sink", "sinks"));
}

// What polling costs each bus, so that the electrician sees an overloaded one before it is.
void print_buses(const Site& site) {
  for (std::size_t b = 0; b < site.buses.size(); ++b) {
    const auto& bus = site.buses[b];
    const auto cost = wire_cost(bus.url);
    std::size_t meters = 0, requests = 0;
    double busy = 0;  // of a second
    for (const auto& meter : site.meters) {
      if (meter.bus != BusId{b}) continue;
      const auto plan = plan_polls(*meter.map, cost);
      ++meters;
      requests += plan.size();
      busy += duration_us(plan, cost) / 1e6 / std::chrono::duration<double>(meter.interval).count();
    }
    fmt::print(
        "  bus {}: {} {}, {} requests a round, about {:.0f} % of its time{}\n", bus.id, meters,
        plural(meters, "meter", "meters"), requests, 100 * busy,
        busy > 1
            ? "; it can't keep the intervals that its meters ask for: ask for longer ones, or use a faster baud rate"
            : "");
  }
}

}  // namespace

const char* version() noexcept { return GATEWAY_VERSION; }

int check(const CheckArguments& arguments) {
  const auto configuration = read_configuration(arguments.config);
  if (!configuration) return refuse(configuration.error());
  print_summary(configuration->site);
  print_buses(configuration->site);
  return exit_done;
}

int run(const RunArguments& arguments) {
  block_signals();
  set_up_log(arguments.log_level);
  const SystemClock clock;
  auto configuration = read_configuration(arguments.config);
  if (!configuration) return refuse(configuration.error());
  // The library is let go: meters keep the maps they need.
  std::optional<Site> site(std::move(configuration->site));
  configuration = std::unexpected(Problems{});
  while (true) {
    Gateway gateway(*site, clock, {arguments.data, boot_id()});
    if (auto started = gateway.start(); !started) {
      spdlog::error("{}", started.error().message());
      return exit_failed;
    }
    spdlog::info("the gateway of {} runs; dashboard: {}", site->id, gateway.address());
    notify_service("READY=1");
    std::optional<Site> next;
    while (!next) {
      const auto event = wait_for_signal(1s);
      gateway.tick();
      if (event == SignalEvent::stop) {
        spdlog::info("stopping");
        notify_service("STOPPING=1");
        gateway.stop();
        return exit_done;
      }
      if (event != SignalEvent::reload) {
        if (gateway.health().empty()) notify_service("WATCHDOG=1");
        continue;
      }
      auto read = read_configuration(arguments.config);
      if (read) {
        next = std::move(read->site);
      } else {
        for (const auto& problem : read.error()) spdlog::error("{}", problem.text());
        spdlog::error("the new configuration has {} {}; the old one goes on", read.error().size(),
                      plural(read.error().size(), "mistake", "mistakes"));
      }
    }
    spdlog::info("new configuration");
    gateway.stop();
    site = std::move(*next);
  }
}

}  // namespace gateway

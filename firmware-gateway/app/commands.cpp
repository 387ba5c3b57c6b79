#include "firmware-gateway/app/commands.hpp"

#include <algorithm>
#include <fstream>

#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include "core/site_reader.hpp"
#include "drivers/modbus/meter_model.hpp"
#include "drivers/modbus/poll_plan.hpp"
#include "firmware-gateway/app/gateway.hpp"
#include "firmware-gateway/app/log.hpp"
#include "firmware-gateway/app/service_notify.hpp"
#include "firmware-gateway/app/signals.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr int exit_done = 0;
constexpr int exit_failed = 1;
constexpr int exit_bad_configuration = 2;

void tell(const Problems& problems) {
  for (const auto& problem : problems) fmt::print(stderr, "{}\n", problem.text());
  fmt::print(stderr, "{} {} in the configuration\n", problems.size(), problems.size() == 1 ? "mistake" : "mistakes");
}

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
void print_buses(const Site& site, const ModelLibrary& models) {
  for (std::size_t b = 0; b < site.buses.size(); ++b) {
    const auto& bus = site.buses[b];
    const auto cost = wire_cost(bus.url);
    std::size_t meters = 0, requests = 0;
    double busy = 0;  // of a second
    for (const auto& meter : site.meters) {
      if (meter.bus != BusId{b}) continue;
      const auto plan = plan_polls(*models.find(meter.model), cost);
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

void print_models(const ModelLibrary& models) {
  fmt::print("{:<20} {:<12} {:<10} {}\n", "model", "utility", "checked", "meter");
  for (const auto name : models.models()) {
    const auto& model = *models.find(name);
    fmt::print("{:<20} {:<12} {:<10} {}, {}\n", model.name, name_of(model.utility), model.verified ? "yes" : "no",
               model.maker, model.title);
  }
  fmt::print(
      "\n\"checked: no\": the register map comes from a document or another project and was not tried on a device by "
      "us; compare one\n"
      "reading with the meter's display when you commission it. `gateway models NAME` shows a map and its source.\n");
}

void print_model(const MeterModel& model) {
  fmt::print("{}: {}, {}\nutility: {}\nsource: {}\nchecked on a device: {}\n", model.name, model.maker, model.title,
             name_of(model.utility), model.source, model.verified ? "yes" : "no");
  if (!model.note.empty()) fmt::print("note: {}\n", model.note);
  fmt::print("at most {} registers an answer\n\n{:<28} {:<8} {:<9} {:<9} {:<6} {:<10} {:<8} {}\n", model.block_limit,
             "quantity", "function", "address", "encoding", "order", "scale", "unit", "kind");
  for (const auto& entry : model.registers) {
    const auto& quantity = traits(entry.quantity);
    fmt::print("{:<28} {:<8} 0x{:04X}    {:<9} {:<6} {:<10g} {:<8} {}{}\n", quantity.name, entry.function,
               entry.address, name_of(entry.encoding), name_of(entry.order), entry.scale, entry.unit,
               quantity.kind == ValueKind::counter ? "counter" : "gauge",
               entry.modulus > 0
                   ? fmt::format(", wraps at {} {}", static_cast<double>(entry.modulus) / 1000, quantity.unit)
                   : "");
  }
}

}  // namespace

const char* version() noexcept { return GATEWAY_VERSION; }

int check(const CheckArguments& arguments) {
  const auto models = ModelLibrary::embedded();
  const auto site = read_site(arguments.config, models);
  if (!site) {
    tell(site.error());
    return exit_bad_configuration;
  }
  print_summary(*site);
  print_buses(*site, models);
  return exit_done;
}

int models(const ModelsArguments& arguments) {
  auto models = ModelLibrary::embedded();
  if (!arguments.folder.empty()) {
    if (const auto problems = models.add_folder(arguments.folder); !problems.empty()) {
      tell(problems);
      return exit_bad_configuration;
    }
  }
  if (arguments.name.empty()) {
    print_models(models);
    return exit_done;
  }
  const auto* model = models.find(arguments.name);
  if (model == nullptr) {
    const auto known = models.models();
    const auto near = nearest(arguments.name, known);
    fmt::print(stderr, "there is no meter model '{}'{}\n", arguments.name,
               near.empty() ? "; `gateway models` lists them all" : fmt::format("; did you mean '{}'?", near));
    return exit_bad_configuration;
  }
  print_model(*model);
  return exit_done;
}

int run(const RunArguments& arguments) {
  block_signals();
  set_up_log(arguments.log_level);
  const SystemClock clock;
  const auto models = ModelLibrary::embedded();
  auto site = read_site(arguments.config, models);
  if (!site) {
    tell(site.error());
    return exit_bad_configuration;
  }
  while (true) {
    Gateway gateway(*site, models, clock, {arguments.data, boot_id()});
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
      auto read = read_site(arguments.config, models);
      if (read) {
        next = std::move(*read);
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

#include "firmware-gateway/app/commands.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>

#include <fmt/format.h>
#include <malloc.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include "cloud-sync/store/wear.hpp"
#include "collectors/metering/bus_plan.hpp"
#include "core/plain_secrets.hpp"
#include "core/secret_file.hpp"
#include "firmware-gateway/app/configuration.hpp"
#include "firmware-gateway/app/exit_status.hpp"
#include "firmware-gateway/app/gateway.hpp"
#include "firmware-gateway/app/log.hpp"
#include "firmware-gateway/app/service_notify.hpp"
#include "firmware-gateway/app/signals.hpp"
#include "firmware-gateway/app/start_pace.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::minutes longest_start{15};  // a damaged store is carried over: TimeoutStartSec= of the unit
// All else of a restart in place: one that hangs is a standstill too.
constexpr std::chrono::seconds longest_change{20};

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
  const auto rules = static_cast<std::size_t>(std::ranges::count(site.rules, false, &AlarmRule::built_in));
  const auto sensors = static_cast<std::size_t>(std::ranges::count_if(site.sensors, [](const Sensor& each) {
    return each.kind != Sensor::Kind::bridge && each.kind != Sensor::Kind::broker;
  }));
  fmt::print("{} is in order: {} {}, {} {} on {} {}, {} {}, {} {}, {} {}\n", site.id, site.areas.size(),
             plural(site.areas.size(), "area", "areas"), site.meters.size(),
             plural(site.meters.size(), "meter", "meters"), site.buses.size(),
             plural(site.buses.size(), "bus", "buses"), sensors, plural(sensors, "sensor", "sensors"), rules,
             plural(rules, "alarm rule", "alarm rules"), site.sinks.size(), plural(site.sinks.size(), "sink", "sinks"));
}

// In order, and yet perhaps not what was meant: an open door or a wet floor that nobody would be told of.
void print_unwatched(const Site& site) {
  struct Watch {
    Sensor::Kind sensor;
    AlarmRule::Kind rule;
  };
  for (const auto& [sensor, rule] :
       {Watch{Sensor::Kind::door, AlarmRule::Kind::door_open}, Watch{Sensor::Kind::leak, AlarmRule::Kind::leak_wet}}) {
    std::vector<std::string_view> unwatched;
    for (std::size_t i = 0; i < site.sensors.size(); ++i) {
      if (site.sensors[i].kind != sensor) continue;
      const bool watched = std::ranges::any_of(site.rules, [&, kind = rule](const AlarmRule& each) {
        return each.kind == kind && std::ranges::find(each.sensors, SensorId{i}) != each.sensors.end();
      });
      if (!watched) unwatched.push_back(site.sensors[i].id);
    }
    if (!unwatched.empty())
      fmt::print("  no alarm for {} {}: an [[alarm]] with kind = \"{}\" watches {}\n",
                 plural(unwatched.size(), name_of(sensor) == "door" ? "door" : "leak sensor",
                        name_of(sensor) == "door" ? "doors" : "leak sensors"),
                 fmt::join(unwatched, ", "), name_of(rule), plural(unwatched.size(), "it", "them"));
  }
  const bool silence = std::ranges::any_of(
      site.rules, [](const AlarmRule& each) { return each.kind == AlarmRule::Kind::device_silent; });
  if (!silence && !(site.meters.empty() && site.sensors.empty()))
    fmt::print(
        "  no alarm when a meter or a sensor falls silent: an [[alarm]] with kind = \"device_silent\" does that\n");
}

// A sink of that kind may be an engine that never says 204, and then nothing would ever count as delivered.
void print_unproven(const Site& site) {
  for (const Sink& sink : site.sinks)
    if (sink.kind == Sink::Kind::line_protocol && sink.url.starts_with("http://"))
      fmt::print(
          "  sink {}: over plain http only the answer 204 counts as delivered; where the engine says 200, give an "
          "https "
          "address\n",
          sink.id);
}

// Each is read when it is needed, so one that is missing stops nothing; but nothing gets through without it.
void print_missing_secrets(const Site& site) {
  const auto look = [](std::string_view who, const std::filesystem::path& file) {
    if (file.empty()) return;
    const auto secret = SecretFile(file).read();
    // Who may not read it can't tell.
    if (!secret && secret.error().code != std::errc::permission_denied)
      fmt::print("  {}: {}\n", who,
                 secret.error().code == std::errc::no_such_file_or_directory ? file.string() + " is not there (yet)"
                                                                             : secret.error().context);
  };
  if (site.broker) look("[broker]", site.broker->password_file);
  for (const auto& sink : site.sinks) {
    look("sink " + sink.id, sink.token_file);
    look("sink " + sink.id, sink.password_file);
  }
  for (const auto& notify : site.notifiers)
    for (const auto* file : {&notify.token_file, &notify.secret_file, &notify.password_file})
      look("notify " + notify.id, *file);
}

void print_plain_secrets(const Site& site) {
  for (const auto& line : plain_secrets(site)) fmt::print("  {}\n", line);
}

// Flash wears out by writing; who commissions a box with a small eMMC wants to know beforehand.
void print_wear(const Site& site) {
  constexpr double flash_bytes = 8e9;
  constexpr double erase_cycles = 3000;  // of consumer MLC; the flash's own write amplification taken as 3
  constexpr double amplification = 3;
  const auto wear = estimated_wear(site);
  if (wear.readings_per_s <= 0) return;
  fmt::print(
      "  disk: {:.0f} values a second are about {:.1f} GB written a day; an 8 GB eMMC of 3,000 erase cycles takes that "
      "for {:.0f} years\n",
      wear.readings_per_s, wear.bytes_a_day / 1e9,
      flash_bytes * erase_cycles / amplification / (wear.bytes_a_day * 365));
}

LearntCuts tell_learnt(const std::string& data, const Site& site) {
  const auto file = learnt_cuts_file(data);
  auto learnt = read_learnt_cuts(file, site);
  std::size_t cuts = 0;
  for (const auto& meter : learnt.meters) cuts += meter.cuts.size();
  if (cuts == 0) {
    fmt::print("  {}: nothing that meters of this site taught; the plans are as the models say\n", file.string());
  } else {
    fmt::print("  {}: {} {} that {} {} taught {} in the plans\n", file.string(), cuts, plural(cuts, "cut", "cuts"),
               learnt.meters.size(), plural(learnt.meters.size(), "meter", "meters"), plural(cuts, "is", "are"));
  }
  return learnt;
}

// What polling costs each bus, and the buses that can't keep what is asked of them.
Problems look_at_buses(const Site& site, const std::string& file, bool show, const LearntCuts& learnt) {
  Problems problems;
  for (std::size_t b = 0; b < site.buses.size(); ++b) {
    const auto plan = plan_bus(site, BusId{b}, learnt.meters);
    if (show) fmt::print("{}", describe(site, BusId{b}, plan));
    if (auto problem = overload_of(site, BusId{b}, plan, file)) problems.push_back(std::move(*problem));
    const auto& url = site.buses[b].url;
    if (show && url.kind == BusKind::rtu && url.device.starts_with("/dev/ttyUSB"))
      fmt::print("    {} may be another adapter after the next start; /dev/serial/by-id/... names this one for good\n",
                 url.device);
  }
  return problems;
}

// Most likely the first start. Not by the word of read_configuration, which can't know what a service needs.
bool is_missing(const std::string& config) {
  std::error_code error;
  if (std::filesystem::exists(config, error) || error) return false;
  fmt::print(
      stderr,
      "{0}: there is no such file. It says which meters there are; an example to begin with is\n"
      "  cp /usr/share/doc/compound-gateway/examples/site.toml {0}\n"
      "`gateway check --config {0}` then tells what is wrong in it, and `gateway probe` which meters are on a bus.\n",
      config);
  return true;
}

// Feeds systemd's watchdog while everything moves, and says what does not.
class Watched {
 public:
  void look(const Gateway& gateway) {
    const auto stuck = gateway.health();
    const bool well = stuck.empty();
    if (well) {
      notify_service(well_ == true ? "WATCHDOG=1" : "STATUS=everything moves\nWATCHDOG=1");
      if (well_ == false) spdlog::warn("everything moves again");
    } else if (well_ != false) {
      spdlog::error("{}; systemd's watchdog will restart the gateway", fmt::join(stuck, ", "));
      notify_service("STATUS=" + stuck.front());
    }
    well_ = well;
  }

 private:
  std::optional<bool> well_;  // at the last look
};

std::string first_of(const Problems& problems) {
  if (problems.empty()) return "it can't be read";
  return problems.front().text() + (problems.size() > 1 ? fmt::format(" (and {} more)", problems.size() - 1) : "");
}

// A site.toml that is empty or half-written must not keep the gateway from running: then the one that ran last does.
std::expected<Configuration, Problems> run_last_good(const RunArguments& arguments, const Problems& problems,
                                                     std::string& notice) {
  auto last = read_configuration(last_good_file(arguments.data), arguments.config);
  if (!last) return std::unexpected(problems);
  for (const auto& problem : problems) spdlog::error("{}", problem.text());
  spdlog::error("{} can't be used; the last good configuration runs ({})", arguments.config,
                last_good_file(arguments.data).string());
  notice = first_of(problems);
  return last;
}

// False: SIGTERM came first. SIGHUP ends the wait.
bool wait_to_start(StartPace& pace, const Clock& clock) {
  const auto wait = pace.begin();
  if (wait == 0s) return true;
  spdlog::warn("the last {} starts did not last, so this one waits {} s; a restart by hand does not", pace.failed(),
               wait.count());
  // The start that follows may take as long as any other.
  notify_service(fmt::format("STATUS=waits {} s, because the last {} starts did not last\nEXTEND_TIMEOUT_USEC={}",
                             wait.count(), pace.failed(), std::chrono::microseconds(wait + longest_start).count()));
  const auto until = clock.monotonic() + wait;
  auto event = SignalEvent::none;
  while (event == SignalEvent::none && clock.monotonic() < until)
    event = wait_for_signal(std::chrono::ceil<std::chrono::milliseconds>(until - clock.monotonic()));
  notify_service("STATUS=");
  if (event != SignalEvent::stop) return true;
  spdlog::info("stopping");
  notify_service("STOPPING=1");
  return false;
}

// Each bus takes three descriptors, and the usual limit of 1,024 is a soft one.
void allow_many_files() {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  ::setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

const char* version() noexcept { return GATEWAY_VERSION; }

int check(const CheckArguments& arguments) {
  const auto configuration = read_configuration(arguments.config);
  if (!configuration) return refuse(configuration.error());
  print_summary(configuration->site);
  print_unwatched(configuration->site);
  print_unproven(configuration->site);
  print_missing_secrets(configuration->site);
  print_plain_secrets(configuration->site);
  print_wear(configuration->site);
  LearntCuts learnt;
  if (!arguments.data.empty()) learnt = tell_learnt(arguments.data, configuration->site);
  const auto problems = look_at_buses(configuration->site, arguments.config, true, learnt);
  return problems.empty() ? exit_done : refuse(problems);
}

int run(const RunArguments& arguments) {
  block_signals();
  const auto runtime = runtime_folder();
  set_up_log(arguments.log_level, runtime);
  allow_many_files();
  const SystemClock clock;
  StartPace pace(runtime.empty() ? runtime : runtime / "failed-starts");
  // What a person ends or has to mend is started anew without a wait, and may say all that it has to say.
  const auto ended = [&](int status) {
    pace.forget();
    forget_log_budget(runtime);
    return status;
  };
  if (!wait_to_start(pace, clock)) return ended(exit_done);
  auto text = read_text(arguments.config);
  auto configuration = read_configuration(arguments.config);
  std::string notice;
  if (!configuration) {
    configuration = run_last_good(arguments, configuration.error(), notice);
    if (!configuration)
      return ended(is_missing(arguments.config) ? exit_bad_configuration : refuse(configuration.error()));
  }
  // The library is let go: meters keep the maps they need.
  std::optional<Site> site(std::move(configuration->site));
  configuration = std::unexpected(Problems{});
  std::optional<WatchdogPause> reloading;
  while (true) {
    // Reading a large site takes several megabytes for the time it takes; the threads come after.
    ::malloc_trim(0);
    // A bus that is too slow is no reason not to run: it stretches every interval alike, and says so.
    const auto learnt = read_learnt_cuts(learnt_cuts_file(arguments.data), *site);
    for (const auto& problem : look_at_buses(*site, arguments.config, false, learnt))
      spdlog::warn("{}", problem.text());
    for (const auto& line : plain_secrets(*site)) spdlog::warn("{}", line);
    Gateway gateway(*site, clock, {arguments.data, boot_id()});
    if (reloading) reloading.emplace(longest_start);
    auto started = gateway.open();
    if (reloading) reloading.emplace(longest_change);
    if (started) started = gateway.start();
    if (!started) {
      spdlog::error("{}", started.error().message());
      return exit_failed;
    }
    gateway.refused_configuration(notice);
    if (notice.empty() && text)
      if (auto kept = keep_as_last_good(*text, arguments.data); !kept)
        spdlog::warn("site.toml could not be kept as the last good one: {}", kept.error().message());
    spdlog::info("the gateway of {} runs; dashboard: {}", site->id, gateway.address());
    reloading.reset();
    notify_service("READY=1");
    pace.ready(clock.monotonic());
    Watched watched;
    std::optional<Site> next;
    bool restart = false;
    while (!next && !restart) {
      const auto event = wait_for_signal(1s);
      gateway.tick();
      pace.look(clock.monotonic());
      restart = gateway.wants_restart();
      if (event == SignalEvent::stop) {
        spdlog::info("stopping");
        notify_service("STOPPING=1");
        gateway.stop();
        return ended(exit_done);
      }
      if (event != SignalEvent::reload) {
        watched.look(gateway);
        continue;
      }
      text = read_text(arguments.config);
      auto read = read_configuration(arguments.config);
      if (read) {
        next = std::move(read->site);
        notice.clear();
      } else {
        gateway.refused_configuration(first_of(read.error()));
        for (const auto& problem : read.error()) spdlog::error("{}", problem.text());
        spdlog::error("the new configuration has {} {}; the old one goes on", read.error().size(),
                      plural(read.error().size(), "mistake", "mistakes"));
      }
    }
    if (next) spdlog::info("new configuration");
    reloading.emplace(longest_change);
    gateway.stop();
    if (next) site = std::move(*next);
  }
}

}  // namespace gateway

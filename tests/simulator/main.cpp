// compound-simulator: a compound of meters, doors, leak sensors and cameras, on Modbus and MQTT. See docs/simulator.md.
#include <atomic>
#include <charconv>
#include <chrono>
#include <csignal>
#include <ctime>
#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

#include <CLI/CLI.hpp>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <mqtt/async_client.h>

#include "core/calendar.hpp"
#include "tests/simulator/bench_server.hpp"
#include "tests/simulator/compound.hpp"
#include "tests/simulator/modbus_server.hpp"
#include "tests/simulator/register_image.hpp"
#include "tests/simulator/scenario.hpp"
#include "tests/simulator/sensors.hpp"
#include "tests/simulator/site_writer.hpp"

namespace {

using namespace std::chrono_literals;
using namespace gateway::simulator;
using std::chrono::milliseconds;

volatile std::sig_atomic_t ended = 0;

struct Options {
  std::uint64_t seed = 1;
  std::string scenario, tcp, rtu, mqtt, start_at, write_site;
  std::size_t bench_meters = 0, bench_endpoints = 1;
};

// "127.0.0.1:1502": an IPv4 address, because the servers bind to it. Throws what to tell the person.
std::pair<std::string, int> host_and_port(const std::string& text) {
  const auto colon = text.rfind(':');
  in_addr address{};
  int port = -1;
  if (colon != std::string::npos && ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &address) == 1) {
    const char* end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, port);
    if (parsed.ec != std::errc{} || parsed.ptr != end) port = -1;
  }
  if (port < 0 || port > 65'535) throw std::invalid_argument("'" + text + "' is not as 127.0.0.1:1502");
  return {text.substr(0, colon), port};
}

// Local seconds of "2026-11-23T10:00".
std::optional<std::int64_t> local_seconds(const std::string& text) {
  gateway::LocalDay day = 0;
  gateway::MinuteSpan span;
  if (text.size() != 16 || text[10] != 'T' || !gateway::parse_day(std::string_view(text).substr(0, 10), day) ||
      !gateway::parse_span(text.substr(11) + "-24:00", span))
    return std::nullopt;
  return std::int64_t{day} * 86'400 + span.from * 60;
}

// The compound as the Modbus servers see it: a question at a time.
class Plant {
 public:
  Plant(std::uint64_t seed, std::int64_t start) : compound_(seed, start), begin_(std::chrono::steady_clock::now()) {}

  // Before the servers start.
  void set_events(std::vector<Event> events) {
    events_ = std::move(events);
    for (const auto& event : events_)
      for (std::size_t i = 0; event.kind == EventKind::meter_wrap && i < compound_.meters().size(); ++i)
        if (compound_.meters()[i].id == event.source)
          compound_.wrap_at(i, std::chrono::ceil<std::chrono::seconds>(event.from).count());
  }
  [[nodiscard]] const std::vector<Event>& events() const { return events_; }
  [[nodiscard]] milliseconds elapsed() const {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin_);
  }
  [[nodiscard]] const Compound& compound() const { return compound_; }

  Answer ask(Line line, const Request& request) {
    const std::scoped_lock lock(mutex_);
    const auto now = elapsed();
    catch_up(now);
    const auto* meter = compound_.find(line, request.unit);
    for (const auto& event : events_) {
      if (!event.active(now)) continue;
      if (event.kind == EventKind::bus_dead && event.source == (line == Line::tcp ? "tcp" : "rtu")) return silent();
      if (event.kind == EventKind::unit_dead && meter != nullptr && event.source == meter->id) return silent();
    }
    if (meter == nullptr)
      return line == Line::rtu ? silent() : exception(0x0B);  // a gateway says that its target does not answer
    auto shown = *meter;
    for (const auto& event : events_)
      if (event.kind == EventKind::glitch && event.source == meter->id && event.active(now)) shown.counter = 0;
    if (request.count < 1 || request.count > 125) return exception(0x03);
    const auto image = image_of(shown, compound_.rate(compound_.index_of(*meter)));
    if (request.function != image.function) return exception(0x01);
    Answer answer;
    for (unsigned i = 0; i < request.count; ++i) {
      const auto found = image.registers.find(static_cast<std::uint16_t>(request.address + i));
      if (found == image.registers.end()) return exception(0x02);
      answer.registers.push_back(found->second);
    }
    return answer;
  }

 private:
  static Answer silent() { return {{}, std::nullopt, Silence::dead}; }
  static Answer exception(int code) { return {{}, Exception{code}, std::nullopt}; }

  void catch_up(milliseconds now) {
    const auto seconds = now.count() / 1000;
    while (passed_ < seconds) {
      ++passed_;
      for (const auto& event : events_)
        for (std::size_t i = 0; event.kind == EventKind::surge && i < compound_.meters().size(); ++i)
          if (compound_.meters()[i].id == event.source)
            compound_.surge(i, event.active(std::chrono::seconds{passed_}) ? 2 : 1);
      compound_.advance(1);
    }
  }

  std::mutex mutex_;
  Compound compound_;
  std::vector<Event> events_;
  std::chrono::steady_clock::time_point begin_;
  std::int64_t passed_ = 0;
};

void publish_on(mqtt::async_client& client, const Message& message) {
  try {
    client.publish(message.topic, message.payload.data(), message.payload.size(), 1, message.retained);
  } catch (const mqtt::exception& error) {
    fmt::print(stderr, "{}: {}\n", message.topic, error.to_string());
  }
}

int fail(const std::string& text) {
  fmt::print(stderr, "{}\n", text);
  return 1;
}

// A client with the last will of the program that it stands for.
std::unique_ptr<mqtt::async_client> connect(const std::string& address, const std::string& name, const Message& will,
                                            std::atomic<bool>& came_back) {
  auto client = std::make_unique<mqtt::async_client>("tcp://" + address, "compound-simulator-" + name);
  client->set_connected_handler([&came_back](const std::string&) { came_back = true; });
  client
      ->connect(mqtt::connect_options_builder()
                    .clean_session(true)
                    .automatic_reconnect(1s, 4s)
                    .will(mqtt::message(will.topic, will.payload, 1, will.retained))
                    .finalize())
      ->wait();
  fmt::print("mqtt {} {}\n", name, address);
  return client;
}

// Zigbee2MQTT and Frigate are two programs, each with its own connection and last will.
class Bridges {
 public:
  explicit Bridges(const std::string& address)
      : zigbee2mqtt_(connect(address, "zigbee2mqtt", zigbee2mqtt_ends, came_back_)),
        frigate_(connect(address, "frigate", frigate_ends, came_back_)) {}
  ~Bridges() {
    // Both say so when they are ended.
    publish(zigbee2mqtt_ends);
    publish({frigate_ends.topic, "stopped", true});
    for (auto* client : {zigbee2mqtt_.get(), frigate_.get()}) {
      try {
        client->disconnect(1000)->wait_for(2s);
      } catch (const mqtt::exception&) {  // the broker is gone already
      }
    }
  }
  Bridges(const Bridges&) = delete;
  Bridges& operator=(const Bridges&) = delete;

  void publish(const Message& message) {
    publish_on(message.topic.starts_with("frigate/") ? *frigate_ : *zigbee2mqtt_, message);
  }
  // True once after every connect.
  [[nodiscard]] bool lost_and_back() { return came_back_.exchange(false); }

 private:
  inline static const Message zigbee2mqtt_ends{"zigbee2mqtt/bridge/state", R"({"state":"offline"})", true};
  inline static const Message frigate_ends{"frigate/available", "offline", true};
  std::atomic<bool> came_back_{false};
  std::unique_ptr<mqtt::async_client> zigbee2mqtt_, frigate_;
};

Cast cast_of(const Compound& compound, const std::vector<PlantSensor>& sensors) {
  Cast cast;
  for (const auto& meter : compound.meters()) cast.meters.push_back(meter.id);
  for (const auto& sensor : sensors)
    (sensor.kind == PlantSensor::Kind::door   ? cast.doors
     : sensor.kind == PlantSensor::Kind::leak ? cast.leaks
                                              : cast.cameras)
        .push_back(sensor.id);
  return cast;
}

int write_site(const Options& options, const std::string& text) {
  if (options.write_site.empty()) return 0;
  // Under another name first: whoever waits for the file must not see half of it.
  const auto half = options.write_site + ".part";
  std::ofstream(half) << text;
  return std::rename(half.c_str(), options.write_site.c_str());
}

int bench(const Options& options) {
  const auto [host, port] = host_and_port(options.tcp);
  auto server = BenchServer::start(host, port, options.bench_endpoints);
  if (!server) return fail(server.error());
  std::atomic<bool> came_back{false};
  std::unique_ptr<mqtt::async_client> client;
  if (!options.mqtt.empty()) {
    client =
        connect(options.mqtt, "zigbee2mqtt", {"zigbee2mqtt/bridge/state", R"({"state":"offline"})", true}, came_back);
    publish_on(*client, {"zigbee2mqtt/bridge/state", R"({"state":"online"})", true});
    for (int door = 1; door <= 8; ++door)
      publish_on(*client, {fmt::format("zigbee2mqtt/d{}/availability", door), R"({"state":"online"})", true});
  }
  if (write_site(options, bench_site(options.bench_meters, (*server)->places(), options.mqtt)) != 0)
    return fail(options.write_site + ": can't be written");
  for (const auto& place : (*server)->places()) fmt::print("modbus-tcp {}\n", place);
  fmt::print("ready\n");
  std::fflush(stdout);
  while (ended == 0) std::this_thread::sleep_for(200ms);
  return 0;
}

int simulate(const Options& options) {
  const auto start = options.start_at.empty() ? local_seconds("2026-11-23T10:00") : local_seconds(options.start_at);
  if (!start) return fail("--start-at is written as 2026-11-23T10:00");
  Plant plant(options.seed, *start);
  const auto sensors = plant_sensors();
  if (!options.scenario.empty()) {
    auto events = read_scenario(options.scenario, cast_of(plant.compound(), sensors));
    if (!events) {
      for (const auto& problem : events.error()) fmt::print(stderr, "{}\n", problem.text());
      return 2;
    }
    plant.set_events(std::move(*events));
  }
  std::vector<std::unique_ptr<ModbusServer>> servers;
  std::string tcp_place;
  if (!options.tcp.empty()) {
    const auto [host, port] = host_and_port(options.tcp);
    auto server = serve_tcp(host, port, [&](const Request& request) { return plant.ask(Line::tcp, request); });
    if (!server) return fail(server.error());
    tcp_place = (*server)->place();
    fmt::print("modbus-tcp {}\n", tcp_place);
    servers.push_back(std::move(*server));
  }
  if (!options.rtu.empty()) {
    auto server = serve_rtu(options.rtu, [&](const Request& request) { return plant.ask(Line::rtu, request); });
    if (!server) return fail(server.error());
    fmt::print("modbus-rtu {}\n", options.rtu);
    servers.push_back(std::move(*server));
  }
  std::unique_ptr<Bridges> bridges;
  if (!options.mqtt.empty()) bridges = std::make_unique<Bridges>(options.mqtt);
  if (write_site(options, site_of(plant.compound(), sensors, tcp_place, options.rtu, options.mqtt)) != 0)
    return fail(options.write_site + ": can't be written");
  fmt::print("ready\n");
  std::fflush(stdout);
  const auto wall = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  SensorField field(options.seed, wall, sensors);
  // In steps of one length, so that chance falls the same way however busy the machine is.
  constexpr auto step = 100ms;
  milliseconds at{0};
  while (ended == 0) {
    for (; bridges && at <= plant.elapsed(); at += step) {
      if (bridges->lost_and_back()) field.say_all_again();
      for (const auto& message : field.advance(at, plant.events())) bridges->publish(message);
    }
    std::this_thread::sleep_for(step);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{
      "A compound of 24 electricity and 6 water meters on two Modbus buses, and of doors, leak sensors and cameras on "
      "MQTT, that behaves like\n"
      "a real one. The same seed gives the same compound.",
      "compound-simulator"};
  app.add_option("--seed", options.seed, "what chance does")->capture_default_str();
  app.add_option("--scenario", options.scenario, "what is to happen, and when (docs/simulator.md)")
      ->check(CLI::ExistingFile);
  app.add_option("--modbus-tcp", options.tcp, "buildings 1 and 2 answer here; port 0: a free one, which is printed")
      ->type_name("HOST:PORT");
  app.add_option("--modbus-rtu", options.rtu, "building 3 answers on a pty; a link to it is made here")
      ->type_name("LINK");
  app.add_option("--mqtt", options.mqtt, "the broker")->type_name("HOST:PORT");
  app.add_option("--start-at", options.start_at,
                 "local time in the compound when it starts (2026-11-23T10:00, a Monday morning)")
      ->type_name("TIME");
  app.add_option("--write-site", options.write_site, "write the site.toml that fits, without [[sink]] and [web]")
      ->type_name("FILE");
  app.add_option("--bench-meters", options.bench_meters, "instead: so many meters of ten values each, for benchmarks");
  app.add_option("--bench-endpoints", options.bench_endpoints, "over so many TCP endpoints")
      ->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  if (options.tcp.empty() && options.rtu.empty() && options.mqtt.empty())
    return fail("nothing to do: name at least one of --modbus-tcp, --modbus-rtu, --mqtt");
  for (const int signal : {SIGTERM, SIGINT}) std::signal(signal, [](int) { ended = 1; });
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return options.bench_meters > 0 ? bench(options) : simulate(options);
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

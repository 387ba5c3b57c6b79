// Polling measured against the wire, against bare libmodbus, and with a dead unit on the bus.
#include <algorithm>
#include <thread>

#include <arpa/inet.h>
#include <modbus.h>
#include <sys/socket.h>

#include "collectors/metering/bus_plan.hpp"
#include "collectors/metering/bus_worker.hpp"
#include "collectors/metering/meter_poller.hpp"
#include "tests/bench/bench.hpp"
#include "tests/bench/simulated_wire.hpp"
#include "tests/simulator/bench_server.hpp"

namespace gateway::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

double seconds_since(Steady::time_point begin) { return std::chrono::duration<double>(Steady::now() - begin).count(); }

Site site_of(const std::string& bus, const std::string& meters, const ModelLibrary& models) {
  auto site = parse_site("[site]\nid = \"s\"\n[[bus]]\nid = \"x\"\n" + bus + meters, "site.toml", models);
  if (!site) throw std::runtime_error(site.error().front().text());
  return std::move(*site);
}
std::string meter(int unit, const std::string& model, const std::string& more = {}) {
  return fmt::format("[[meter]]\nid = \"m{}\"\nbus = \"x\"\nunit = {}\nmodel = \"{}\"\n{}", unit, unit, model, more);
}

// 9600 baud, a meter whose map takes two requests, polled without a pause.
void wire_efficiency(const ModelLibrary& models) {
  BusUrl url;
  url.kind = BusKind::rtu;
  SimulatedWire wire(url, 10ms);
  const auto site = site_of("url = \"rtu://" + wire.url().device + "?baud=9600\"\nturnaround = \"10ms\"\n",
                            meter(1, "chint-dtsu666"), models);
  const auto task = poll_tasks(site, MeterId{0}).front();
  // The plan's time has the silence of a change of unit in it; there is one unit here.
  const auto cost = poll_cost(site, MeterId{0});
  const double ideal = (task.duration_us - cost.unit) / 1e6;
  ModbusLink link(site.buses[0].url);
  MeterPoller poller(site, MeterId{0}, task.registers);
  ResponseTime response(500ms);
  const SystemClock clock;
  (void)poller.poll(link, clock, response, false);
  constexpr int polls = 40;
  int good = 0;
  const auto begin = Steady::now();
  for (int i = 0; i < polls; ++i) good += poller.poll(link, clock, response, false).has_value() ? 1 : 0;
  const double elapsed = seconds_since(begin);
  report("rtu_wire_efficiency", good == polls ? polls * ideal / elapsed : 0, "", Aim::at_least, 0.95);
  report("rtu_silence_violations", wire.too_soon(), "", Aim::exactly, 0);
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::ranges::nth_element(values, middle);
  return *middle;
}

// The same block from the same server over one connection, in turns so that both see the same machine.
void against_libmodbus(const ModelLibrary& models) {
  auto server = simulator::BenchServer::start("127.0.0.1", 0, 1);
  if (!server) throw std::runtime_error(server.error());
  const auto& place = (*server)->places().front();
  const auto site = site_of("url = \"tcp://" + place + "\"\n", meter(1, "generic-10"), models);
  ModbusLink link(site.buses[0].url);
  MeterPoller poller(site, MeterId{0}, poll_tasks(site, MeterId{0}).front().registers);
  ResponseTime response(1s);
  const SystemClock clock;
  modbus_t* bare = modbus_new_tcp("127.0.0.1", site.buses[0].url.port);
  if (modbus_connect(bare) != 0) throw std::runtime_error("libmodbus does not connect");
  modbus_set_slave(bare, 1);
  constexpr int polls = 500;
  // Most of an exchange is two threads waking each other, and how long that takes wanders: the medians of many short
  // turns agree from run to run where the quickest ones do not.
  std::vector<double> ours, theirs;
  std::uint64_t requests = 0;
  for (int round = 0; round < 100; ++round) {
    theirs.push_back(quickest(1, [&] {
      std::uint16_t registers[20];
      for (int i = 0; i < polls; ++i)
        if (modbus_read_registers(bare, 0, 20, registers) != 20) throw std::runtime_error("libmodbus fails");
    }));
    requests = 0;
    ours.push_back(quickest(1, [&] {
      for (int i = 0; i < polls; ++i) {
        const auto polled = poller.poll(link, clock, response, false);
        if (!polled || polled->size() != 11) throw std::runtime_error("a poll fails");
        requests += poller.account().requests;
      }
    }));
  }
  modbus_close(bare);
  modbus_free(bare);
  report("tcp_vs_bare_libmodbus", median(theirs) / median(ours), "", Aim::at_least, 0.95);
  report("tcp_readings_per_s", 10 * polls / median(ours), "1/s", Aim::none);
  report("tcp_requests_a_poll", static_cast<double>(requests) / polls, "", Aim::exactly,
         static_cast<double>(poller.plan().size()));
}

// 30 meters each second on a line that is busy for two thirds of it; one of them dies.
void dead_unit(const ModelLibrary& models) {
  BusUrl url;
  url.kind = BusKind::rtu;
  url.baud = 38'400;
  std::vector<std::vector<Steady::time_point>> heard;
  Steady::time_point died;
  constexpr int units = 30, dead = 11;
  {
    SimulatedWire wire(url, 5ms);
    std::string meters;
    for (int unit = 1; unit <= units; ++unit) meters += meter(unit, "generic-10");
    const auto site = site_of("url = \"rtu://" + wire.url().device + "?baud=38400\"\n", meters, models);
    const SystemClock clock;
    Mailbox<Reading> mailbox{65'536};
    Doorbell core;
    BusWorker worker(site, BusId{0}, clock, mailbox, core);
    worker.start();
    std::this_thread::sleep_for(5s);
    wire.kill(dead);
    died = Steady::now();
    std::this_thread::sleep_for(60s);
    worker.stop();
    heard = wire.heard();
  }
  double longest = 0;
  for (int unit = 1; unit <= units; ++unit) {
    if (unit == dead) continue;
    auto& times = heard[static_cast<std::size_t>(unit)];
    std::erase_if(times, [&](auto time) { return time < died; });
    if (times.size() < 2) throw std::runtime_error("a living unit is not asked");
    const double mean =
        std::chrono::duration<double>(times.back() - times.front()).count() / static_cast<double>(times.size() - 1);
    longest = std::max(longest, mean);
  }
  report("dead_unit_stretch", longest, "", Aim::at_most, 1.02);
}

}  // namespace
}  // namespace gateway::bench

int main() {
  try {
    const auto models = gateway::ModelLibrary::embedded();
    gateway::bench::wire_efficiency(models);
    gateway::bench::against_libmodbus(models);
    gateway::bench::dead_unit(models);
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
  return 0;
}

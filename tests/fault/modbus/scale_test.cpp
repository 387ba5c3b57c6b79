// As many lines as are promised, in one process: 200 TCP endpoints and 8 serial buses.
#include <thread>

#include <gtest/gtest.h>

#include "collectors/metering/bus_worker.hpp"
#include "tests/fault/modbus/scripted_bus.hpp"
#include "tests/simulator/bench_server.hpp"

namespace gateway {
namespace {

using test::Asked;
using test::Frames;
using test::Reply;
using test::ScriptedBus;
using namespace std::chrono_literals;

TEST(Scale, TwoHundredEndpointsAndEightSerialBusesAreAllReadAndStopAtOnce) {
  auto server = simulator::BenchServer::start("127.0.0.1", 0, 200);
  ASSERT_TRUE(server) << server.error();
  std::vector<std::unique_ptr<ScriptedBus>> serial;
  std::string text = "[site]\nid = \"s\"\n", meters;
  int number = 0;
  const auto add = [&](const std::string& url) {
    const auto id = std::to_string(number++);
    text += "[[bus]]\nid = \"b" + id + "\"\nurl = \"" + url + "\"\n";
    meters += "[[meter]]\nid = \"m" + id + "\"\nbus = \"b" + id + "\"\nunit = 1\nmodel = \"generic-10\"\n";
  };
  for (const auto& place : (*server)->places()) add("tcp://" + place);
  for (int i = 0; i < 8; ++i) {
    serial.push_back(std::make_unique<ScriptedBus>(BusKind::rtu, [](const Asked& asked, const Frames& frames) {
      return std::vector<Reply>{{frames.good(asked), 0ms, false}};
    }));
    add("rtu://" + serial.back()->url().device);
  }
  const auto site = parse_site(text + meters, "site.toml", ModelLibrary::embedded());
  ASSERT_TRUE(site) << site.error().front().text();
  const SystemClock clock;
  Mailbox<Reading> mailbox{65'536};
  Doorbell core;
  std::vector<std::unique_ptr<BusWorker>> workers;
  for (std::size_t i = 0; i < site->buses.size(); ++i)
    workers.push_back(std::make_unique<BusWorker>(*site, BusId{i}, clock, mailbox, core));
  for (auto& worker : workers) worker->start();
  const auto answered = [&] {
    std::size_t count = 0;
    for (const auto& worker : workers) count += worker->status().meters[0].second.last_seen.has_value() ? 1 : 0;
    return count;
  };
  const auto begin = std::chrono::steady_clock::now();
  while (answered() < 208 && std::chrono::steady_clock::now() < begin + 60s) std::this_thread::sleep_for(20ms);
  EXPECT_EQ(answered(), 208u);
  for (auto& worker : workers) worker->request_stop();
  for (auto& worker : workers) worker->stop();
}

}  // namespace
}  // namespace gateway

// Opens and closes doors over MQTT and waits for each change on the gateway's WebSocket.
//   door_latency --mqtt PORT --web PORT --sensors a,b,c --rate EVENTS_PER_S --seconds N
// Prints {"events", "answered", "p50_ms", "p99_ms", "max_ms"} as one JSON line. Publisher and listener share one clock,
// so no clocks are compared.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <mqtt/async_client.h>

#include "tests/bench/stream_follower.hpp"

namespace {

using gateway::bench::SteadyTime;

struct Board {  // what was sent and not seen yet
  std::mutex mutex;
  std::map<std::pair<std::string, bool>, SteadyTime> sent;
  std::vector<double> milliseconds;
};

// A sensor's frame answers what was sent last about its door.
void see(Board& board, std::string_view text, SteadyTime now) {
  if (text.substr(0, 40).find("\"sensor\"") == std::string_view::npos) return;
  const auto frame = boost::json::parse({text.data(), text.size()}).as_object();
  const auto& data = frame.at("data").as_object();
  const auto* open = data.if_contains("open");
  if (open == nullptr || !open->is_bool()) return;
  const std::scoped_lock lock(board.mutex);
  const auto found = board.sent.find({std::string(data.at("id").as_string()), open->as_bool()});
  if (found == board.sent.end()) return;
  board.milliseconds.push_back(std::chrono::duration<double, std::milli>(now - found->second).count());
  board.sent.erase(found);
}

}  // namespace

int main(int argc, char** argv) {
  int mqtt_port = 0, web_port = 0, seconds = 30;
  double rate = 20;
  std::vector<std::string> sensors;
  CLI::App app{"Door to WebSocket latency", "door_latency"};
  app.add_option("--mqtt", mqtt_port)->required();
  app.add_option("--web", web_port)->required();
  app.add_option("--sensors", sensors)->delimiter(',')->required();
  app.add_option("--rate", rate);
  app.add_option("--seconds", seconds);
  CLI11_PARSE(app, argc, argv);

  Board board;
  std::atomic<bool> ready{false};
  std::thread listener([&] {
    gateway::bench::follow_stream(web_port, ready,
                                  [&](std::string_view text, SteadyTime now) { see(board, text, now); });
  });
  listener.detach();
  while (!ready) std::this_thread::sleep_for(std::chrono::milliseconds(10));

  mqtt::async_client client(fmt::format("tcp://127.0.0.1:{}", mqtt_port), "door-latency");
  client.connect(mqtt::connect_options_builder().clean_session(true).finalize())->wait();
  std::map<std::string, bool> open;
  std::size_t events = 0;
  const auto pause = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate));
  const auto start = std::chrono::steady_clock::now();
  for (auto next = start; next < start + std::chrono::seconds(seconds); next += pause) {
    std::this_thread::sleep_until(next);
    const auto& sensor = sensors[events % sensors.size()];
    const bool now_open = open[sensor] = !open[sensor];
    const auto payload = fmt::format(R"({{"battery":97,"contact":{},"linkquality":115,"voltage":2995}})", !now_open);
    {
      const std::scoped_lock lock(board.mutex);
      board.sent[{sensor, now_open}] = std::chrono::steady_clock::now();
    }
    client.publish("zigbee2mqtt/" + sensor, payload.data(), payload.size(), 0, false);
    ++events;
  }
  std::this_thread::sleep_for(std::chrono::seconds(1));
  client.disconnect()->wait();
  const std::scoped_lock lock(board.mutex);
  auto& all = board.milliseconds;
  std::ranges::sort(all);
  const auto at = [&](double share) {
    return all.empty() ? -1.0 : all[static_cast<std::size_t>(share * static_cast<double>(all.size() - 1))];
  };
  fmt::print(R"({{"events":{},"answered":{},"p50_ms":{:.3f},"p99_ms":{:.3f},"max_ms":{:.3f}}})"
             "\n",
             events, all.size(), at(0.5), at(0.99), at(1.0));
  std::fflush(stdout);
  std::_Exit(all.size() == events ? 0 : 1);  // the listener still reads; there is nothing to tidy up
}

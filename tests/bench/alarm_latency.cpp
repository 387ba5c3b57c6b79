// Makes leak sensors wet among other messages, and waits for each alarm on the gateway's WebSocket; beside it a bare
// subscriber waits for the same messages from the same broker.
//   alarm_latency --mqtt PORT --web PORT --first N --alarms N --doors N --rate MESSAGES_PER_S --alarm-rate ALARMS_PER_S
// Leak sensors are zigbee2mqtt/leak-<n>, each made wet once; the rest of the rate are reports of doors
// zigbee2mqtt/door-<n> that tell another link quality each time. Prints {"alarms", "messages", "seconds", "seen",
// "p50_ms", "p99_ms", "max_ms", "bare_seen", "bare_p50_ms", "bare_p99_ms", "bare_max_ms"} as one JSON line. All three
// share one clock.
#include <algorithm>
#include <atomic>
#include <charconv>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <mqtt/async_client.h>

#include "tests/bench/stream_follower.hpp"

namespace {

using gateway::bench::SteadyTime;

constexpr std::string_view leak_topic = "zigbee2mqtt/leak-";

// When each alarm was published, and when it was seen; 0: not yet. Written by one thread each.
struct Trip {
  std::atomic<std::int64_t> sent{0}, bare{0}, seen{0};
};

std::int64_t ns(SteadyTime time) { return time.time_since_epoch().count(); }

// The number behind `mark` in the text; the board's size when there is none.
std::size_t number_behind(std::string_view text, std::string_view mark, std::size_t none) {
  const auto at = text.find(mark);
  if (at == std::string_view::npos) return none;
  std::size_t number = none;
  std::from_chars(text.data() + at + mark.size(), text.data() + text.size(), number);
  return number;
}

// Nothing but the broker: receives everything that the gateway receives.
struct BareSubscriber final : mqtt::callback {
  explicit BareSubscriber(std::vector<Trip>& the_trips) : trips(the_trips) {}
  void message_arrived(mqtt::const_message_ptr message) override {
    const auto now = std::chrono::steady_clock::now();
    const std::string_view topic = message->get_topic();
    if (!topic.starts_with(leak_topic)) return;
    const auto number = number_behind(topic, leak_topic, trips.size());
    if (number < trips.size()) trips[number].bare = ns(now);
  }
  std::vector<Trip>& trips;
};

struct Percentiles {
  std::size_t seen = 0;
  double p50 = -1, p99 = -1, most = -1;
};
Percentiles percentiles(const std::vector<Trip>& trips, std::atomic<std::int64_t> Trip::*end) {
  std::vector<double> milliseconds;
  for (const auto& trip : trips)
    if (trip.sent != 0 && (trip.*end) != 0)
      milliseconds.push_back(static_cast<double>((trip.*end).load() - trip.sent.load()) / 1e6);
  if (milliseconds.empty()) return {};
  std::ranges::sort(milliseconds);
  const auto at = [&](double share) {
    return milliseconds[static_cast<std::size_t>(share * static_cast<double>(milliseconds.size() - 1))];
  };
  return {milliseconds.size(), at(0.5), at(0.99), milliseconds.back()};
}

}  // namespace

int main(int argc, char** argv) {
  int mqtt_port = 0, web_port = 0;
  std::size_t first = 0, alarms = 300, doors = 100;
  double rate = 10, alarm_rate = 10;
  CLI::App app{"Alarm to WebSocket latency", "alarm_latency"};
  app.add_option("--mqtt", mqtt_port)->required();
  app.add_option("--web", web_port)->required();
  app.add_option("--first", first);
  app.add_option("--alarms", alarms);
  app.add_option("--doors", doors);
  app.add_option("--rate", rate);
  app.add_option("--alarm-rate", alarm_rate);
  CLI11_PARSE(app, argc, argv);

  std::vector<Trip> trips(first + alarms);
  std::atomic<bool> ready{false};
  std::thread([&] {
    gateway::bench::follow_stream(web_port, ready, [&](std::string_view text, SteadyTime now) {
      if (text.substr(0, 40).find("\"alarm\"") == std::string_view::npos) return;
      const auto number = number_behind(text, "\"source\":\"leak-", trips.size());
      if (number < trips.size() && trips[number].seen == 0) trips[number].seen = ns(now);
    });
  }).detach();
  while (!ready) std::this_thread::sleep_for(std::chrono::milliseconds(10));

  const auto broker = fmt::format("tcp://127.0.0.1:{}", mqtt_port);
  const auto options = mqtt::connect_options_builder().clean_session(true).finalize();
  BareSubscriber bare(trips);
  mqtt::async_client subscriber(broker, "bare-subscriber");
  subscriber.set_callback(bare);
  subscriber.connect(options)->wait();
  subscriber.subscribe("zigbee2mqtt/#", 0)->wait();
  mqtt::async_client publisher(broker, "alarm-latency");
  publisher.connect(options)->wait();

  const auto every = static_cast<std::size_t>(std::max(1.0, rate / alarm_rate));
  const auto pause = std::chrono::nanoseconds(static_cast<std::int64_t>(1e9 / rate));
  const auto start = std::chrono::steady_clock::now();
  std::size_t messages = 0;
  auto next = start;
  for (std::size_t alarm = first; alarm < first + alarms; ++messages, next += pause) {
    std::this_thread::sleep_until(next);
    if (messages % every == every / 2) {
      const auto topic = fmt::format("{}{}", leak_topic, alarm);
      constexpr std::string_view wet = R"({"battery":97,"linkquality":115,"water_leak":true})";
      trips[alarm++].sent = ns(std::chrono::steady_clock::now());
      publisher.publish(topic, wet.data(), wet.size(), 0, false);
    } else {
      const auto topic = fmt::format("zigbee2mqtt/door-{}", messages % doors);
      const auto payload = fmt::format(R"({{"battery":97,"contact":true,"linkquality":{},"voltage":2995}})",
                                       40 + messages / doors % 200);
      publisher.publish(topic, payload.data(), payload.size(), 0, false);
    }
  }
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  subscriber.disconnect()->wait();
  publisher.disconnect()->wait();
  const auto gateway = percentiles(trips, &Trip::seen);
  const auto alone = percentiles(trips, &Trip::bare);
  fmt::print(
      R"({{"alarms":{},"messages":{},"seconds":{:.3f},"seen":{},"p50_ms":{:.3f},"p99_ms":{:.3f},"max_ms":{:.3f},)"
      R"("bare_seen":{},"bare_p50_ms":{:.3f},"bare_p99_ms":{:.3f},"bare_max_ms":{:.3f}}})"
      "\n",
      alarms, messages, seconds, gateway.seen, gateway.p50, gateway.p99, gateway.most, alone.seen, alone.p50, alone.p99,
      alone.most);
  std::fflush(stdout);
  std::_Exit(gateway.seen == alarms ? 0 : 1);  // the listener still reads; there is nothing to tidy up
}

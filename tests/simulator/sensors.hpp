// The simulated doors, leak sensors and cameras: what they publish, as Zigbee2MQTT 2.x and Frigate do. Pure: state in,
// messages out.
#pragma once

#include <chrono>
#include <random>
#include <string>
#include <vector>

#include "tests/simulator/scenario.hpp"

namespace gateway::simulator {

struct PlantSensor {
  enum class Kind : std::uint8_t { door, leak, camera };
  std::string id;
  std::string name;
  std::string name_en;
  std::string area;
  Kind kind{};
};
[[nodiscard]] std::vector<PlantSensor> plant_sensors();

struct Message {
  std::string topic;
  std::string payload;
  bool retained = false;
};

class SensorField {
 public:
  // unix_start: the wall clock at the start, for what carries a time of its own (Frigate's events).
  SensorField(std::uint64_t seed, double unix_start, std::vector<PlantSensor> sensors);
  // The next call of advance says again how everything stands: after a lost connection the broker holds the last wills.
  void say_all_again() { told_ = false; }
  // Everything that has to be published at `now`, counted from the start. The first call says how everything stands.
  [[nodiscard]] std::vector<Message> advance(std::chrono::milliseconds now, const std::vector<Event>& events);

 private:
  struct State {
    bool on = false;  // open, wet, person
    bool online = true;
    std::chrono::milliseconds closes{-1};  // doors opened by someone who walks through
    std::chrono::milliseconds beat{0};     // next report without a change
    unsigned event_number = 0;
    double began = 0;  // the camera's last event
    int battery = 97;
  };
  void report(std::size_t index, std::vector<Message>& out) const;
  void camera_event(std::size_t index, bool begins, std::chrono::milliseconds now, std::vector<Message>& out);

  std::mt19937_64 random_;
  double unix_start_;
  std::vector<PlantSensor> sensors_;
  std::vector<State> states_;
  bool told_ = false;
  bool bridge_ = true;
  std::chrono::milliseconds last_{0};
};

}  // namespace gateway::simulator

// The site as it was configured: areas, buses, meters, sensors, rules, sinks, each in its own table, numbered by place.
// Made by read_site() (core/site_reader.hpp), which guarantees that every id below points into its table and that trees
// have no circles. Immutable afterwards; any thread may read.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bus_url.hpp"
#include "core/clock_belief.hpp"
#include "core/id.hpp"
#include "core/problem.hpp"
#include "core/quantity.hpp"
#include "core/records.hpp"
#include "core/site_time.hpp"

namespace gateway {

struct Name {
  std::string local;    // as the staff read it: Chinese
  std::string english;  // falls back to local
};

struct MeterModel;  // the register map (drivers/modbus/meter_model.hpp); here it is only kept

struct Area {
  std::string id;
  Name name;
  AreaId parent;             // not valid: directly below the compound
  double floor_area_m2 = 0;  // 0: not given
  std::uint32_t heads = 0;   // 0: not given
};

// A first- or second-level item of the energy classification, as 01A10 (core/sub_item.hpp).
struct SubItem {
  std::string code;
  Name name;
};

struct Bus {
  std::string id;
  std::string url_text;
  BusUrl url;
  std::chrono::nanoseconds timeout{};  // longest wait for an answer
  std::chrono::nanoseconds pause{};  // extra silence between requests, for slow gateways; 0: what the standard asks for
  std::chrono::nanoseconds unit_pause{};  // and when the next request is for another unit
  std::chrono::nanoseconds turnaround{};  // what its meters usually take to begin an answer; for the plan, not a limit
  Place place;                            // in site.toml
};

struct Meter {
  std::string id;
  Name name;
  Utility utility{};
  BusId bus;
  std::uint8_t unit = 1;                  // Modbus unit id, 1 to 247
  std::string model;                      // in the catalogue it was checked against
  std::shared_ptr<const MeterModel> map;  // that model, with what the site overrides; null in tests without drivers
  AreaId area;                            // not valid: the compound itself
  std::string subitem;                    // code, "" when none
  MeterId upstream;                       // the meter this one is behind; not valid: none
  std::chrono::nanoseconds interval{};    // between two polls
  std::chrono::nanoseconds counter_interval{};  // between two polls of its counters; never shorter than `interval`
  double rated_max = 0;                         // highest possible rate in W or L/h; 0: not known
  double ratio =
      1;  // voltage times current transformer ratio, applied to power, energy (and current, voltage by their parts)
  double ct_ratio = 1;
  double pt_ratio = 1;
  std::vector<PointId> points;  // in the order of the model's quantities, then `online`
};

struct Sensor {
  enum class Kind : std::uint8_t { door, leak, camera };
  enum class Family : std::uint8_t { zigbee2mqtt, frigate };
  std::string id;
  Name name;
  Kind kind{};
  Family family{};
  std::string topic;  // Zigbee2MQTT: "zigbee2mqtt/<friendly name>"; Frigate: "frigate/<camera>"
  AreaId area;
  std::chrono::nanoseconds
      silent_after{};  // no message for so long means offline; 0: only what availability topics say
  std::vector<PointId> points;
};
[[nodiscard]] std::string_view name_of(Sensor::Kind kind) noexcept;
[[nodiscard]] std::string_view name_of(Sensor::Family family) noexcept;

// One quantity of one meter or sensor.
struct Point {
  Quantity quantity{};
  MeterId meter;  // exactly one of the two is valid
  SensorId sensor;
  std::int64_t modulus = 0;  // counters: where it wraps, in thousandths; 0: not known
};

enum class NodeKind : std::uint8_t { meter, area, sub_item, compound };

// Something consumption is added up for, in one utility: the signed sum of its terms. Terms come before the nodes that
// use them.
struct Node {
  struct Term {
    NodeId source;
    int sign = 1;
  };
  NodeKind kind{};
  Utility utility{};
  std::string name;             // the `node` tag: meter id, area id, sub-item code, "compound"
  MeterId meter;                // kind meter
  AreaId area;                  // kind area
  std::vector<Term> terms;      // empty for kind meter
  std::vector<MeterId> meters;  // all whose reading counts here, directly or through terms
};

struct Broker {
  std::string url;  // mqtt://host:1883 or mqtts://host:8883
  std::string client_id;
  std::string user;
  std::filesystem::path password_file;
  std::filesystem::path ca_file;  // empty: the system's
  std::chrono::seconds keep_alive{30};
  std::string zigbee2mqtt_base = "zigbee2mqtt";
  std::string frigate_base = "frigate";
};

struct AlarmRule {
  enum class Kind : std::uint8_t { door_open, leak_wet, device_silent };
  std::string id;
  Name name;
  Kind kind{};
  Priority priority{};
  std::chrono::nanoseconds on_delay{};   // true for so long before it is an alarm
  std::chrono::nanoseconds off_delay{};  // false for so long before it has returned
  std::vector<MeterId> meters;           // what it watches
  std::vector<SensorId> sensors;
};
[[nodiscard]] std::string_view name_of(AlarmRule::Kind kind) noexcept;

// One rule on one source: the thing that has a state.
struct AlarmSource {
  std::size_t rule = 0;  // in Site::rules
  MeterId meter;         // exactly one of the two is valid
  SensorId sensor;
};

struct Sink {
  enum class Kind : std::uint8_t { influx1, influx2 };
  std::string id;
  Kind kind{};
  std::string url;                      // http://host:8086 or https://...
  std::string database;                 // influx1
  std::string organisation;             // influx2
  std::string bucket;                   // influx2
  std::string user;                     // influx1
  std::filesystem::path password_file;  // influx1
  std::filesystem::path token_file;     // influx2
  std::filesystem::path ca_file;        // empty: the system's
  std::chrono::nanoseconds timeout{};   // one overall deadline a request
};
[[nodiscard]] std::string_view name_of(Sink::Kind kind) noexcept;

struct Web {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
};

struct StoreLimits {
  std::uint64_t max_bytes = 0;              // of the outbox; beyond it the oldest goes first
  std::chrono::nanoseconds max_age{};       // of the outbox
  std::chrono::nanoseconds keep_minutes{};  // local history of 1-minute windows; longer windows stay ten years
};

struct Site {
  std::string id;
  Name name;
  std::string time_zone;
  std::optional<SiteTime> time;  // always has a value after read_site
  ClockPolicy clock = ClockPolicy::automatic;
  double floor_area_m2 = 0;
  std::uint32_t heads = 0;

  std::vector<Area> areas;
  std::vector<SubItem> sub_items;  // those that meters use, and those above them
  std::vector<Bus> buses;
  std::vector<Meter> meters;
  std::vector<Sensor> sensors;
  std::vector<Point> points;
  std::vector<Node> nodes;  // meters first, by MeterId; then the rest, terms before users
  std::vector<AlarmRule> rules;
  std::vector<AlarmSource> alarms;  // by AlarmId
  std::optional<Broker> broker;
  std::vector<Sink> sinks;
  Web web;
  StoreLimits store;

  [[nodiscard]] const Area& area(AreaId id_) const { return areas[id_.index()]; }
  [[nodiscard]] const Bus& bus(BusId id_) const { return buses[id_.index()]; }
  [[nodiscard]] const Meter& meter(MeterId id_) const { return meters[id_.index()]; }
  [[nodiscard]] const Sensor& sensor(SensorId id_) const { return sensors[id_.index()]; }
  [[nodiscard]] const Point& point(PointId id_) const { return points[id_.index()]; }
  [[nodiscard]] const Node& node(NodeId id_) const { return nodes[id_.index()]; }
  [[nodiscard]] const AlarmRule& rule_of(AlarmId id_) const { return rules[alarms[id_.index()].rule]; }
  [[nodiscard]] NodeId node_of(MeterId id_) const { return NodeId{id_.index()}; }

  // The point of a device that measures `quantity`; not valid when it has none.
  [[nodiscard]] PointId point_of(MeterId meter, Quantity quantity) const;
  [[nodiscard]] PointId point_of(SensorId sensor, Quantity quantity) const;
  // By the node's public name and utility.
  [[nodiscard]] std::optional<NodeId> node_named(std::string_view name, Utility utility) const;
};

}  // namespace gateway

// The site as it was configured: areas, buses, meters, sensors, rules, sinks, each in its own table, numbered by place.
// Made by read_site() (core/site_reader.hpp), which guarantees that every id below points into its table and that trees
// have no circles. Immutable afterwards; any thread may read.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bus_url.hpp"
#include "core/calendar.hpp"
#include "core/clock_belief.hpp"
#include "core/factors.hpp"
#include "core/id.hpp"
#include "core/problem.hpp"
#include "core/quantity.hpp"
#include "core/records.hpp"
#include "core/site_time.hpp"
#include "core/tariff.hpp"

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
  double demand_limit = 0;   // W, of its electricity; 0: none
};

// A first- or second-level item of the energy classification, as 01A10 (core/sub_item.hpp).
struct SubItem {
  std::string code;
  Name name;
  std::string mark;  // what is doubtful about it: "?", "extension"; "" for a code that the site names itself
};

// Which classification the codes are of; named in every report.
struct SubItemDictionary {
  std::string version;
  std::string source;
  std::string source_en;  // as `source` where the site gives none
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
  double demand_limit = 0;      // W, the contracted or allowed maximum demand; 0: none
  std::vector<PointId> points;  // in the order of the model's quantities, then `online`
};

// One value of a sensor whose payloads the site describes itself.
struct ValueMapping {
  Quantity quantity{};
  std::string topic;
  std::string pointer;                 // RFC 6901, into a JSON payload; "": the payload is the value
  std::vector<std::string> true_when;  // flags: the values that mean true; both empty: true/1/on/yes and their contrary
  std::vector<std::string> false_when;
  bool inverted = false;         // flags
  double scale = 1, offset = 0;  // numbers: value * scale + offset
};

// Whatever speaks over MQTT. Bridges and the broker itself are sensors too, made by the reader behind those of the
// file: they have one point, `online`, and their sensors name them as parent. So one dead bridge can be told from forty
// dead doors by looking at `online` up the line of parents.
struct Sensor {
  enum class Kind : std::uint8_t { door, leak, camera, climate, motion, bridge, broker };
  enum class Family : std::uint8_t { zigbee2mqtt, frigate, tasmota, shelly1, shelly2, generic };
  std::string id;
  Name name;
  Kind kind{};
  Family family{};
  std::string topic;  // the device's own: docs/site-toml.md says for each family which; bridges: their state
  std::string availability_topic;  // generic: where it says online or offline; "": nowhere
  std::string key;                 // tasmota: the switch or power output that the contact is wired to
  std::string zigbee_device;  // tasmota: short address or name of a device behind the bridge; "": the device itself
  int input = 0;              // shelly2: the input that a door contact is wired to
  bool inverted = false;      // the contact works the other way round
  bool sleeps = false;        // a battery device that says offline whenever it has spoken: that is no news
  std::vector<ValueMapping> values;  // generic
  AreaId area;
  SensorId parent;  // the bridge it is behind, of a bridge: the broker; not valid: the broker itself, or a test's site
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

enum class NodeKind : std::uint8_t { meter, area, sub_item, compound, sum, difference };
[[nodiscard]] std::string_view name_of(NodeKind kind) noexcept;

// Something consumption is added up for, in one utility: the signed sum of its terms. Terms come before the nodes that
// use them.
struct Node {
  struct Term {
    NodeId source;
    int sign = 1;
  };
  NodeKind kind{};
  Utility utility{};
  std::string name;             // the `node` tag: meter id, area id, sub-item code, "compound", id of a virtual node
  Name label;                   // what people read
  MeterId meter;                // kind meter
  AreaId area;                  // kind area
  std::vector<Term> terms;      // empty for kind meter
  std::vector<MeterId> meters;  // all whose reading counts here, directly or through terms, with either sign
  double demand_limit = 0;      // W; 0: none
  double unaccounted_limit =
      0;  // kind difference: the share of the positive terms, 0 to 1, that it may be; 0: no limit
};

// A node that the site defines ([[node]]), by the names of what it is made of. A difference may be negative: meters
// err.
struct VirtualNode {
  std::string id;
  Name name;
  NodeKind kind{};  // sum or difference
  Utility utility{};
  std::vector<std::string> plus;  // names of nodes
  std::vector<std::string> minus;
  double demand_limit = 0;
  double unaccounted_limit = 0;
  Place place;  // in site.toml
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
  std::string tasmota_full_topic = "%prefix%/%topic%/";
  std::string discovery_prefix;  // devices that announce themselves below it are proposed; "": not listened to
};

// Tasmota's FullTopic with the prefix ("tele", "stat") and the device's topic put in; ends in a slash.
[[nodiscard]] std::string tasmota_topic(const Broker& broker, std::string_view prefix, std::string_view topic);

// When a rule counts.
enum class When : std::uint8_t { always, working_hours, off_hours, armed, off_hours_or_armed };

struct AlarmRule {
  enum class Kind : std::uint8_t {
    door_open,
    leak_wet,
    device_silent,
    camera_offline,
    person_seen,
    value_above,
    value_below,
    power_demand,   // an area's or the compound's demand near its limit
    load_left_on,   // an area's or a meter's power above its own base load
    water_leak,     // from a water meter alone
    water_running,  // a tap that nobody turned off
    unaccounted,    // what a balance does not explain
    bus_fault,
    broker_fault,  // the broker, and the bridges behind it
    gateway_fault,
    alarm_flood,
  };
  std::string id;
  Name name;
  Kind kind{};
  Priority priority{};
  std::chrono::nanoseconds on_delay{};      // true for so long before it is an alarm
  std::chrono::nanoseconds off_delay{};     // false for so long before it has returned
  std::chrono::nanoseconds remind_after{};  // acknowledged for so long and still there: announced again; 0: never
  std::chrono::nanoseconds longest_shelving{std::chrono::hours{24}};
  When when = When::always;
  bool latched = false;   // stays until it is acknowledged and reset
  bool built_in = false;  // not in site.toml
  Quantity quantity{};    // value_above, value_below
  // In the unit of what the kind watches; 0: not given, the kind's own way to find one.
  double limit = 0;
  double deadband = 0;          // back by so much more than the limit before it has returned
  double share = 0.9;           // power_demand: of the node's own demand limit, when the rule gives none
  double base = 0;              // load_left_on: W, until the area's own nights are known; 0: not told
  std::vector<MeterId> meters;  // what it watches
  std::vector<SensorId> sensors;
  std::vector<AreaId> areas;
  std::vector<BusId> buses;
  std::vector<std::string> balances;  // ids of virtual nodes
  bool compound = false;
};
inline constexpr std::size_t alarm_rule_kind_count = 16;
[[nodiscard]] std::string_view name_of(AlarmRule::Kind kind) noexcept;
[[nodiscard]] std::string_view name_of(When when) noexcept;

// One rule on one source: the thing that has a state.
struct AlarmSource {
  // What the source is. broker, bridge: `sensor` is what says whether it is there (not valid: a broker without
  // sensors). sink: its place in Site::sinks.
  enum class Part : std::uint8_t {
    meter,
    sensor,
    area,
    compound,
    balance,  // a virtual node that is a difference
    bus,
    broker,
    bridge,
    store,          // can't keep what it is given
    readings,       // were dropped
    clock,          // not believable
    filling,        // the outbox will be full within a day
    configuration,  // site.toml can't be used, an earlier one runs
    dashboard,      // can't be served
    sink,           // refuses what it is sent
    notifier,       // does not get through to people; `place` in Site::notifiers
    alarms,         // too many at once
  };
  std::size_t rule = 0;  // in Site::rules
  Part part{};
  MeterId meter;  // of the five, at most one is valid
  SensorId sensor;
  AreaId area;
  BusId bus;
  std::size_t place = 0;
  std::string id;  // what it is called outside of the process; with the rule's id it names the alarm for good
  Name name;
  AreaId where;    // the area it lies in; not valid: none
  AlarmId parent;  // when that one's condition is there, this one is suppressed by design
};

// Another way to run the site, with one switch: a holiday, a typhoon.
struct Mode {
  struct Change {
    std::size_t rule = 0;  // in Site::rules
    std::optional<std::chrono::nanoseconds> on_delay;
    std::optional<double> limit;
    std::optional<When> when;
  };
  // Something that the patrol looks at; a sensor says by itself how it stands.
  struct Patrol {
    std::string id;
    Name name;
    SensorId sensor;
    AreaId area;
  };
  std::string id;
  Name name;
  bool off_hours = false;  // every hour counts as off hours
  std::vector<AreaId> armed;
  bool arms_everything = false;
  double delay_factor = 1;  // of every on-delay that `changes` does not name
  double limit_factor = 1;  // likewise of every limit
  std::vector<Change> changes;
  std::vector<Patrol> patrol;
};

// A central store, or a broker, that everything kept is sent to. What the kinds need and where they are written to:
// docs/central-stores.md.
struct Sink {
  enum class Kind : std::uint8_t {
    influx1,
    influx2,
    influx3,
    victoriametrics,
    questdb,
    greptimedb,
    tdengine,
    line_protocol,
    mqtt
  };
  std::string id;
  Kind kind{};
  std::string url;           // http://host:8086 or https://...; mqtt: mqtt:// or mqtts://
  std::string database;      // victoriametrics: "" or a label `db`
  std::string organisation;  // influx2
  std::string bucket;        // influx2
  std::string user;
  std::filesystem::path password_file;  // read anew when it changes, as the other secrets
  std::filesystem::path token_file;
  std::string token_scheme = "Bearer";    // line_protocol: the word before the token
  std::filesystem::path ca_file;          // empty: the system's
  std::string certificate_sha256;         // 64 lower-case hex digits: only this certificate, whoever signed it
  bool gzip = true;                       // send bodies compressed
  std::string topic;                      // mqtt
  std::string client_id;                  // mqtt; brokers let one client of a name in
  std::size_t most_message_bytes = 0;     // mqtt
  std::uint64_t backlog_bytes_per_s = 0;  // as sent; what is live is not held back
  std::chrono::nanoseconds timeout{};     // one overall deadline a request
};
[[nodiscard]] std::string_view name_of(Sink::Kind kind) noexcept;

// One way of telling people of alarms.
struct Notify {
  enum class Kind : std::uint8_t { mqtt, webhook, wecom, dingtalk, email };
  std::string id;
  Kind kind{};
  std::string url;  // http(s)://, smtp(s)://, mqtt(s)://; empty: wecom and dingtalk's own service, or the site's broker
  std::filesystem::path token_file;     // wecom: the robot's key; dingtalk: its access token; webhook: a bearer token
  std::filesystem::path secret_file;    // webhook, dingtalk: what the message is signed with
  std::string user;                     // email, mqtt
  std::filesystem::path password_file;  // email, mqtt
  std::filesystem::path ca_file;        // empty: the system's
  std::string from;                     // email
  std::vector<std::string> to;          // email
  std::vector<std::string> mention;     // wecom, dingtalk: mobile numbers, or "all"
  std::string base_topic;               // mqtt
  std::string discovery_prefix;         // mqtt: Home Assistant's; "": alarms do not announce themselves
  bool english = false;
  Priority least{};                         // tells nothing below
  std::vector<AreaId> areas;                // only what is in or below these; empty: everywhere
  std::vector<std::string> rules;           // only these; empty: all
  bool returned = true;                     // also when it is over
  bool acknowledged = false;                // also when somebody has acknowledged
  std::chrono::nanoseconds after{};         // only what nobody has acknowledged for so long: the next level
  std::chrono::nanoseconds repeat_after{};  // again while nobody acknowledges; 0: never
  std::chrono::nanoseconds quiet{};         // the same alarm again within so long is not told
  std::chrono::nanoseconds timeout{};       // one attempt
  std::size_t most_at_once = 5;             // more than so many that are due together become one message
};
[[nodiscard]] std::string_view name_of(Notify::Kind kind) noexcept;

struct Web {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;
  std::filesystem::path certificate;  // PEM; empty: none was given
  std::filesystem::path key;
  bool self_signed = false;  // the gateway makes one
  // Of this box, beside those that the system gives it: what a browser's address line may say.
  std::vector<std::string> names;
  [[nodiscard]] bool tls() const noexcept { return self_signed || !certificate.empty(); }
};

struct StoreLimits {
  std::uint64_t max_bytes = 0;              // of the outbox; beyond it the oldest goes first
  std::chrono::nanoseconds max_age{};       // of the outbox
  std::chrono::nanoseconds keep_minutes{};  // local history of 1-minute windows
  // Of 15-minute windows and of counter readings, of which each day's last stays; longer windows stay for good.
  std::chrono::nanoseconds keep_quarters{};
  std::chrono::nanoseconds keep_alarms{};  // the journals of alarms and modes
};

struct Site {
  std::string id;
  Name name;
  std::string time_zone;
  std::optional<SiteTime> time;  // always has a value after read_site
  ClockPolicy clock = ClockPolicy::automatic;
  double floor_area_m2 = 0;
  std::uint32_t heads = 0;
  double demand_limit = 0;  // W, of the compound; 0: none

  WorkingCalendar calendar;
  std::array<Tariff, utility_count> tariffs;  // by Utility; empty: not told
  FactorTable factors;
  SubItemDictionary dictionary;

  std::vector<Area> areas;
  std::vector<SubItem> sub_items;  // those that meters use, and those above them
  std::vector<Bus> buses;
  std::vector<Meter> meters;
  std::vector<Sensor> sensors;
  std::vector<Point> points;
  std::vector<VirtualNode> virtual_nodes;
  std::vector<Node> nodes;  // meters first, by MeterId; then the rest, terms before users; virtual ones last
  std::vector<AlarmRule> rules;
  std::vector<AlarmSource> alarms;  // by AlarmId
  std::vector<Mode> modes;          // besides the usual one
  std::uint32_t operators = 1;      // who see to alarms at one time, for the figures per operator
  std::optional<Broker> broker;
  std::vector<Sink> sinks;
  std::vector<Notify> notifiers;
  Web web;
  StoreLimits store;

  [[nodiscard]] const Area& area(AreaId id_) const { return areas[id_.index()]; }
  [[nodiscard]] const Bus& bus(BusId id_) const { return buses[id_.index()]; }
  [[nodiscard]] const Meter& meter(MeterId id_) const { return meters[id_.index()]; }
  [[nodiscard]] const Sensor& sensor(SensorId id_) const { return sensors[id_.index()]; }
  [[nodiscard]] const Point& point(PointId id_) const { return points[id_.index()]; }
  [[nodiscard]] const Node& node(NodeId id_) const { return nodes[id_.index()]; }
  [[nodiscard]] const AlarmRule& rule_of(AlarmId id_) const { return rules[alarms[id_.index()].rule]; }
  [[nodiscard]] const AlarmSource& source_of(AlarmId id_) const { return alarms[id_.index()]; }
  [[nodiscard]] const Tariff& tariff(Utility utility) const { return tariffs[static_cast<std::size_t>(utility)]; }
  [[nodiscard]] NodeId node_of(MeterId id_) const { return NodeId{id_.index()}; }

  // The point of a device that measures `quantity`; not valid when it has none.
  [[nodiscard]] PointId point_of(MeterId meter, Quantity quantity) const;
  [[nodiscard]] PointId point_of(SensorId sensor, Quantity quantity) const;
  // The alarm of that rule and source; not valid when there is none.
  [[nodiscard]] AlarmId alarm_named(std::string_view rule, std::string_view source) const;
  // By the node's public name and utility.
  [[nodiscard]] std::optional<NodeId> node_named(std::string_view name, Utility utility) const;
};

}  // namespace gateway

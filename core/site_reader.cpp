#include "core/site_reader.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>

#include <fmt/format.h>

#include "core/node_tree.hpp"
#include "core/sub_item.hpp"
#include "core/toml_document.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Unit = TomlTable::Unit;

constexpr std::array<Unit, 3> power_units{{{"kW", 1e3}, {"W", 1}, {"MW", 1e6}}};
constexpr std::array<Unit, 3> flow_units{{{"m3/h", 1e3}, {"L/h", 1}, {"L/s", 3600}}};
constexpr std::array<Unit, 4> byte_units{{{"MB", 1e6}, {"GB", 1e9}, {"kB", 1e3}, {"B", 1}}};

constexpr std::array<std::string_view, 3> sensor_kinds{"door", "leak", "camera"};
constexpr std::array<std::string_view, 2> families{"zigbee2mqtt", "frigate"};
constexpr std::array<std::string_view, 3> rule_kinds{"door_open", "leak_wet", "device_silent"};
constexpr std::array<std::string_view, 4> priorities{"low", "medium", "high", "critical"};
constexpr std::array<std::string_view, 2> sink_kinds{"influx1", "influx2"};

// Ids by name, and the complaint when a name points nowhere.
template <class IdType>
class Names {
 public:
  explicit Names(std::string_view what) : what_(what) {}
  bool add(const std::string& name, IdType id) { return ids_.emplace(name, id).second; }
  [[nodiscard]] IdType find(const std::string& name) const {
    const auto found = ids_.find(name);
    return found == ids_.end() ? IdType{} : found->second;
  }
  // The id under `key`; a problem when nothing has that name.
  IdType resolve(TomlTable& table, std::string_view key, const std::string& name) const {
    const auto id = find(name);
    if (!id.valid()) table.problem(key, fmt::format("there is no {} '{}'", what_, name), remedy(name));
    return id;
  }
  [[nodiscard]] std::string remedy(const std::string& name) const {
    std::vector<std::string_view> known;
    for (const auto& [each, id] : ids_) known.push_back(each);
    if (known.empty()) return fmt::format("add a [[{}]] with that id", what_);
    const auto near = nearest(name, known);
    if (!near.empty()) return fmt::format("did you mean '{}'?", near);
    return fmt::format("add a [[{}]] with that id, or use one of: {}", what_, fmt::join(known, ", "));
  }

 private:
  std::string_view what_;
  std::map<std::string, IdType> ids_;
};

class SiteReader {
 public:
  SiteReader(TomlDocument document, const MeterCatalogue& catalogue)
      : document_(std::move(document)), catalogue_(catalogue) {}

  std::expected<Site, Problems> read() {
    if (auto root = document_.root()) {
      read_site_table(*root);
      read_sub_items(*root);
      read_areas(*root);
      read_buses(*root);
      read_meters(*root);
      read_broker(*root);
      read_sensors(*root);
      read_rules(*root);
      read_sinks(*root);
      read_web(*root);
      read_store(*root);
      root->finish();
    }
    auto& problems = document_.problems();
    if (!problems.empty()) {
      std::ranges::stable_sort(problems, [](const Problem& a, const Problem& b) {
        return std::pair(a.line, a.column) < std::pair(b.line, b.column);
      });
      return std::unexpected(std::move(problems));
    }
    build_nodes(site_);
    return std::move(site_);
  }

 private:
  static Name read_name(TomlTable& table, std::string_view otherwise) {
    Name name;
    name.local = table.string("name").value_or(std::string(otherwise));
    name.english = table.string("name_en").value_or(name.local);
    return name;
  }

  // One name space for meters, areas and sensors: `node` and alarm sources are told by name alone.
  void claim(TomlTable& table, const std::string& id, std::string_view what) {
    if (id.empty()) return;
    if (id == "compound") {
      table.problem("id", "'compound' is the name of the whole site", "choose another id");
      return;
    }
    const auto [place, fresh] = claimed_.emplace(id, what);
    if (!fresh)
      table.problem("id", fmt::format("id '{}' is taken by {} above", id, place->second),
                    "ids of areas, meters and sensors must all differ");
  }

  template <class IdType>
  void claim_in(Names<IdType>& names, TomlTable& table, const std::string& id, IdType value) {
    if (!id.empty() && !names.add(id, value))
      table.problem("id", fmt::format("id '{}' is taken by one above", id), "ids must differ");
  }

  void read_site_table(TomlTable& root) {
    auto table = root.table("site");
    if (!table) {
      if (!root.has("site"))
        root.problem("", "there is no [site]",
                     "begin with [site], id = \"...\", name = \"...\", timezone = \"Asia/Shanghai\"");
      return;
    }
    site_.id = table->required_id("id");
    site_.name = read_name(*table, site_.id);
    site_.time_zone = table->string("timezone").value_or("Asia/Shanghai");
    if (auto time = SiteTime::find(site_.time_zone)) {
      site_.time = *time;
    } else {
      table->problem("timezone", fmt::format("'{}' is not a time zone", site_.time_zone),
                     "use an IANA name, as \"Asia/Shanghai\"");
    }
    site_.floor_area_m2 = positive(*table, "floor_area_m2");
    site_.heads = static_cast<std::uint32_t>(table->integer("heads", 0, 10'000'000).value_or(0));
    table->finish();
  }

  static double positive(TomlTable& table, std::string_view key, double otherwise = 0) {
    const auto value = table.number(key);
    if (!value) return otherwise;
    if (*value <= 0) table.problem(key, fmt::format("'{}' is {}", key, *value), "it must be more than 0");
    return *value;
  }

  void read_sub_items(TomlTable& root) {
    for (const auto& entry : standard_sub_items())
      dictionary_[std::string(entry.code)] = {std::string(entry.name), std::string(entry.name_en)};
    std::set<std::string> own;
    for (auto& table : root.tables("subitem")) {
      const auto code = table.required_string("code");
      if (!code.empty() && !is_sub_item_code(code))
        table.problem("code", fmt::format("'{}' is not a sub-item code", code), "it has five characters, as \"01A10\"");
      else if (!code.empty() && !own.insert(code).second)
        table.problem("code", fmt::format("sub-item '{}' is named twice", code), "name it once");
      dictionary_[code] = read_name(table, code);
      table.finish();
    }
  }

  void read_areas(TomlTable& root) {
    auto tables = root.tables("area");
    std::vector<std::string> parents;
    for (auto& table : tables) {
      Area area;
      area.id = table.required_id("id");
      area.name = read_name(table, area.id);
      claim(table, area.id, "an area");
      areas_.add(area.id, AreaId{site_.areas.size()});
      parents.push_back(table.string("parent").value_or(""));
      area.floor_area_m2 = positive(table, "floor_area_m2");
      area.heads = static_cast<std::uint32_t>(table.integer("heads", 0, 10'000'000).value_or(0));
      table.finish();
      site_.areas.push_back(std::move(area));
    }
    for (std::size_t i = 0; i < tables.size(); ++i)
      if (!parents[i].empty()) site_.areas[i].parent = areas_.resolve(tables[i], "parent", parents[i]);
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (const auto circle = circle_from(
              i, [&](std::size_t at) { return site_.areas[at].parent; },
              [&](std::size_t at) { return site_.areas[at].id; });
          !circle.empty())
        tables[i].problem("parent", fmt::format("areas in a circle: {}", circle),
                          "an area can't lie in itself; take one 'parent' out");
    }
  }

  // "a -> b -> a" when following `next` from `start` comes back to it; "" otherwise.
  template <class Next, class NameOf>
  static std::string circle_from(std::size_t start, Next next, NameOf name_of_index) {
    std::string way = name_of_index(start);
    auto at = next(start);
    for (std::size_t steps = 0; at.valid() && steps < 1'000; ++steps) {
      way += " -> " + name_of_index(at.index());
      if (at.index() == start) return way;
      at = next(at.index());
    }
    return {};
  }

  void read_buses(TomlTable& root) {
    for (auto& table : root.tables("bus")) {
      Bus bus;
      bus.id = table.required_id("id");
      claim_in(buses_, table, bus.id, BusId{site_.buses.size()});
      bus.url_text = table.required_string("url");
      if (!bus.url_text.empty()) {
        if (auto url = parse_bus_url(bus.url_text)) {
          bus.url = *url;
        } else {
          table.problem("url", fmt::format("'{}' is not a bus URL", bus.url_text), url.error());
        }
      }
      bus.timeout = table.duration("timeout").value_or(bus.url.serial_frames() ? 500ms : 1s);
      if (bus.timeout > 60s)
        table.problem("timeout", "'timeout' is longer than a minute",
                      "one dead meter would hold up its whole bus; some 500 ms are usual");
      if (bus.url.kind == BusKind::rtu && bus.timeout > 2s)
        table.problem("timeout", "'timeout' is longer than 2 s on a serial line",
                      "meters answer within 500 ms; nothing else can use the line meanwhile");
      bus.pause = table.duration("pause").value_or(0ns);
      table.finish();
      site_.buses.push_back(std::move(bus));
    }
  }

  AreaId read_area(TomlTable& table) {
    const auto name = table.string("area");
    return name ? areas_.resolve(table, "area", *name) : AreaId{};
  }

  void add_point(std::vector<PointId>& of_device, Point point) {
    of_device.push_back(PointId{site_.points.size()});
    site_.points.push_back(point);
  }

  void read_meters(TomlTable& root) {
    auto tables = root.tables("meter");
    std::vector<std::string> upstreams;
    std::map<std::pair<BusId, std::uint8_t>, std::string> units;
    for (auto& table : tables) {
      const MeterId id{site_.meters.size()};
      Meter meter;
      meter.id = table.required_id("id");
      meter.name = read_name(table, meter.id);
      claim(table, meter.id, "a meter");
      meters_.add(meter.id, id);
      const auto bus = table.required_string("bus");
      if (!bus.empty()) meter.bus = buses_.resolve(table, "bus", bus);
      meter.unit = static_cast<std::uint8_t>(table.required_integer("unit", 1, 247).value_or(1));
      if (meter.bus.valid() && table.has("unit")) {
        const auto [place, fresh] = units.emplace(std::pair{meter.bus, meter.unit}, meter.id);
        if (!fresh)
          table.problem("unit",
                        fmt::format("unit {} on bus '{}' is already meter '{}'", meter.unit, bus, place->second),
                        "every unit id on a bus belongs to one meter");
      }
      read_model(table, meter, id);
      meter.area = read_area(table);
      read_meter_sub_item(table, meter);
      upstreams.push_back(table.string("upstream").value_or(""));
      meter.interval = table.duration("interval").value_or(1s);
      if (meter.interval < 100ms)
        table.problem("interval", "'interval' is shorter than 100 ms",
                      "no meter measures anew so often; 1 s to 60 s are usual");
      meter.rated_max = (meter.utility == Utility::electricity ? table.quantity("rated_power", power_units)
                                                               : table.quantity("rated_flow", flow_units))
                            .value_or(0);
      meter.ct_ratio = positive(table, "ct_ratio", 1);
      meter.pt_ratio = positive(table, "pt_ratio", 1);
      meter.ratio = meter.ct_ratio * meter.pt_ratio;
      table.finish();
      site_.meters.push_back(std::move(meter));
    }
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (upstreams[i].empty()) continue;
      const auto upstream = meters_.resolve(tables[i], "upstream", upstreams[i]);
      site_.meters[i].upstream = upstream;
      if (upstream.valid() && site_.meter(upstream).utility != site_.meters[i].utility)
        tables[i].problem("upstream",
                          fmt::format("'{}' does not measure {}", upstreams[i], name_of(site_.meters[i].utility)),
                          "a meter can only be behind one of its own kind");
    }
    for (std::size_t i = 0; i < tables.size(); ++i) {
      if (const auto circle = circle_from(
              i, [&](std::size_t at) { return site_.meters[at].upstream; },
              [&](std::size_t at) { return site_.meters[at].id; });
          !circle.empty())
        tables[i].problem("upstream", fmt::format("meters in a circle: {}", circle),
                          "a meter can't be behind itself; take one 'upstream' out");
    }
  }

  void read_model(TomlTable& table, Meter& meter, MeterId id) {
    meter.model = table.required_string("model");
    if (meter.model.empty()) return;
    const auto outline = catalogue_.outline(meter.model);
    if (!outline) {
      const auto known = catalogue_.models();
      const auto near = nearest(meter.model, known);
      table.problem("model", fmt::format("unknown meter model '{}'", meter.model),
                    (near.empty() ? std::string() : fmt::format("did you mean '{}'? ", near)) +
                        "`gateway models` lists them all");
      return;
    }
    meter.utility = outline->utility;
    for (const auto& measured : outline->measured)
      add_point(meter.points, {measured.quantity, id, {}, measured.modulus});
    add_point(meter.points, {Quantity::online, id, {}, 0});
  }

  void read_meter_sub_item(TomlTable& table, Meter& meter) {
    meter.subitem = table.string("subitem").value_or("");
    if (meter.subitem.empty()) return;
    if (!dictionary_.contains(meter.subitem)) {
      std::vector<std::string_view> known;
      for (const auto& [code, name] : dictionary_) known.push_back(code);
      const auto near = nearest(meter.subitem, known);
      table.problem("subitem", fmt::format("unknown sub-item '{}'", meter.subitem),
                    near.empty() ? "add a [[subitem]] with that code, or use a standard one, as \"01A10\""
                                 : fmt::format("did you mean '{}'? Or add a [[subitem]] with that code", near));
      meter.subitem.clear();
      return;
    }
    for (auto code = meter.subitem; !code.empty(); code = parent_sub_item(code)) {
      if (std::ranges::find(site_.sub_items, code, &SubItem::code) != site_.sub_items.end()) continue;
      const auto found = dictionary_.find(code);
      site_.sub_items.push_back({code, found == dictionary_.end() ? Name{code, code} : found->second});
    }
    std::ranges::sort(site_.sub_items, {}, &SubItem::code);
  }

  void read_broker(TomlTable& root) {
    auto table = root.table("broker");
    if (!table) return;
    Broker broker;
    broker.url = table->required_string("url");
    if (!broker.url.empty() && !broker.url.starts_with("mqtt://") && !broker.url.starts_with("mqtts://"))
      table->problem("url", fmt::format("'{}' is not a broker URL", broker.url),
                     "write mqtt://host:1883, or mqtts://host:8883 for TLS");
    broker.client_id = table->string("client_id").value_or("gateway-" + site_.id);
    broker.user = table->string("user").value_or("");
    broker.password_file = table->string("password_file").value_or("");
    broker.ca_file = table->string("ca_file").value_or("");
    broker.zigbee2mqtt_base = table->string("zigbee2mqtt_base").value_or(broker.zigbee2mqtt_base);
    broker.frigate_base = table->string("frigate_base").value_or(broker.frigate_base);
    broker.keep_alive = std::chrono::ceil<std::chrono::seconds>(table->duration("keep_alive").value_or(30s));
    table->finish();
    site_.broker = std::move(broker);
  }

  void read_sensors(TomlTable& root) {
    for (auto& table : root.tables("sensor")) {
      const SensorId id{site_.sensors.size()};
      Sensor sensor;
      sensor.id = table.required_id("id");
      sensor.name = read_name(table, sensor.id);
      claim(table, sensor.id, "a sensor");
      sensors_.add(sensor.id, id);
      sensor.kind = static_cast<Sensor::Kind>(table.required_choice("kind", sensor_kinds).value_or(0));
      const bool camera = sensor.kind == Sensor::Kind::camera;
      sensor.family = static_cast<Sensor::Family>(table.choice("family", families).value_or(camera ? 1u : 0u));
      if (camera != (sensor.family == Sensor::Family::frigate))
        table.problem("family", fmt::format("a {} can't come from {}", name_of(sensor.kind), name_of(sensor.family)),
                      "doors and leaks come from \"zigbee2mqtt\", cameras from \"frigate\"");
      sensor.topic = table.required_string("topic");
      if (sensor.topic.find_first_of("+#") != std::string::npos)
        table.problem("topic", fmt::format("'{}' has a wildcard", sensor.topic),
                      "name one device's topic, as \"zigbee2mqtt/east-door\"");
      sensor.area = read_area(table);
      sensor.silent_after = table.duration("silent_after").value_or(camera ? 0ns : std::chrono::nanoseconds{25h});
      table.finish();
      add_sensor_points(sensor, id);
      if (!site_.broker && !no_broker_told_) {
        no_broker_told_ = true;
        table.problem("", "there are sensors, but no [broker]", "add [broker] with url = \"mqtt://host:1883\"");
      }
      site_.sensors.push_back(std::move(sensor));
    }
  }

  void add_sensor_points(Sensor& sensor, SensorId id) {
    using enum Quantity;
    const auto add = [&](std::initializer_list<Quantity> quantities) {
      for (const auto quantity : quantities) add_point(sensor.points, {quantity, {}, id, 0});
    };
    switch (sensor.kind) {
      case Sensor::Kind::door:
        add({open, online, battery_pct, battery_voltage, link_quality, temperature, tamper});
        break;
      case Sensor::Kind::leak:
        add({wet, online, battery_pct, battery_low, battery_voltage, link_quality, temperature});
        break;
      case Sensor::Kind::camera:
        add({online, person, vehicle});
        break;
    }
  }

  void read_rules(TomlTable& root) {
    std::set<std::string> ids;
    for (auto& table : root.tables("alarm")) {
      AlarmRule rule;
      rule.id = table.required_id("id");
      if (!rule.id.empty() && !ids.insert(rule.id).second)
        table.problem("id", fmt::format("id '{}' is taken by an alarm above", rule.id), "ids must differ");
      rule.name = read_name(table, rule.id);
      rule.kind = static_cast<AlarmRule::Kind>(table.required_choice("kind", rule_kinds).value_or(0));
      const std::size_t usual = rule.kind == AlarmRule::Kind::leak_wet    ? 3
                                : rule.kind == AlarmRule::Kind::door_open ? 2
                                                                          : 1;
      rule.priority = static_cast<Priority>(table.choice("priority", priorities).value_or(usual));
      rule.on_delay = table.duration("after").value_or(
          rule.kind == AlarmRule::Kind::leak_wet ? 0ns : std::chrono::nanoseconds{60s});
      rule.off_delay = table.duration("clear_after").value_or(0ns);
      read_rule_sources(table, rule);
      table.finish();
      site_.rules.push_back(std::move(rule));
    }
    for (std::size_t i = 0; i < site_.rules.size(); ++i) {
      for (const auto meter : site_.rules[i].meters) site_.alarms.push_back({i, meter, {}});
      for (const auto sensor : site_.rules[i].sensors) site_.alarms.push_back({i, {}, sensor});
    }
  }

  // `sources` and `areas` narrow a rule; without them it watches everything it fits.
  void read_rule_sources(TomlTable& table, AlarmRule& rule) {
    const auto fits = [&](const Sensor& sensor) {
      return rule.kind == AlarmRule::Kind::device_silent ||
             (rule.kind == AlarmRule::Kind::door_open && sensor.kind == Sensor::Kind::door) ||
             (rule.kind == AlarmRule::Kind::leak_wet && sensor.kind == Sensor::Kind::leak);
    };
    const auto named = table.strings("sources");
    std::vector<AreaId> areas;
    for (const auto& name : table.strings("areas"))
      if (const auto area = areas_.resolve(table, "areas", name); area.valid()) areas.push_back(area);
    const auto in_areas = [&](AreaId area) {
      if (areas.empty()) return true;
      for (std::size_t steps = 0; area.valid() && steps <= site_.areas.size(); ++steps, area = site_.area(area).parent)
        if (std::ranges::find(areas, area) != areas.end()) return true;
      return false;
    };
    for (const auto& name : named) {
      const auto sensor = sensors_.find(name);
      const auto meter = meters_.find(name);
      if (sensor.valid() && fits(site_.sensor(sensor))) {
        rule.sensors.push_back(sensor);
      } else if (meter.valid() && rule.kind == AlarmRule::Kind::device_silent) {
        rule.meters.push_back(meter);
      } else if (sensor.valid() || meter.valid()) {
        table.problem("sources", fmt::format("'{}' is nothing that {} can watch", name, name_of(rule.kind)),
                      "door_open watches doors, leak_wet leak sensors, device_silent any device");
      } else {
        table.problem("sources", fmt::format("there is no meter or sensor '{}'", name), sensors_.remedy(name));
      }
    }
    if (!named.empty()) return;
    for (std::size_t i = 0; i < site_.sensors.size(); ++i)
      if (fits(site_.sensors[i]) && in_areas(site_.sensors[i].area)) rule.sensors.push_back(SensorId{i});
    if (rule.kind == AlarmRule::Kind::device_silent)
      for (std::size_t i = 0; i < site_.meters.size(); ++i)
        if (in_areas(site_.meters[i].area)) rule.meters.push_back(MeterId{i});
  }

  void read_sinks(TomlTable& root) {
    std::set<std::string> ids;
    for (auto& table : root.tables("sink")) {
      Sink sink;
      sink.id = table.required_id("id");
      if (!sink.id.empty() && !ids.insert(sink.id).second)
        table.problem("id", fmt::format("id '{}' is taken by a sink above", sink.id), "ids must differ");
      sink.kind = static_cast<Sink::Kind>(table.required_choice("kind", sink_kinds).value_or(0));
      sink.url = table.required_string("url");
      if (!sink.url.empty() && !sink.url.starts_with("http://") && !sink.url.starts_with("https://"))
        table.problem("url", fmt::format("'{}' is not an HTTP address", sink.url),
                      "write http://host:8086 or https://host:8086");
      if (sink.kind == Sink::Kind::influx1) {
        sink.database = table.required_string("database");
        sink.user = table.string("user").value_or("");
        sink.password_file = table.string("password_file").value_or("");
      } else {
        sink.organisation = table.string("organisation").value_or("");
        sink.bucket = table.required_string("bucket");
        sink.token_file = table.string("token_file").value_or("");
      }
      sink.ca_file = table.string("ca_file").value_or("");
      sink.timeout = table.duration("timeout").value_or(10s);
      table.finish();
      site_.sinks.push_back(std::move(sink));
    }
  }

  void read_web(TomlTable& root) {
    auto table = root.table("web");
    if (!table) return;
    if (const auto listen = table->string("listen")) {
      const auto address = parse_bus_url("tcp://" + *listen);  // host:port, with IPv6 in brackets
      if (address) {
        site_.web.host = address->host;
        site_.web.port = listen->ends_with(':' + std::to_string(address->port)) ? address->port : 8080;
      } else {
        table->problem("listen", fmt::format("'{}' is not an address to listen on", *listen),
                       "write host:port, as \"127.0.0.1:8080\" or \"[::1]:8080\"");
      }
    }
    table->finish();
  }

  void read_store(TomlTable& root) {
    site_.store = {4'000'000'000, 60 * 24h, 400 * 24h};
    auto table = root.table("store");
    if (!table) return;
    site_.store.max_bytes = static_cast<std::uint64_t>(
        table->quantity("max_bytes", byte_units).value_or(static_cast<double>(site_.store.max_bytes)));
    if (site_.store.max_bytes < 10'000'000)
      table->problem("max_bytes", "'max_bytes' is less than 10 MB",
                     "that is a few hours of outage at most; 4 GB is the default");
    site_.store.max_age = table->duration("max_age").value_or(site_.store.max_age);
    site_.store.keep_minutes = table->duration("keep_minutes").value_or(site_.store.keep_minutes);
    table->finish();
  }

  TomlDocument document_;
  const MeterCatalogue& catalogue_;
  Site site_;
  std::map<std::string, std::string> claimed_;
  std::map<std::string, Name> dictionary_;
  Names<AreaId> areas_{"area"};
  Names<BusId> buses_{"bus"};
  Names<MeterId> meters_{"meter"};
  Names<SensorId> sensors_{"sensor"};
  bool no_broker_told_ = false;
};

}  // namespace

std::expected<Site, Problems> read_site(const std::filesystem::path& path, const MeterCatalogue& catalogue) {
  return SiteReader{TomlDocument::read(path), catalogue}.read();
}

std::expected<Site, Problems> parse_site(std::string_view text, std::string file_name,
                                         const MeterCatalogue& catalogue) {
  return SiteReader{TomlDocument::parse(text, std::move(file_name)), catalogue}.read();
}

}  // namespace gateway

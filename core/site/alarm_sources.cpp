// From rules to alarms: one for each rule and source; the rules that every site has; which alarm tells for which
// others.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

using Kind = AlarmRule::Kind;
using Part = AlarmSource::Part;

struct BuiltIn {
  Kind kind;
  std::string_view id;
  std::string_view name;
  std::string_view name_en;
};
constexpr std::array built_in{
    BuiltIn{Kind::bus_fault, "bus-fault", "总线故障", "Bus fault"},
    BuiltIn{Kind::broker_fault, "broker-fault", "MQTT 连接故障", "MQTT fault"},
    BuiltIn{Kind::gateway_fault, "gateway-fault", "网关故障", "Gateway fault"},
    BuiltIn{Kind::alarm_flood, "alarm-flood", "报警泛滥", "Alarm flood"},
};

class Numbering {
 public:
  explicit Numbering(Site& site) : site_(site) {}

  void number(std::size_t rule_number) {
    const auto& rule = site_.rules[rule_number];
    const auto add = [&](Part part, std::string id, Name name, AreaId where) -> AlarmSource& {
      auto& source = site_.alarms.emplace_back();
      source.rule = rule_number;
      source.part = part;
      source.id = std::move(id);
      source.name = std::move(name);
      source.where = where;
      return source;
    };
    for (const auto meter : rule.meters) {
      const auto& of = site_.meter(meter);
      add(Part::meter, of.id, of.name, of.area).meter = meter;
    }
    for (const auto sensor : rule.sensors) {
      const auto& of = site_.sensor(sensor);
      add(Part::sensor, of.id, of.name, of.area).sensor = sensor;
    }
    for (const auto area : rule.areas) add(Part::area, site_.area(area).id, site_.area(area).name, area).area = area;
    for (const auto& id : rule.balances) {
      const auto node = std::ranges::find(site_.virtual_nodes, id, &VirtualNode::id);
      add(Part::balance, id, node->name, {});
    }
    if (rule.compound) add(Part::compound, "compound", site_.name, {});
    for (const auto bus : rule.buses) {
      const auto& id = site_.bus(bus).id;
      add(Part::bus, id, {"总线 " + id, "Bus " + id}, {}).bus = bus;
    }
    if (rule.kind == Kind::broker_fault && site_.broker) {
      auto& broker = add(Part::broker, "broker", {"MQTT 服务器", "MQTT broker"}, {});
      for (std::size_t i = 0; i < site_.sensors.size(); ++i)
        if (site_.sensors[i].kind == Sensor::Kind::broker) broker.sensor = SensorId{i};
      for (std::size_t i = 0; i < site_.sensors.size(); ++i) {
        const auto& bridge = site_.sensors[i];
        if (bridge.kind != Sensor::Kind::bridge) continue;
        if (bridge.family == Sensor::Family::zigbee2mqtt)
          add(Part::bridge, "zigbee2mqtt", {"Zigbee 网桥", "Zigbee bridge"}, {}).sensor = SensorId{i};
        else if (bridge.family == Sensor::Family::frigate)
          add(Part::bridge, "frigate", {"Frigate 录像机", "Frigate recorder"}, {}).sensor = SensorId{i};
        else
          add(Part::bridge, bridge.id, bridge.name, {}).sensor = SensorId{i};
      }
    }
    if (rule.kind == Kind::gateway_fault) {
      add(Part::store, "store", {"本地存储", "Local store"}, {});
      add(Part::readings, "readings", {"读数", "Readings"}, {});
      add(Part::clock, "clock", {"时钟", "Clock"}, {});
      add(Part::filling, "outbox", {"待上传数据", "Outbox"}, {});
      add(Part::configuration, "configuration", {"配置文件", "Configuration"}, {});
      add(Part::dashboard, "dashboard", {"网页", "Dashboard"}, {});
      for (std::size_t i = 0; i < site_.sinks.size(); ++i) {
        const auto& id = site_.sinks[i].id;
        add(Part::sink, "sink-" + id, {"上传 " + id, "Sink " + id}, {}).place = i;
      }
      for (std::size_t i = 0; i < site_.notifiers.size(); ++i) {
        const auto& id = site_.notifiers[i].id;
        add(Part::notifier, "notify-" + id, {"通知 " + id, "Notifier " + id}, {}).place = i;
      }
    }
    if (rule.kind == Kind::alarm_flood) add(Part::alarms, "alarms", {"报警", "Alarms"}, {});
  }

  // One dead bus, bridge or broker is one alarm.
  void find_parents() {
    for (auto& alarm : site_.alarms) {
      const auto kind = site_.rules[alarm.rule].kind;
      if (alarm.part == Part::bridge) alarm.parent = first(Part::broker);
      if (kind != Kind::device_silent && kind != Kind::camera_offline) continue;
      if (alarm.meter.valid())
        alarm.parent =
            first(Part::bus, [&](const AlarmSource& each) { return each.bus == site_.meter(alarm.meter).bus; });
      if (!alarm.sensor.valid()) continue;
      const auto behind = site_.sensor(alarm.sensor).parent;
      alarm.parent = first(Part::bridge, [&](const AlarmSource& each) { return each.sensor == behind; });
      if (!alarm.parent.valid()) alarm.parent = first(Part::broker);
      // A camera that is offline is silent as well: its own rule tells.
      for (std::size_t i = 0; kind == Kind::device_silent && i < site_.alarms.size(); ++i)
        if (site_.rule_of(AlarmId{i}).kind == Kind::camera_offline && site_.alarms[i].sensor == alarm.sensor)
          alarm.parent = AlarmId{i};
    }
  }

 private:
  template <class Wanted>
  [[nodiscard]] AlarmId first(Part part, Wanted wanted) const {
    for (std::size_t i = 0; i < site_.alarms.size(); ++i)
      if (site_.alarms[i].part == part && wanted(site_.alarms[i])) return AlarmId{i};
    return {};
  }
  [[nodiscard]] AlarmId first(Part part) const {
    return first(part, [](const AlarmSource&) { return true; });
  }
  Site& site_;
};

}  // namespace

void number_alarms(TomlTable& /*root*/, SiteDraft& draft) {
  auto& site = draft.site;
  for (const auto& each : built_in) {
    if (draft.rule_kinds.contains(each.kind)) continue;
    auto rule = usual_rule(each.kind);
    rule.id = each.id;
    rule.name = {std::string(each.name), std::string(each.name_en)};
    rule.built_in = true;
    if (each.kind == Kind::bus_fault)
      for (std::size_t i = 0; i < site.buses.size(); ++i) rule.buses.push_back(BusId{i});
    if (each.kind == Kind::broker_fault && !site.broker) continue;
    site.rules.push_back(std::move(rule));
  }
  Numbering numbering(site);
  for (std::size_t i = 0; i < site.rules.size(); ++i) numbering.number(i);
  numbering.find_parents();
}

}  // namespace gateway::site_reading

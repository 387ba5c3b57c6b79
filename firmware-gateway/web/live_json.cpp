#include "firmware-gateway/web/live_json.hpp"

#include <algorithm>
#include <cmath>

namespace gateway {
namespace {

// A site's text, once: fn writes members into an object, the braces are taken off.
template <class Write>
std::string members(Write&& write) {
  JsonWriter json;
  json.begin_object();
  write(json);
  json.end_object();
  const auto text = json.text();
  return std::string{text.substr(1, text.size() - 2)};
}

void write_name(JsonWriter& json, const Name& name) { json.member("name", name.local).member("name_en", name.english); }

// A value is old when three polls should have brought a newer one. Not under 15 s: a crowded bus with a dead meter on
// it comes round late, and that is no reason to cry.
constexpr std::chrono::nanoseconds soonest_stale = std::chrono::seconds{15};
std::chrono::nanoseconds stale_after(const Meter& meter) noexcept {
  return std::max(soonest_stale, 3 * meter.interval);
}

void write_stale_after(JsonWriter& json, std::chrono::nanoseconds after) {
  json.member("stale_after_ms", std::chrono::duration_cast<std::chrono::milliseconds>(after).count());
}

void write_size(JsonWriter& json, double floor_area_m2, std::uint32_t heads) {
  json.member("floor_area_m2", floor_area_m2 > 0 ? std::optional{floor_area_m2} : std::nullopt);
  json.member("heads", heads > 0 ? std::optional{heads} : std::nullopt);
}

void write_area(JsonWriter& json, std::string_view key, const Site& site, AreaId area) {
  json.key(key);
  if (area.valid()) {
    json.string(site.area(area).id);
  } else {
    json.null();
  }
}

const PointLive* seen(std::span<const PointLive> points, PointId point) noexcept {
  if (!point.valid() || point.index() >= points.size() || !points[point.index()].seen()) return nullptr;
  return &points[point.index()];
}

void write_flag(JsonWriter& json, std::string_view key, const PointLive* point) {
  json.key(key);
  if (point == nullptr) {
    json.null();
  } else {
    json.boolean(point->last.as_flag());
  }
}

void write_gauge(JsonWriter& json, std::string_view key, const PointLive* point) {
  json.key(key);
  if (point == nullptr) {
    json.null();
  } else {
    json.rounded(point->last.as_gauge());
  }
}

void write_age(JsonWriter& json, std::optional<std::chrono::nanoseconds> age) {
  json.key("age_ms");
  if (!age) {
    json.null();
    return;
  }
  json.integer(std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(*age).count()));
}

// Age of the newest value of a device. Whether it is online says something about the device, but is not a value of it.
// What a broker kept from before has no known age.
std::optional<std::chrono::nanoseconds> age_of(std::span<const PointLive> points, std::span<const PointId> of,
                                               PointId online, MonotonicTime made) noexcept {
  std::optional<MonotonicTime> newest;
  for (const auto id : of) {
    const auto* point = seen(points, id);
    if (id == online || point == nullptr || point->last.retained()) continue;
    if (!newest || point->last.time() > *newest) newest = point->last.time();
  }
  if (!newest) return std::nullopt;
  return made - *newest;
}

void write_rate(JsonWriter& json, std::string_view key, const NodeLive* node) {
  json.key(key);
  if (node == nullptr || !node->rate_known) {
    json.null();
  } else {
    json.rounded(node->rate);
  }
}

void write_today(JsonWriter& json, std::string_view key, const NodeLive* node) {
  json.key(key);
  if (node == nullptr || !node->counted) {
    json.null();
  } else {
    json.thousandths(node->today);
  }
}

// The keys of one utility, whose unit they carry.
struct TotalsKeys {
  std::string_view object, month, demand, forecast, max, sliding;
};
constexpr TotalsKeys keys_of(Utility utility) noexcept {
  if (utility == Utility::electricity)
    return {"electricity", "energy_month_wh", "demand_w", "demand_forecast_w", "max_demand_w", "max_sliding_demand_w"};
  return {"water",
          "volume_month_l",
          "demand_l_per_h",
          "demand_forecast_l_per_h",
          "max_demand_l_per_h",
          "max_sliding_demand_l_per_h"};
}

// A tenth of a watt, of a percent, ...: what changes below is no news.
void write_tenths(JsonWriter& json, std::string_view key, double value) {
  json.key(key).rounded(std::round(value * 10) / 10);
}

void write_highest(JsonWriter& json, std::string_view key, std::string_view at_key, double highest, UtcTime at) {
  if (highest == 0) return;  // none yet
  write_tenths(json, key, highest);
  json.member(at_key, to_ms(at));
}

void write_totals_of(JsonWriter& json, Totals shown, std::string_view text, bool changed) {
  if (shown == Totals::all || (shown == Totals::changed && changed)) json.key("totals").raw(text);
}

}  // namespace

AlarmCounts count_alarms(std::span<const AlarmRecord> open) noexcept {
  AlarmCounts counts;
  for (const auto& record : open) {
    using enum AlarmState;
    if (record.state == unacknowledged || record.state == acknowledged) ++counts.standing;
    if (record.state == unacknowledged || record.state == returned_unacknowledged) ++counts.unacknowledged;
  }
  return counts;
}

LiveJson::LiveJson(const Site& site) : site_(site) {
  site_text_ = members([&](JsonWriter& json) {
    json.key("site").begin_object().member("id", site.id);
    write_name(json, site.name);
    json.member("timezone", site.time_zone);
    write_size(json, site.floor_area_m2, site.heads);
    json.end_object();
  });
  compound_ = node_pair("compound");
  compound_.fixed.all = members([&](JsonWriter& json) { write_stale_after(json, compound_.stale_after); });
  for (const auto& area : site.areas) {
    auto& pair = areas_.emplace_back(node_pair(area.id));
    pair.fixed.less = members([&](JsonWriter& json) { json.member("id", area.id); });
    pair.fixed.all = members([&](JsonWriter& json) {
      json.raw(pair.fixed.less);
      write_name(json, area.name);
      write_area(json, "parent", site, area.parent);
      write_size(json, area.floor_area_m2, area.heads);
      write_stale_after(json, pair.stale_after);
    });
  }
  for (const auto& item : site.sub_items) {
    auto& pair = sub_items_.emplace_back(node_pair(item.code));
    pair.fixed.less = members([&](JsonWriter& json) { json.member("code", item.code); });
    pair.fixed.all = members([&](JsonWriter& json) {
      json.raw(pair.fixed.less);
      write_name(json, item.name);
      write_stale_after(json, pair.stale_after);
    });
  }
  for (const auto& own : site.virtual_nodes) {
    auto& pair = nodes_.emplace_back(node_pair(own.id));
    pair.fixed.less = members([&](JsonWriter& json) { json.member("id", own.id); });
    pair.fixed.all = members([&](JsonWriter& json) {
      json.raw(pair.fixed.less);
      write_name(json, own.name);
      json.member("kind", name_of(own.kind)).member("utility", name_of(own.utility));
      write_stale_after(json, pair.stale_after);
    });
  }
  for (std::size_t i = 0; i < site.meters.size(); ++i) {
    const auto& meter = site.meters[i];
    const MeterId id{i};
    auto& place = meters_.emplace_back();
    place.online = site.point_of(id, Quantity::online);
    place.counter = site.point_of(id, counter_of(meter.utility));
    const auto kind = members([&](JsonWriter& json) { json.member("kind", name_of(meter.utility)); });
    place.fixed.less = members([&](JsonWriter& json) { json.member("id", meter.id).raw(kind); });
    place.fixed.all = members([&](JsonWriter& json) {
      json.member("id", meter.id);
      write_name(json, meter.name);
      write_area(json, "area", site, meter.area);
      json.key("subitem");
      if (meter.subitem.empty()) {
        json.null();
      } else {
        json.string(meter.subitem);
      }
      json.raw(kind);
      write_stale_after(json, stale_after(meter));
    });
  }
  for (std::size_t i = 0; i < site.sensors.size(); ++i) {
    const auto& sensor = site.sensors[i];
    const SensorId id{i};
    auto& place = sensors_.emplace_back();
    place.online = site.point_of(id, Quantity::online);
    place.open = site.point_of(id, Quantity::open);
    place.wet = site.point_of(id, Quantity::wet);
    place.person = site.point_of(id, Quantity::person);
    place.battery = site.point_of(id, Quantity::battery_pct);
    place.link = site.point_of(id, Quantity::link_quality);
    place.vehicle = site.point_of(id, Quantity::vehicle);
    place.motion = site.point_of(id, Quantity::motion);
    place.tamper = site.point_of(id, Quantity::tamper);
    place.battery_low = site.point_of(id, Quantity::battery_low);
    place.temperature = site.point_of(id, Quantity::temperature);
    place.humidity = site.point_of(id, Quantity::humidity);
    const auto kind = members([&](JsonWriter& json) { json.member("kind", name_of(sensor.kind)); });
    place.fixed.less = members([&](JsonWriter& json) { json.member("id", sensor.id).raw(kind); });
    place.fixed.all = members([&](JsonWriter& json) {
      json.member("id", sensor.id);
      write_name(json, sensor.name);
      write_area(json, "area", site, sensor.area);
      json.raw(kind);
    });
  }
  for (std::size_t i = 0; i < site.buses.size(); ++i) {
    auto& place = buses_.emplace_back();
    place.fixed.less = members([&](JsonWriter& json) { json.member("id", site.buses[i].id); });
    place.fixed.all = members(
        [&](JsonWriter& json) { json.raw(place.fixed.less).member("url", std::string_view{site.buses[i].url_text}); });
    for (std::size_t m = 0; m < site.meters.size(); ++m)
      if (site.meters[m].bus.index() == i) place.meters.emplace_back(m);
  }
}

LiveJson::NodePair LiveJson::node_pair(std::string_view name) const {
  NodePair pair;
  pair.electricity = site_.node_named(name, Utility::electricity);
  pair.water = site_.node_named(name, Utility::water);
  for (const auto& node : {pair.electricity, pair.water}) {
    if (!node) continue;
    pair.meters += site_.node(*node).meters.size();
    for (const auto meter : site_.node(*node).meters)
      pair.stale_after = std::max(pair.stale_after, stale_after(site_.meter(meter)));
  }
  pair.stale_after = std::max(pair.stale_after, soonest_stale);
  return pair;
}

void LiveJson::refresh_totals(const LiveSnapshot& snapshot) {
  const auto local = snapshot.time + site_.time->offset(snapshot.time);
  const auto day = static_cast<LocalDay>(std::chrono::floor<std::chrono::days>(local.time_since_epoch()).count());
  refresh(compound_.totals, compound_.electricity, compound_.water, snapshot, day);
  for (auto* pairs : {&areas_, &sub_items_, &nodes_})
    for (auto& pair : *pairs) refresh(pair.totals, pair.electricity, pair.water, snapshot, day);
  for (std::size_t i = 0; i < meters_.size(); ++i) {
    const auto node = site_.node_of(MeterId{i});
    const bool electricity = site_.meters[i].utility == Utility::electricity;
    refresh(meters_[i].totals, electricity ? std::optional{node} : std::nullopt,
            electricity ? std::nullopt : std::optional{node}, snapshot, day);
  }
}

void LiveJson::refresh(TotalsText& text, std::optional<NodeId> electricity, std::optional<NodeId> water,
                       const LiveSnapshot& snapshot, LocalDay day) {
  JsonWriter json(text.json.size() + 32);
  json.begin_object();
  for (const auto& node : {electricity, water})
    if (node && node->index() < snapshot.nodes.size() && snapshot.clock_known && snapshot.nodes[node->index()].counted)
      write_totals(json, *node, snapshot.nodes[node->index()], day);
  json.end_object();
  text.changed = json.text() != text.json;
  if (text.changed) text.json = json.take();
}

// What is not known is left out: most nodes have no limit, no water and no balance, and a frame has many nodes.
void LiveJson::write_totals(JsonWriter& json, NodeId id, const NodeLive& live, LocalDay day) const {
  const auto& node = site_.node(id);
  const auto keys = keys_of(node.utility);
  const auto& demand = live.demand;
  json.key(keys.object).begin_object();
  json.key(keys.month).thousandths(live.month);
  if (demand.whole && live.meters_online > 0) {
    json.member("demand_start_ms", to_ms(demand.block_start));
    write_tenths(json, keys.demand, demand.so_far);
    if (demand.forecast_known) write_tenths(json, keys.forecast, demand.forecast);
  }
  if (node.utility == Utility::electricity && node.demand_limit > 0) json.member("demand_limit_w", node.demand_limit);
  write_highest(json, keys.max, "max_demand_at_ms", demand.month_max, demand.month_max_at);
  write_highest(json, keys.sliding, "max_sliding_demand_at_ms", demand.sliding_max, demand.sliding_max_at);
  if (live.priced) json.key("cost_today_yuan").rounded(static_cast<double>(live.cost_today) * 1e-6);
  if (const auto* factor = site_.factors.on(FactorKind::carbon, node.utility, day))
    json.key("carbon_today_kgco2")
        .rounded(static_cast<double>(live.today) * static_cast<double>(factor->value) * 1e-12);
  json.end_object();
  if (node.kind != NodeKind::difference) return;
  json.key("balance").begin_object();
  json.key("unaccounted_today").thousandths(live.balance_today.unaccounted);
  json.key("supplied_today").thousandths(live.balance_today.supplied);
  if (live.balance_today.supplied > 0) write_tenths(json, "unaccounted_today_pct", 100 * live.balance_today.share());
  if (live.balance_known) {
    json.member("last_day_ms", to_ms(live.last_day.day));
    if (live.last_day.supplied > 0) write_tenths(json, "unaccounted_last_day_pct", 100 * live.last_day.share());
  }
  if (node.unaccounted_limit > 0) write_tenths(json, "unaccounted_limit_pct", 100 * node.unaccounted_limit);
  json.end_object();
}

void LiveJson::write(JsonWriter& json, const Picture& picture, Texts texts, Totals totals) const {
  const auto& snapshot = picture.snapshot;
  json.member("time_ms", to_ms(snapshot.time)).member("clock_known", snapshot.clock_known);
  if (texts == Texts::included) json.raw(site_text_);
  json.key("compound").begin_object();
  if (texts == Texts::included) json.raw(compound_.fixed.all);
  write_figures(json, compound_, snapshot);
  write_totals_of(json, totals, compound_.totals.json, compound_.totals.changed);
  json.end_object();
  const auto write_pairs = [&](std::string_view key, const std::vector<NodePair>& pairs) {
    json.key(key).begin_array();
    for (const auto& pair : pairs) {
      json.begin_object().raw(pair.fixed.text(texts));
      write_figures(json, pair, snapshot);
      write_totals_of(json, totals, pair.totals.json, pair.totals.changed);
      json.end_object();
    }
    json.end_array();
  };
  write_pairs("areas", areas_);
  write_pairs("subitems", sub_items_);
  write_pairs("nodes", nodes_);
  json.key("meters").begin_array();
  for (std::size_t i = 0; i < meters_.size(); ++i) write_meter(json, MeterId{i}, snapshot, texts, totals);
  json.end_array();
  json.key("sensors").begin_array();
  for (std::size_t i = 0; i < sensors_.size(); ++i)
    if (is_shown(SensorId{i})) write_sensor(json, SensorId{i}, picture.sensor_points, snapshot.made, texts);
  json.end_array();
  json.key("buses").begin_array();
  for (std::size_t i = 0; i < buses_.size(); ++i) {
    const auto& place = buses_[i];
    json.begin_object().raw(place.fixed.text(texts)).key("online");
    const auto status = std::ranges::find(picture.buses, BusId{i}, &BusStatus::bus);
    if (status == picture.buses.end()) {
      json.null();
    } else {
      json.boolean(status->online);
    }
    const auto online = std::ranges::count_if(place.meters, [&](MeterId meter) {
      const auto* point = seen(snapshot.points, meters_[meter.index()].online);
      return point != nullptr && point->last.as_flag();
    });
    json.member("meters", place.meters.size()).member("meters_online", online).end_object();
  }
  json.end_array();
  json.key("alarms").begin_object();
  json.member("standing", picture.alarms.standing).member("unacknowledged", picture.alarms.unacknowledged);
  json.end_object();
}

void LiveJson::write_figures(JsonWriter& json, const NodePair& pair, const LiveSnapshot& snapshot) const {
  const auto find = [&](std::optional<NodeId> id) -> const NodeLive* {
    return id && id->index() < snapshot.nodes.size() ? &snapshot.nodes[id->index()] : nullptr;
  };
  const auto* electricity = find(pair.electricity);
  const auto* water = find(pair.water);
  write_rate(json, "power_w", electricity);
  write_today(json, "energy_today_wh", snapshot.clock_known ? electricity : nullptr);
  write_rate(json, "flow_l_per_h", water);
  write_today(json, "volume_today_l", snapshot.clock_known ? water : nullptr);
  std::optional<std::chrono::nanoseconds> age;
  std::size_t online = 0;
  for (const auto* node : {electricity, water}) {
    if (node == nullptr) continue;
    online += node->meters_online;
    if (node->rate_known) age = std::max(age.value_or(std::chrono::nanoseconds{0}), snapshot.made - node->oldest);
  }
  write_age(json, age);
  json.member("meters", pair.meters).member("meters_online", online);
}

void LiveJson::write_meter(JsonWriter& json, MeterId id, const LiveSnapshot& snapshot, Texts texts,
                           Totals totals) const {
  const auto& place = meters_[id.index()];
  const auto& meter = site_.meter(id);
  const auto node_index = site_.node_of(id).index();
  const NodeLive* node = node_index < snapshot.nodes.size() ? &snapshot.nodes[node_index] : nullptr;
  const auto* counter = seen(snapshot.points, place.counter);
  const bool electricity = meter.utility == Utility::electricity;
  json.begin_object().raw(place.fixed.text(texts));
  write_flag(json, "online", seen(snapshot.points, place.online));
  write_age(json, age_of(snapshot.points, meter.points, place.online, snapshot.made));
  const auto write_counter = [&](std::string_view key, bool mine) {
    json.key(key);
    if (mine && counter != nullptr) {
      json.thousandths(counter->last.as_counter());
    } else {
      json.null();
    }
  };
  write_rate(json, "power_w", electricity ? node : nullptr);
  write_counter("energy_wh", electricity);
  write_today(json, "energy_today_wh", electricity && snapshot.clock_known ? node : nullptr);
  write_rate(json, "flow_l_per_h", electricity ? nullptr : node);
  write_counter("volume_l", !electricity);
  write_today(json, "volume_today_l", electricity || !snapshot.clock_known ? nullptr : node);
  write_totals_of(json, totals, place.totals.json, place.totals.changed);
  json.end_object();
}

bool LiveJson::is_shown(SensorId sensor) const {
  const auto kind = site_.sensor(sensor).kind;
  return kind != Sensor::Kind::bridge && kind != Sensor::Kind::broker;
}

void LiveJson::write_sensor(JsonWriter& json, SensorId id, std::span<const PointLive> points, MonotonicTime made,
                            Texts texts) const {
  const auto& place = sensors_[id.index()];
  json.begin_object().raw(place.fixed.text(texts));
  write_flag(json, "online", seen(points, place.online));
  write_age(json, age_of(points, site_.sensor(id).points, place.online, made));
  write_flag(json, "open", seen(points, place.open));
  write_flag(json, "wet", seen(points, place.wet));
  write_flag(json, "person", seen(points, place.person));
  write_gauge(json, "battery_pct", seen(points, place.battery));
  write_gauge(json, "link_quality", seen(points, place.link));
  write_flag(json, "vehicle", seen(points, place.vehicle));
  write_flag(json, "motion", seen(points, place.motion));
  write_flag(json, "tamper", seen(points, place.tamper));
  write_flag(json, "battery_low", seen(points, place.battery_low));
  write_gauge(json, "temperature_c", seen(points, place.temperature));
  write_gauge(json, "humidity_pct", seen(points, place.humidity));
  json.end_object();
}

}  // namespace gateway

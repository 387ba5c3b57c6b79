#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"
#include "core/sub_item.hpp"

namespace gateway::site_reading {
namespace {

using namespace std::chrono_literals;
using Unit = TomlTable::Unit;

constexpr std::array<Unit, 3> power_units{{{"kW", 1e3}, {"W", 1}, {"MW", 1e6}}};
constexpr std::array<Unit, 3> flow_units{{{"m3/h", 1e3}, {"L/h", 1}, {"L/s", 3600}}};

// A thread and three descriptors each; what is promised and tested is 200 and 8.
constexpr std::size_t most_network_buses = 256;
constexpr std::size_t most_serial_buses = 32;

// What a transformer in front of the meter multiplies in energy registers, and so where they wrap.
std::int64_t modulus_behind(const Meter& meter, const MeterModelOutline::Measured& measured) {
  const auto unit = traits(measured.quantity).unit;
  if (meter.ratio == 1 || (unit != "Wh" && unit != "varh")) return measured.modulus;
  // Beyond what a counter's 64 bits hold it does not wrap in our time.
  const double at = static_cast<double>(measured.modulus) * meter.ratio;
  return at > 9e18 ? 0 : std::llround(at);
}

// After the transformer ratios: they move the point at which a counter wraps.
void read_model(TomlTable& table, Meter& meter, MeterId id, SiteDraft& draft) {
  meter.model = table.required_string("model");
  auto overrides = table.table("override");
  if (meter.model.empty()) return;
  const auto outline =
      overrides ? draft.catalogue.outline_with(meter.model, *overrides) : draft.catalogue.outline(meter.model);
  if (!outline) {
    const auto known = draft.catalogue.models();
    const auto near = nearest(meter.model, known);
    table.problem(
        "model", fmt::format("unknown meter model '{}'", meter.model),
        (near.empty() ? std::string() : fmt::format("did you mean '{}'? ", near)) + "`gateway models` lists them all");
    return;
  }
  meter.utility = outline->utility;
  meter.map = outline->map;
  for (const auto& measured : outline->measured)
    draft.add_point(meter.points, {measured.quantity, id, {}, modulus_behind(meter, measured)});
  draft.add_point(meter.points, {Quantity::online, id, {}, 0});
}

void read_intervals(TomlTable& table, Meter& meter) {
  meter.interval = table.duration("interval").value_or(1s);
  if (meter.interval < 100ms)
    table.problem("interval", "'interval' is shorter than 100 ms",
                  "no meter measures anew so often; 1 s to 60 s are usual");
  meter.counter_interval = table.duration("counter_interval").value_or(meter.interval);
  if (meter.counter_interval < meter.interval)
    table.problem("counter_interval", "'counter_interval' is shorter than 'interval'",
                  "counters can be read less often than power, never more often");
  if (meter.counter_interval > 1h)
    table.problem("counter_interval", "'counter_interval' is longer than an hour",
                  "consumption would be known an hour late; 10 s to 5 min are usual");
}

void read_meter_sub_item(TomlTable& table, Meter& meter, SiteDraft& draft) {
  meter.subitem = table.string("subitem").value_or("");
  if (meter.subitem.empty()) return;
  if (!draft.dictionary.contains(meter.subitem)) {
    std::vector<std::string_view> known;
    for (const auto& [code, item] : draft.dictionary) known.push_back(code);
    const auto near = nearest(meter.subitem, known);
    table.problem("subitem", fmt::format("unknown sub-item '{}'", meter.subitem),
                  near.empty() ? "add a [[subitem]] with that code, or use a standard one, as \"01A10\""
                               : fmt::format("did you mean '{}'? Or add a [[subitem]] with that code", near));
    meter.subitem.clear();
    return;
  }
  for (auto code = meter.subitem; !code.empty(); code = parent_sub_item(code)) {
    if (std::ranges::find(draft.site.sub_items, code, &SubItem::code) != draft.site.sub_items.end()) continue;
    const auto found = draft.dictionary.find(code);
    draft.site.sub_items.push_back(found == draft.dictionary.end() ? SubItem{code, {code, code}, "?"} : found->second);
  }
  std::ranges::sort(draft.site.sub_items, {}, &SubItem::code);
}

}  // namespace

void read_buses(TomlTable& root, SiteDraft& draft) {
  std::size_t serial_buses = 0, network_buses = 0;
  for (auto& table : root.tables("bus")) {
    Bus bus;
    bus.id = table.required_id("id");
    draft.claim_in(draft.buses, table, bus.id, BusId{draft.site.buses.size()});
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
    bus.unit_pause = table.duration("unit_pause").value_or(0ns);
    for (const auto* key : {"pause", "unit_pause"})
      if ((key == std::string_view("pause") ? bus.pause : bus.unit_pause) > 5s)
        table.problem(key, fmt::format("'{}' is longer than 5 s", key), "some 5 to 100 ms are usual");
    bus.turnaround = table.duration("turnaround").value_or(0ns);
    if (bus.turnaround > bus.timeout)
      table.problem("turnaround", "'turnaround' is longer than 'timeout'",
                    "it is what the meters usually take to begin an answer; 'timeout' is the longest wait");
    bus.place = table.place();
    auto& count = bus.url.kind == BusKind::rtu ? serial_buses : network_buses;
    const auto most = bus.url.kind == BusKind::rtu ? most_serial_buses : most_network_buses;
    if (++count == most + 1)
      table.problem("url",
                    fmt::format("more than {} {} buses", most, bus.url.kind == BusKind::rtu ? "serial" : "network"),
                    "one gateway polls no more; put the rest on a second one");
    table.finish();
    draft.site.buses.push_back(std::move(bus));
  }
}

void read_meters(TomlTable& root, SiteDraft& draft) {
  auto tables = root.tables("meter");
  std::vector<std::string> upstreams;
  std::map<std::pair<BusId, std::uint8_t>, std::string> units;
  for (auto& table : tables) {
    const MeterId id{draft.site.meters.size()};
    Meter meter;
    meter.id = table.required_id("id");
    meter.name = read_name(table, meter.id);
    draft.claim(table, meter.id, "a meter");
    draft.meters.add(meter.id, id);
    const auto bus = table.required_string("bus");
    if (!bus.empty()) meter.bus = draft.buses.resolve(table, "bus", bus);
    meter.unit = static_cast<std::uint8_t>(table.required_integer("unit", 1, 247).value_or(1));
    if (meter.bus.valid() && table.has("unit")) {
      const auto [place, fresh] = units.emplace(std::pair{meter.bus, meter.unit}, meter.id);
      if (!fresh)
        table.problem("unit", fmt::format("unit {} on bus '{}' is already meter '{}'", meter.unit, bus, place->second),
                      "every unit id on a bus belongs to one meter");
    }
    meter.ct_ratio = positive(table, "ct_ratio", 1);
    meter.pt_ratio = positive(table, "pt_ratio", 1);
    meter.ratio = meter.ct_ratio * meter.pt_ratio;
    read_model(table, meter, id, draft);
    meter.area = draft.area_of(table);
    read_meter_sub_item(table, meter, draft);
    upstreams.push_back(table.string("upstream").value_or(""));
    read_intervals(table, meter);
    meter.rated_max = (meter.utility == Utility::electricity ? table.quantity("rated_power", power_units)
                                                             : table.quantity("rated_flow", flow_units))
                          .value_or(0);
    if (meter.utility == Utility::electricity) meter.demand_limit = read_demand_limit(table);
    table.finish();
    draft.site.meters.push_back(std::move(meter));
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (upstreams[i].empty()) continue;
    const auto upstream = draft.meters.resolve(tables[i], "upstream", upstreams[i]);
    draft.site.meters[i].upstream = upstream;
    if (upstream.valid() && draft.site.meter(upstream).utility != draft.site.meters[i].utility)
      tables[i].problem("upstream",
                        fmt::format("'{}' does not measure {}", upstreams[i], name_of(draft.site.meters[i].utility)),
                        "a meter can only be behind one of its own kind");
  }
  for (std::size_t i = 0; i < tables.size(); ++i) {
    if (const auto circle = circle_from(
            i, [&](std::size_t at) { return draft.site.meters[at].upstream; },
            [&](std::size_t at) { return draft.site.meters[at].id; });
        !circle.empty())
      tables[i].problem("upstream", fmt::format("meters in a circle: {}", circle),
                        "a meter can't be behind itself; take one 'upstream' out");
  }
}

}  // namespace gateway::site_reading

#include "tests/simulator/site_writer.hpp"

#include <fmt/format.h>

namespace gateway::simulator {
namespace {

std::string_view model_name(Model model) {
  switch (model) {
    case Model::eastron_sdm630:
      return "eastron-sdm630";
    case Model::chint_dtsu666:
      return "chint-dtsu666";
    case Model::abb_b23:
      return "abb-b23";
    case Model::kaifeng_xintai:
      return "kaifeng-xintai";
  }
  return "";
}

// Calendar, tariffs and nodes of the simulated compound. The holidays of 2026 and all prices are invented for the
// demonstration and say so; the hours of the bands are Fujian's as they were read second-hand.
constexpr std::string_view audit_tables = R"toml([calendar]
weekdays = ["mon", "tue", "wed", "thu", "fri"]
hours = ["08:30-12:00", "14:30-17:30"]

[[calendar.season]]
months = [6, 7, 8, 9]
hours = ["08:30-12:00", "15:00-18:00"]

[[calendar.year]]
year = 2026
source = "演示数据，以国务院办公厅通知为准"
source_en = "invented for the demonstration; the notice of the State Council's General Office counts"
holidays = ["2026-01-01..2026-01-03", "2026-10-01..2026-10-07"]
makeup_days = ["2026-01-04", "2026-10-10"]

[[tariff]]
utility = "electricity"

[[tariff.version]]
valid_from = "2024-01-01"
source = "时段：闽发改规〔2023〕8号 [S2]；价格：演示数据"
source_en = "hours: Fujian DRC notice 2023 no. 8 [S2]; prices invented for the demonstration"
price = { flat = 0.6, critical_peak = "+80%", peak = "+58%", valley = "-63%" }

[[tariff.version.period]]
band = "critical_peak"
months = [7, 8, 9]
hours = ["11:00-12:00", "17:00-18:00"]

[[tariff.version.period]]
band = "peak"
hours = ["10:00-12:00", "15:00-20:00", "21:00-22:00"]

[[tariff.version.period]]
band = "valley"
hours = ["00:00-08:00"]

[[tariff.version]]
valid_from = "2026-10-01"
source = "演示数据：十月起的新价格"
source_en = "new prices from October on, invented for the demonstration"
price = { flat = 0.62, critical_peak = "+80%", peak = "+58%", valley = "-63%" }

[[tariff]]
utility = "water"

[[tariff.version]]
valid_from = "2024-01-01"
source = "演示数据"
source_en = "price invented for the demonstration"
price = 3.15

[factors]
grid = "fujian"

)toml";

// A node of the site's own, when the simulated meters of the lines that are there have what it names.
constexpr std::string_view own_nodes = R"toml([[node]]
id = "b1-without-it"
name = "一号楼（不含信息中心）"
name_en = "Building 1 without the data centre"
kind = "difference"
of = ["b1"]
minus = ["01D10"]

[[node]]
id = "lifts-and-pumps"
name = "电梯与水泵"
name_en = "Lifts and pumps"
kind = "sum"
of = ["01C10", "01C20"]
demand_limit = "30 kW"

)toml";

std::string broker_table(const std::string& mqtt) {
  return mqtt.empty() ? ""
                      : fmt::format("[broker]\nurl = \"mqtt://{}\"\ndiscovery_prefix = \"homeassistant\"\n\n", mqtt);
}

}  // namespace

std::string site_of(const Compound& compound, const std::vector<PlantSensor>& sensors, const std::string& tcp,
                    const std::string& rtu, const std::string& mqtt) {
  std::string out = R"(# The simulated compound, as compound-simulator describes itself.
[site]
id = "cangshan"
name = "仓山区政务中心"
name_en = "Cangshan Government Affairs Centre"
timezone = "Asia/Shanghai"
floor_area_m2 = 21500
heads = 860
demand_limit = "420 kW"

[[area]]
id = "b1"
name = "一号楼"
name_en = "Building 1"
floor_area_m2 = 6200
heads = 260
demand_limit = "100 kW"

[[area]]
id = "b2"
name = "二号楼"
name_en = "Building 2"
floor_area_m2 = 7100
heads = 290

[[area]]
id = "b3"
name = "三号楼"
name_en = "Building 3"
floor_area_m2 = 8200
heads = 310

)";
  out += audit_tables;
  if (!tcp.empty()) out += fmt::format("[[bus]]\nid = \"lan\"\nurl = \"tcp://{}\"\ntimeout = \"300ms\"\n\n", tcp);
  if (!rtu.empty())
    out += fmt::format("[[bus]]\nid = \"rs485\"\nurl = \"rtu://{}?baud=115200\"\ntimeout = \"200ms\"\n\n", rtu);
  for (const auto& meter : compound.meters()) {
    if ((meter.line == Line::tcp ? tcp : rtu).empty()) continue;
    out += fmt::format(
        "[[meter]]\nid = \"{}\"\nname = \"{}\"\nname_en = \"{}\"\nbus = \"{}\"\nunit = {}\nmodel = \"{}\"\narea = "
        "\"{}\"\ninterval = \"1s\"\n",
        meter.id, meter.name, meter.name_en, meter.line == Line::tcp ? "lan" : "rs485", meter.unit,
        model_name(meter.model), meter.area);
    if (!meter.subitem.empty()) out += fmt::format("subitem = \"{}\"\n", meter.subitem);
    out += meter.utility == Utility::electricity ? "rated_power = \"200 kW\"\n\n" : "rated_flow = \"10 m3/h\"\n\n";
  }
  if (!tcp.empty() && !rtu.empty()) out += own_nodes;
  // What the simulated compound is used to by day; left on and running are what the scenario's surges make of it.
  if (!tcp.empty())
    out += R"([[alarm]]
id = "left-on"
name = "走廊照明未关"
name_en = "Corridor lights left on"
kind = "load_left_on"
sources = ["b1-corridor"]
base = "1.7 kW"
limit = "700 W"
when = "always"
after = "5s"

[[alarm]]
id = "tap-running"
name = "卫生间长流水"
name_en = "Tap left running"
kind = "water_running"
sources = ["b1-water"]
limit = "2000 L/h"
after = "5s"

[[alarm]]
id = "water-leak"
name = "夜间漏水"
name_en = "Water leak by night flow"
kind = "water_leak"

[[alarm]]
id = "bus"
name = "总线故障"
name_en = "Bus fault"
kind = "bus_fault"
after = "5s"

[[alarm]]
id = "demand"
name = "需量接近限值"
name_en = "Demand near its limit"
kind = "power_demand"
sources = ["compound"]

)";
  if (mqtt.empty()) return out;
  out += broker_table(mqtt);
  for (const auto& sensor : sensors) {
    static constexpr std::string_view kinds[] = {"door", "leak", "camera"};
    const bool camera = sensor.kind == PlantSensor::Kind::camera;
    out += fmt::format("[[sensor]]\nid = \"{}\"\nname = \"{}\"\nname_en = \"{}\"\nkind = \"{}\"\ntopic = \"{}/{}\"\n",
                       sensor.id, sensor.name, sensor.name_en, kinds[static_cast<std::size_t>(sensor.kind)],
                       camera ? "frigate" : "zigbee2mqtt", sensor.id);
    out += sensor.area.empty() ? "\n" : fmt::format("area = \"{}\"\n\n", sensor.area);
  }
  out += R"([[alarm]]
id = "door-open"
name = "门长时间未关"
name_en = "Door left open"
kind = "door_open"
after = "10s"

[[alarm]]
id = "leak"
name = "漏水"
name_en = "Water leak"
kind = "leak_wet"

[[alarm]]
id = "silent"
name = "设备离线"
name_en = "Device silent"
kind = "device_silent"
after = "10s"
)";
  return out;
}

std::string bench_site(std::size_t meters, const std::vector<std::string>& endpoints, const std::string& mqtt) {
  std::string out = "[site]\nid = \"bench\"\n\n[[area]]\nid = \"b1\"\n\n";
  for (std::size_t i = 0; i < endpoints.size(); ++i)
    out += fmt::format("[[bus]]\nid = \"lan{}\"\nurl = \"tcp://{}\"\n\n", i, endpoints[i]);
  for (std::size_t i = 0; i < meters; ++i)
    out += fmt::format(
        "[[meter]]\nid = \"m{}\"\nbus = \"lan{}\"\nunit = {}\nmodel = \"generic-10\"\narea = \"b1\"\nsubitem = "
        "\"01A10\"\nrated_power = \"100 kW\"\n\n",
        i, i % endpoints.size(), i / endpoints.size() + 1);
  if (mqtt.empty()) return out;
  out += broker_table(mqtt);
  for (int door = 1; door <= 8; ++door)
    out += fmt::format("[[sensor]]\nid = \"d{0}\"\nkind = \"door\"\ntopic = \"zigbee2mqtt/d{0}\"\narea = \"b1\"\n\n",
                       door);
  out += "[[alarm]]\nid = \"door-open\"\nkind = \"door_open\"\nafter = \"60s\"\n";
  return out;
}

}  // namespace gateway::simulator

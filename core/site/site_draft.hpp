// What the sections of site.toml are read into, and what they share. Private to core: core/site_reader.hpp is the way
// in.
//
// Each section is a function in a file of its own. They are called in one order (core/site/site_reader.cpp), because
// later sections name what earlier ones define; each leaves its problems on record and goes on, so that one reading
// finds them all.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/site.hpp"
#include "core/site_reader.hpp"
#include "core/toml_document.hpp"

namespace gateway::site_reading {

// Words that more than one section takes, in the order of their enumerations.
inline constexpr std::array<std::string_view, 2> utility_names{"electricity", "water"};                // Utility
inline constexpr std::array<std::string_view, 4> priority_names{"low", "medium", "high", "critical"};  // Priority

// "add a [[what]] with that id", or a known name that is close.
std::string remedy_for(std::string_view what, const std::string& name, const std::vector<std::string_view>& known);

// Whether an address holds a user, a password or a token, and the complaint, under "url": addresses are shown on pages
// and told in the log. The complaint does not repeat it.
bool tell_login(TomlTable& table, std::string_view url);
// Whether an address holds a byte that none may, and the complaint: a line break in one would write lines of its own
// into requests and log.
bool tell_stray_bytes(TomlTable& table, std::string_view url);

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
    if (!id.valid()) table.problem(key, "there is no " + std::string(what_) + " '" + name + "'", remedy(name));
    return id;
  }
  [[nodiscard]] std::string remedy(const std::string& name) const {
    std::vector<std::string_view> known;
    for (const auto& [each, id] : ids_) known.push_back(each);
    return remedy_for(what_, name, known);
  }

 private:
  std::string_view what_;
  std::map<std::string, IdType> ids_;
};

struct SiteDraft {
  explicit SiteDraft(const MeterCatalogue& meter_models) : catalogue(meter_models) {}

  // One name space for meters, areas and sensors: `node` and alarm sources are told by name alone.
  void claim(TomlTable& table, const std::string& id, std::string_view what);
  template <class IdType>
  static void claim_in(Names<IdType>& names, TomlTable& table, const std::string& id, IdType value) {
    if (!id.empty() && !names.add(id, value))
      table.problem("id", "id '" + id + "' is taken by one above", "ids must differ");
  }
  // The area that `area` names; none when the key is absent or wrong.
  [[nodiscard]] AreaId area_of(TomlTable& table) const;
  void add_point(std::vector<PointId>& of_device, Point point);
  // The file under `key`, made absolute; empty when the key is absent. A name without a slash is a credential of the
  // service ($CREDENTIALS_DIRECTORY/NAME or site_NAME) when there is one, else the file of that name in the folder
  // `credentials` beside site.toml, where the service has them from; everything else that is relative lies beside
  // site.toml.
  [[nodiscard]] std::filesystem::path file_of(TomlTable& table, std::string_view key) const;

  const MeterCatalogue& catalogue;
  std::filesystem::path folder;  // where site.toml is, also when a copy of it is read
  Site site;
  std::map<std::string, std::string> claimed;  // id -> what has it
  std::map<std::string, SubItem> dictionary;   // by code
  Names<AreaId> areas{"area"};
  Names<BusId> buses{"bus"};
  Names<MeterId> meters{"meter"};
  Names<SensorId> sensors{"sensor"};
  std::set<AlarmRule::Kind> rule_kinds;  // that site.toml has, also when they are not enabled
  bool no_broker_told = false;
};

// `name` and `name_en`; both are `otherwise` when absent.
Name read_name(TomlTable& table, std::string_view otherwise);
// "120 kW", in W; 0 when absent.
double read_demand_limit(TomlTable& table);
// [6, 7, 8], as bit 0 January ... bit 11 December; all when absent.
std::uint16_t read_months(TomlTable& table, std::string_view key);
// A number with up to six decimals, in millionths.
std::optional<std::int64_t> read_millionths(TomlTable& table, std::string_view key);
// A number above 0.
double positive(TomlTable& table, std::string_view key, double otherwise = 0);

// "a -> b -> a" when following `next` from `start` comes back to it; "" otherwise.
template <class Next, class NameOf>
std::string circle_from(std::size_t start, Next next, NameOf name_of_index) {
  std::string way = name_of_index(start);
  auto at = next(start);
  for (std::size_t steps = 0; at.valid() && steps < 1'000; ++steps) {
    way += " -> " + name_of_index(at.index());
    if (at.index() == start) return way;
    at = next(at.index());
  }
  return {};
}

// What a rule of this kind is when site.toml says no more.
AlarmRule usual_rule(AlarmRule::Kind kind);
// In the unit that the kind watches; nullopt: not there, or the kind has none.
std::optional<double> read_alarm_limit(TomlTable& table, std::string_view key, AlarmRule::Kind kind);
std::optional<When> read_when(TomlTable& table);

void read_site_table(TomlTable& root, SiteDraft& draft);
void read_calendar(TomlTable& root, SiteDraft& draft);
void read_tariffs(TomlTable& root, SiteDraft& draft);
void read_factors(TomlTable& root, SiteDraft& draft);
void read_sub_items(TomlTable& root, SiteDraft& draft);
void read_areas(TomlTable& root, SiteDraft& draft);
void read_buses(TomlTable& root, SiteDraft& draft);
void read_meters(TomlTable& root, SiteDraft& draft);
void read_virtual_nodes(TomlTable& root, SiteDraft& draft);
void read_broker(TomlTable& root, SiteDraft& draft);
void read_sensors(TomlTable& root, SiteDraft& draft);
void read_rules(TomlTable& root, SiteDraft& draft);
void number_alarms(TomlTable& root, SiteDraft& draft);
void read_modes(TomlTable& root, SiteDraft& draft);
void read_sinks(TomlTable& root, SiteDraft& draft);
void read_notifiers(TomlTable& root, SiteDraft& draft);
void read_web(TomlTable& root, SiteDraft& draft);
void read_store(TomlTable& root, SiteDraft& draft);

}  // namespace gateway::site_reading

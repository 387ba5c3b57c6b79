// A small site with everything the web server shows, and sources whose answers a test can set.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <vector>

#include "core/live.hpp"
#include "core/site.hpp"
#include "core/site_reader.hpp"
#include "firmware-gateway/web/web_sources.hpp"
#include "tests/support/fake_catalogue.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway::test {

inline constexpr std::string_view web_site_toml = R"(
[site]
id = "test"
name = "测试"
name_en = "Test"
timezone = "Asia/Shanghai"
[[area]]
id = "b1"
name = "一号楼"
name_en = "Building 1"
[[area]]
id = "b1-f1"
name = "一层"
name_en = "Floor 1"
parent = "b1"
[[bus]]
id = "plant"
url = "tcp://127.0.0.1:1502"
[[meter]]
id = "light"
name = "照明"
name_en = "Lighting"
bus = "plant"
unit = 1
model = "electric"
area = "b1-f1"
subitem = "01A10"
[[meter]]
id = "tap"
name = "水"
name_en = "Water"
bus = "plant"
unit = 2
model = "water"
area = "b1"
[broker]
url = "mqtt://127.0.0.1:1883"
[[sensor]]
id = "door"
name = "东门"
name_en = "East door"
kind = "door"
family = "zigbee2mqtt"
topic = "zigbee2mqtt/door"
area = "b1"
[[sensor]]
id = "leak"
name = "泵房"
name_en = "Pump room"
kind = "leak"
family = "zigbee2mqtt"
topic = "zigbee2mqtt/leak"
[[alarm]]
id = "door-open"
name = "门"
kind = "door_open"
priority = "high"
after = "60s"
[[alarm]]
id = "leak-wet"
name = "漏水"
kind = "leak_wet"
priority = "critical"
[[mode]]
id = "typhoon"
name = "台风模式"
name_en = "Typhoon"
[[mode.patrol]]
id = "roof"
name = "屋顶排水口"
)";

struct WebFixture {
  explicit WebFixture(std::string_view toml = web_site_toml) : site(read(toml)) {
    site.web.port = 0;  // any free one
    sources.clock = &clock;
    sources.alarms_open = [this] { return open; };
    sources.alarm_journal = [this](const AlarmJournalQuery& query, auto done) {
      journal_query = query;
      done(journal);
    };
    sources.alarms_pending = [this] { return pending; };
    sources.alarm_metrics = [this] { return metrics; };
    sources.mode = [this]() -> const SiteMode& { return mode; };
    sources.mode_journal = [this](std::size_t, auto done) { done(mode.records()); };
    sources.mode_command = [this](ModeRecord wish, auto done) {
      wish.event = ++events;
      wish.changed = clock.utc();
      mode.apply(wish);
      done(wish);
    };
    sources.alarm_command = [this](AlarmCommand given, auto done) {
      command = std::move(given);
      acknowledge_done = std::move(done);
      if (answer) std::exchange(acknowledge_done, nullptr)(*answer);
    };
    sources.alarm_message = [](const AlarmRecord& record, bool english) {
      return (english ? "message " : "消息 ") + std::to_string(record.alarm.index());
    };
    sources.history = [this](const HistoryQuery& query, auto done) {
      history_query = query;
      done(history);
    };
    sources.dead_letters = [](std::string sink, std::size_t, auto done) {
      done(std::vector<LetterReport>{
          {.number = 17, .sink = std::move(sink), .at = {}, .reason = "r", .lines = 1, .text = "x y=1 1"}});
    };
    sources.change_outbox = [this](OutboxChange change, auto done) {
      changed_outbox = std::move(change);
      done(std::string{"done"});
    };
    sources.health = [this] { return stuck; };
    sources.buses = [this] {
      ++status_calls;
      return buses;
    };
  }

  [[nodiscard]] std::shared_ptr<LiveSnapshot> snapshot() const {
    auto live = std::make_shared<LiveSnapshot>();
    live->time = clock.utc();
    live->made = clock.monotonic();
    live->points.resize(site.points.size());
    live->nodes.resize(site.nodes.size());
    return live;
  }
  static void set(LiveSnapshot& live, Reading reading) { live.points[reading.point().index()] = {reading}; }

  [[nodiscard]] MeterId meter(std::string_view id) const {
    for (std::size_t i = 0; i < site.meters.size(); ++i)
      if (site.meters[i].id == id) return MeterId{i};
    return {};
  }
  [[nodiscard]] SensorId sensor(std::string_view id) const {
    for (std::size_t i = 0; i < site.sensors.size(); ++i)
      if (site.sensors[i].id == id) return SensorId{i};
    return {};
  }
  [[nodiscard]] AlarmRecord alarm(AlarmState state, std::size_t index = 0) const {
    AlarmRecord record;
    record.alarm = AlarmId{index};
    record.event = 1'700'000'000'000'000 + index;
    record.state = record.process = state;
    record.raised = record.changed = clock.utc();
    record.value = 1;
    return record;
  }

  static Site read(std::string_view toml) {
    const FakeCatalogue catalogue;
    auto site = parse_site(toml, "site.toml", catalogue);
    if (!site) {
      std::string text;
      for (const auto& problem : site.error()) text += problem.text() + '\n';
      throw std::runtime_error(text);
    }
    return std::move(*site);
  }

  FakeClock clock;
  Site site;
  WebSources sources;

  std::vector<AlarmRecord> open;
  std::vector<AlarmRecord> journal;
  std::vector<PendingAlarm> pending;
  AlarmMetrics metrics;
  SiteMode mode{site};
  std::uint64_t events = 0;
  AlarmJournalQuery journal_query;
  AlarmCommand command;
  std::optional<Expected<AlarmRecord>> answer;  // nullopt: acknowledge_done is kept for the test to call
  WebSources::Completion<AlarmRecord> acknowledge_done;
  HistoryQuery history_query;
  Expected<std::vector<WindowRecord>> history;
  std::vector<std::string> stuck;
  std::optional<OutboxChange> changed_outbox;
  std::vector<BusStatus> buses;
  int status_calls = 0;
};

}  // namespace gateway::test

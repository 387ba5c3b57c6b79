// The live picture as JSON (docs/api.md, /api/v1/live and the stream's frames).
//
// What never changes (ids, names, areas) is turned into text once, when the site is known; a frame then costs little
// more than its numbers. For one thread.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/live.hpp"
#include "core/site.hpp"
#include "core/status.hpp"
#include "firmware-gateway/web/json_writer.hpp"

namespace gateway {

struct AlarmCounts {
  std::size_t standing = 0;
  std::size_t unacknowledged = 0;
};
[[nodiscard]] AlarmCounts count_alarms(std::span<const AlarmRecord> open) noexcept;

enum class Texts : bool { left_out, included };
// What has been added up (`totals`): of everything, or of what refresh_totals() found changed.
enum class Totals : std::uint8_t { left_out, changed, all };

class LiveJson {
 public:
  // The site must outlive it.
  explicit LiveJson(const Site& site);

  struct Picture {
    const LiveSnapshot& snapshot;
    std::span<const PointLive> sensor_points;  // by PointId; may be newer than the snapshot's
    std::span<const BusStatus> buses;
    AlarmCounts alarms;
  };
  // The members of the object, without its braces. Totals as refresh_totals() last found them.
  void write(JsonWriter& json, const Picture& picture, Texts texts, Totals totals) const;
  // Turns everybody's totals into text anew and notes whose have changed. They move slowly, and are half of a frame:
  // call it every few seconds.
  void refresh_totals(const LiveSnapshot& snapshot);
  // One element of `sensors`, as it was at `made`. `points` by PointId.
  void write_sensor(JsonWriter& json, SensorId sensor, std::span<const PointLive> points, MonotonicTime made,
                    Texts texts) const;
  // Bridges and the broker are no sensors to those who watch doors: they are on the device page.
  [[nodiscard]] bool is_shown(SensorId sensor) const;

 private:
  struct Fixed {
    std::string all;   // members with fixed texts
    std::string less;  // without them
    [[nodiscard]] std::string_view text(Texts texts) const noexcept { return texts == Texts::included ? all : less; }
  };
  struct TotalsText {
    std::string json = "{}";
    bool changed = false;
  };
  struct NodePair {
    Fixed fixed;
    TotalsText totals;
    std::optional<NodeId> electricity;
    std::optional<NodeId> water;
    std::size_t meters = 0;
    std::chrono::nanoseconds stale_after{};  // of its slowest meter
  };
  struct MeterPlace {
    Fixed fixed;
    TotalsText totals;
    PointId online;
    PointId counter;
  };
  struct SensorPlace {
    Fixed fixed;
    PointId online, open, wet, person, battery, link, vehicle, motion, tamper, battery_low, temperature, humidity;
  };
  struct BusPlace {
    Fixed fixed;
    std::vector<MeterId> meters;
  };

  [[nodiscard]] NodePair node_pair(std::string_view name) const;
  void write_figures(JsonWriter& json, const NodePair& pair, const LiveSnapshot& snapshot) const;
  void write_meter(JsonWriter& json, MeterId meter, const LiveSnapshot& snapshot, Texts texts, Totals totals) const;
  // `day`: the local one, for the factors.
  void refresh(TotalsText& text, std::optional<NodeId> electricity, std::optional<NodeId> water,
               const LiveSnapshot& snapshot, LocalDay day);
  void write_totals(JsonWriter& json, NodeId node, const NodeLive& live, LocalDay day) const;

  const Site& site_;
  std::string site_text_;
  NodePair compound_;
  std::vector<NodePair> areas_;
  std::vector<NodePair> sub_items_;
  std::vector<NodePair> nodes_;  // those that the site defines
  std::vector<MeterPlace> meters_;
  std::vector<SensorPlace> sensors_;
  std::vector<BusPlace> buses_;
};

}  // namespace gateway

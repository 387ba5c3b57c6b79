// Turns what the core publishes into frames, once for all clients, and puts them into every client's queue.
//
// Totals (docs/api.md) are looked at every few seconds and sent when they have changed; a client that missed a frame
// gets all of them with the next. Nothing is encoded while nobody listens. A client's first frame is the whole picture;
// it may have to wait for the core's first snapshot. For the network thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "core/live.hpp"
#include "core/reading.hpp"
#include "core/site.hpp"
#include "firmware-gateway/web/frame_queue.hpp"
#include "firmware-gateway/web/live_json.hpp"
#include "firmware-gateway/web/metrics_text.hpp"
#include "firmware-gateway/web/web_sources.hpp"

namespace gateway {

// Asks for the statuses at most once a second.
class StatusCache {
 public:
  explicit StatusCache(const WebSources& sources) : sources_(sources) {}
  const Statuses& get();

 private:
  const WebSources& sources_;
  Statuses statuses_;
  std::optional<MonotonicTime> asked_;
};

class StreamClient {
 public:
  virtual ~StreamClient() = default;
  // There is something in the queue, or it has overflowed.
  virtual void wake() = 0;
  // The session it was opened with has ended.
  virtual void end() = 0;
  FrameQueue queue;
  std::string session;  // token; asked about once a second
  bool has_snapshot = false;
};

class LiveFeed {
 public:
  static constexpr std::chrono::milliseconds totals_interval{4'500};  // five snapshots, one of which may come early

  // is_valid: whether a client's session goes on.
  LiveFeed(
      const Site& site, const WebSources& sources, StatusCache& statuses, WebCounters& counters,
      std::function<bool(std::string_view)> is_valid = [](std::string_view) { return true; });

  void publish(std::shared_ptr<const LiveSnapshot> snapshot);
  void publish_points(std::span<const Reading> readings);
  void publish_alarm(const AlarmRecord& record);

  // The client must leave before it is destroyed.
  void join(StreamClient& client);
  void leave(StreamClient& client);
  [[nodiscard]] std::size_t streams_of(std::string_view session) const noexcept;

  // Whether that door or window stands open; nullopt: it never said.
  [[nodiscard]] std::optional<bool> is_open(SensorId sensor) const;
  // The answer to /api/v1/live; null before the first snapshot.
  [[nodiscard]] Frame live_json();

 private:
  void send_snapshot(StreamClient& client);
  void look_at_pending();
  void send_event(const std::string& json);
  [[nodiscard]] std::string snapshot_json(bool with_alarms);
  [[nodiscard]] Frame live_frame(Totals totals);
  void refresh_totals();

  const Site& site_;
  const WebSources& sources_;
  StatusCache& statuses_;
  WebCounters& counters_;
  std::function<bool(std::string_view)> is_valid_;
  LiveJson json_;
  std::shared_ptr<const LiveSnapshot> snapshot_;
  std::vector<PointLive> sensor_points_;  // by PointId; those of meters stay empty
  std::vector<PointId> sensor_point_ids_;
  std::vector<PendingAlarm> pending_;  // as all clients know them
  Frame live_;                         // for snapshot_, once asked for
  std::optional<MonotonicTime> totals_made_;
  std::vector<StreamClient*> clients_;
  std::size_t frame_bytes_ = 1024;  // of the last frame, so that the next one's string is made large enough
};

}  // namespace gateway

// The live picture, made by the core thread once a second and read by the web server. A plain value.
#pragma once

#include <vector>

#include "core/reading.hpp"

namespace gateway {

struct PointLive {
  Reading last;       // the newest good one; meaningless when !seen
  bool seen = false;  // since this process started
};

struct NodeLive {
  double rate = 0;          // W or L/h, now; meaningless when !rate_known
  bool rate_known = false;  // at least one of its meters is online and has told its rate
  std::int64_t today = 0;   // milliwatt-hours or millilitres since local midnight
  MonotonicTime oldest{};   // newest reading of the stalest online meter below it
  std::uint32_t meters_online = 0;
};

struct LiveSnapshot {
  UtcTime time{};  // when it was made
  MonotonicTime made{};
  bool clock_known = true;        // false: `time` is provisional (core/clock.hpp), and nobody knows what today is
  std::vector<PointLive> points;  // by PointId
  std::vector<NodeLive> nodes;    // by NodeId
};

}  // namespace gateway

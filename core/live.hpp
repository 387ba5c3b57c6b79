// The live picture, made by the core thread once a second and read by the web server. A plain value.
#pragma once

#include <vector>

#include "core/reading.hpp"
#include "core/records.hpp"

namespace gateway {

// Ten thousand of these in each picture: no more than the reading.
struct PointLive {
  Reading last;  // the newest good one; of no point when !seen()
  [[nodiscard]] bool seen() const noexcept { return last.point().valid(); }  // since this process started
};

// Of the 15-minute block under way, and the month's highest so far. In W or L/h.
struct DemandLive {
  UtcTime block_start{};
  std::int64_t amount = 0;      // in the block so far, in thousandths of Wh or L
  double so_far = 0;            // mean since the block began
  double forecast = 0;          // the block's mean at its end, if the rate stays what it is
  bool forecast_known = false;  // the rate is known
  bool whole = false;           // the block was seen from its beginning on
  double month_max = 0;         // highest closed block of this month; 0: none yet
  UtcTime month_max_at{};       // when it began
  double sliding_max = 0;       // highest of any 15 minutes
  UtcTime sliding_max_at{};
};

struct NodeLive {
  double rate = 0;          // W or L/h, now; meaningless when !rate_known
  bool rate_known = false;  // at least one of its meters is online and has told its rate
  std::int64_t today = 0;   // milliwatt-hours or millilitres since local midnight
  MonotonicTime oldest{};   // newest reading of the stalest online meter below it
  std::uint32_t meters_online = 0;
  std::int64_t month = 0;  // as `today`, since the local month began
  DemandLive demand{};
  // Of kind difference: the last closed day, and today so far.
  bool balance_known = false;  // a day has been closed
  Balance last_day{};
  Balance balance_today{};
  bool counted = false;         // one of its meters has told what it counts: amounts are known
  std::int64_t cost_today = 0;  // millionths of a yuan, as `today`; meaningless when !priced
  bool priced = false;          // a tariff is in force today
};

struct LiveSnapshot {
  UtcTime time{};  // when it was made
  MonotonicTime made{};
  bool clock_known = true;        // false: `time` is provisional (core/clock.hpp), and nobody knows what today is
  std::vector<PointLive> points;  // by PointId
  std::vector<NodeLive> nodes;    // by NodeId
};

}  // namespace gateway

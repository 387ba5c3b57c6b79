// The order in which a sink's queue is sent: all of it in one go while it is short; once its oldest data is old, what
// comes from now on goes first and the past beside it, in turns. Pure; for one thread.
//
//   order.look(figures, now);
//   const auto turn = order.turn(pace.not_before() <= steady_now);
//   order.narrow(pick, turn);            // ask the store
//   order.found(turn, delivery, ...);    // false: what was taken for live is old itself, ask again
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>

#include "cloud-sync/store/delivery.hpp"

namespace gateway {

class LiveFirst {
 public:
  enum class Turn : std::uint8_t { all, live, backlog };

  explicit LiveFirst(std::chrono::nanoseconds backlog_age) noexcept : backlog_age_(backlog_age) {}

  // As often as something may have been kept, also while the far end is away.
  void look(const SinkFigures& figures, UtcTime now) {
    newest_row_ = figures.newest_row;
    remember(now);
    if (!catching_up_ && figures.oldest_queued && now - *figures.oldest_queued >= backlog_age_) begin(now);
  }
  // `backlog_allowed`: its bounded rate lets it go on now.
  [[nodiscard]] Turn turn(bool backlog_allowed) const noexcept {
    if (!catching_up_) return Turn::all;
    return live_next_ || !backlog_allowed ? Turn::live : Turn::backlog;
  }
  void narrow(Pick& pick, Turn turn) const noexcept {
    if (turn == Turn::live) pick.after = split_;
    if (turn == Turn::backlog) pick.up_to = split_;
  }
  // What the store gave, before it is sent. False: it is to be left where it is. A far end that goes away again and
  // again would otherwise make a second backlog out of what was live at the first time.
  [[nodiscard]] bool found(Turn turn, const Delivery& delivery, UtcTime now) {
    live_next_ = turn != Turn::live;
    if (delivery.rows.empty()) {
      if (turn == Turn::backlog) catching_up_ = false;
      return true;
    }
    if (turn != Turn::live || now - delivery.oldest < still_live * backlog_age_) return true;
    const std::int64_t before = split_;
    begin(now);
    live_next_ = split_ != before;
    return split_ == before;
  }

  [[nodiscard]] bool catching_up() const noexcept { return catching_up_; }

 private:
  struct Look {
    UtcTime at;
    std::int64_t row;  // the newest then
  };

  void begin(UtcTime now) {
    catching_up_ = true;
    live_next_ = true;
    // What came within `backlog_age` is still new.
    const bool known = now - looks_.front().at >= backlog_age_;
    split_ = std::max(split_, known ? looks_.front().row : newest_row_);
  }
  // The newest look that is older than `backlog_age`, and those since.
  void remember(UtcTime now) {
    if (!looks_.empty() && now < looks_.back().at) looks_.clear();  // the clock was set back
    if (looks_.empty() || now - looks_.back().at >= backlog_age_ / 16) looks_.push_back({now, newest_row_});
    while (looks_.size() > 1 && now - looks_[1].at >= backlog_age_) looks_.pop_front();
  }

  static constexpr int still_live = 10;  // what a short disturbance left goes out in one request, first

  std::chrono::nanoseconds backlog_age_;
  std::deque<Look> looks_;
  std::int64_t newest_row_ = 0;
  std::int64_t split_ = 0;  // up to this row it is backlog
  bool catching_up_ = false;
  bool live_next_ = true;
};

}  // namespace gateway

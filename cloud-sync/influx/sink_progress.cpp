#include "cloud-sync/influx/sink_progress.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::nanoseconds window = 30s;

}  // namespace

void SinkProgress::failed(State state, std::string reason, SinkFailure failure, unsigned status) {
  const std::scoped_lock lock(mutex_);
  told_.state = state;
  told_.last_error = std::move(reason);
  told_.failure = failure;
  told_.failure_status = status;
  ++told_.retries;
}

void SinkProgress::accepted(TimeNow now, const SinkFigures& figures) {
  const std::scoped_lock lock(mutex_);
  told_.state = State::ok;
  told_.last_error.clear();
  told_.failure = SinkFailure::none;
  told_.failure_status = 0;
  told_.next_try.reset();
  told_.last_success = now.utc;
  if (!looks_.empty() && now.monotonic - looks_.back().at < 1s) return;
  looks_.push_back({now.monotonic, figures.kept_lines, figures.delivered_lines});
  while (now.monotonic - looks_.front().at > window) looks_.pop_front();
}

void SinkProgress::waits_until(std::optional<UtcTime> next_try) {
  const std::scoped_lock lock(mutex_);
  told_.next_try = next_try;
}

void SinkProgress::learnt(std::optional<std::uint64_t> most_bytes) {
  const std::scoped_lock lock(mutex_);
  told_.most_bytes = most_bytes;
}

void SinkProgress::catching_up(bool so) {
  const std::scoped_lock lock(mutex_);
  told_.catching_up = so;
}

void SinkProgress::due(MonotonicTime at) {
  const std::scoped_lock lock(mutex_);
  told_.due = at;
}

void SinkProgress::add_rates(SinkStatus& status, const SinkFigures& figures, MonotonicTime now) const {
  if (looks_.empty() || now - looks_.front().at > 2 * window) return;
  const double seconds = std::chrono::duration<double>(now - looks_.front().at).count();
  if (seconds < 1) return;
  const double delivered = static_cast<double>(figures.delivered_lines - looks_.front().delivered) / seconds;
  const double shrinks = delivered - static_cast<double>(figures.kept_lines - looks_.front().kept) / seconds;
  status.delivered_lines_per_s = delivered;
  if (!status.catching_up || shrinks <= 0) return;
  const double left = static_cast<double>(figures.queued_lines) / shrinks;
  if (left < 1e9) status.caught_up_in = std::chrono::seconds{static_cast<std::int64_t>(left)};
}

SinkStatus SinkProgress::status(std::string id, const SinkFigures& figures, MonotonicTime now) const {
  const std::scoped_lock lock(mutex_);
  SinkStatus status = told_;
  status.id = std::move(id);
  status.delivered_lines = figures.delivered_lines;
  status.delivered_values = figures.delivered_values;
  status.rewritten_values = figures.rewritten_values;
  status.queued_batches = figures.queued_batches;
  status.queued_lines = figures.queued_lines;
  status.queued_bytes = figures.queued_bytes;
  status.oldest_queued = figures.oldest_queued;
  status.dead_letters = figures.dead_lines;
  status.dropped_lines = figures.dropped_lines;
  add_rates(status, figures, now);
  return status;
}

}  // namespace gateway

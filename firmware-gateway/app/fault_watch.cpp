#include "firmware-gateway/app/fault_watch.hpp"

namespace gateway {

using Part = AlarmSource::Part;

void FaultWatch::look(MonotonicTime now) {
  if (sources_.buses)
    for (const auto& bus : sources_.buses()) say(Part::bus, bus.bus.index(), !bus.online);
  if (sources_.sinks) {
    const auto sinks = sources_.sinks();
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      const auto state = sinks[i].state;
      const bool refused = state == SinkStatus::State::refused;
      if (refused || state == SinkStatus::State::ok || has_said(Part::sink, i)) say(Part::sink, i, refused);
    }
  }
  if (sources_.notifiers) {
    const auto notifiers = sources_.notifiers();
    for (std::size_t i = 0; i < notifiers.size(); ++i) {
      const bool failing = notifiers[i].failing_since.has_value();
      if (failing || notifiers[i].last_success || has_said(Part::notifier, i)) say(Part::notifier, i, failing);
    }
  }
  if (sources_.broker_connected)
    if (const auto connected = sources_.broker_connected()) say(Part::broker, 0, !*connected);
  if (sources_.configuration_refused) say(Part::configuration, 0, sources_.configuration_refused());
  if (sources_.dashboard_served)
    if (const auto served = sources_.dashboard_served()) say(Part::dashboard, 0, !*served);
  if (sources_.clock_believed) say(Part::clock, 0, !sources_.clock_believed());
  std::uint64_t dropped = sources_.dropped_readings ? sources_.dropped_readings() : 0;
  if (sources_.store) {
    const auto store = sources_.store();
    // Over before the next look, or mended by itself: still news to whoever looks after the box.
    const auto troubles = store.failed_commits + store.repairs;
    if (troubles > store_troubles_) troubled_at_ = now;
    store_troubles_ = troubles;
    if (troubled_at_ && now - *troubled_at_ >= counts_for) troubled_at_.reset();
    say(Part::store, 0, !store.last_error.empty() || !store.on_disk || troubled_at_.has_value());
    dropped += store.dropped_lines;
    filling_ = store.full_in && *store.full_in < (filling_ ? full_soon * 5 / 4 : full_soon);
    if (!began_) began_ = now;
    if (store.full_in || now - *began_ >= forecast_takes || has_said(Part::filling, 0))
      say(Part::filling, 0, filling_,
          store.full_in ? std::chrono::duration<double, std::ratio<3600>>(*store.full_in).count() : 0);
  }
  // What was dropped before this start is no news.
  if (!looked_) dropped_ = dropped;
  looked_ = true;
  if (dropped > dropped_) {
    if (!dropped_at_) dropped_before_ = dropped_;
    dropped_ = dropped;
    dropped_at_ = now;
  }
  if (dropped_at_ && now - *dropped_at_ >= counts_for) dropped_at_.reset();
  say(Part::readings, 0, dropped_at_.has_value(), static_cast<double>(dropped_ - dropped_before_));
}

void FaultWatch::say(Part part, std::size_t place, bool bad, double value) {
  auto [known, fresh] = said_.emplace(std::pair{part, place}, bad);
  if (!fresh && known->second == bad) return;
  known->second = bad;
  tell_({part, place, bad, value});
}

}  // namespace gateway

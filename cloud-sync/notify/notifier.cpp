#include "cloud-sync/notify/notifier.hpp"

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr int most_refusals = 3;  // of one message: the far end may have had a bad moment
// Alarms of one cause come within moments of each other: they wait for each other so long.
constexpr std::chrono::nanoseconds gathers = 300ms;

std::uint64_t seed_of(std::string_view id) { return std::hash<std::string_view>{}(id); }

}  // namespace

Notifier::Notifier(const Notify& notify, const Site& site, const Clock& clock, JournalAccess journal,
                   const NotifierPosition& position, Send send, std::chrono::nanoseconds pace)
    : JournalFollower(notify.id, clock, std::move(journal), position),
      site_(site),
      plan_(notify, site),
      send_(std::move(send)),
      pace_(pace),
      patience_(notify.timeout),
      backoff_(seed_of(notify.id), {2s, 5min, 1h}) {
  plan_.restore(position.memory);
}

Notifier::Notifier(const Notify& notify, const Site& site, const Clock& clock, JournalAccess journal,
                   const NotifierPosition& position, const DescribeAlarm& describe)
    : Notifier(notify, site, clock, std::move(journal), position, Send{}) {
  way_ = std::make_unique<Way>(notify, site, describe, stopping());
  send_ = [this](const Notice& notice, UtcTime now) { return way_->send(notice, now); };
  pace_ = way_->pace();
}

Notifier::~Notifier() { stop(); }

void Notifier::take(const AlarmEvent& event, UtcTime now) {
  const bool quiet = !plan_.next();
  plan_.take(event, now);
  if (quiet && plan_.next()) not_before_ = std::max(not_before_, clock_.monotonic() + gathers);
}

bool Notifier::is_settled() const { return !plan_.due(clock_.utc()); }

std::chrono::nanoseconds Notifier::work(UtcTime now) {
  auto wait = std::chrono::nanoseconds{1h};
  plan_.mind_clock(now);
  while (!stopping()) {
    const auto notice = plan_.due(now);
    if (!notice) break;
    const auto before = clock_.monotonic();
    if (before < not_before_) {
      wait = not_before_ - before;
      break;
    }
    moves_within(patience_);
    const auto answer = send_(*notice, now);
    if (stopping()) break;
    if (answer.outcome == Reply::Outcome::taken)
      taken(*notice, answer, now);
    else
      failed(*notice, answer, now);
    now = clock_.utc();
  }
  change_status([&](NotifierStatus& status) {
    status.quieted = plan_.quieted();
    status.pending = plan_.pending();
  });
  if (const auto next = plan_.next(); next && *next > now) wait = std::min<std::chrono::nanoseconds>(wait, *next - now);
  return wait;
}

void Notifier::taken(const Notice& notice, const Reply& answer, UtcTime now) {
  plan_.settled(notice, now);
  backoff_.reset();
  refusals_ = 0;
  not_before_ = clock_.monotonic() + pace_;
  change_status([&](NotifierStatus& status) {
    status.last_success = now;
    ++status.sent;
    if (answer.left_out.empty()) {
      status.state = NotifierStatus::State::ok;
      status.failing_since.reset();
      return;
    }
    // It is not sent again, for the sake of those who have it; somebody has to mend the others' addresses.
    status.state = NotifierStatus::State::refused;
    status.last_error = notice.id(site_.id) + ": not to " + answer.left_out;
    if (!status.failing_since) status.failing_since = now;
  });
}

void Notifier::failed(const Notice& notice, const Reply& answer, UtcTime now) {
  const auto id = notice.id(site_.id);
  if (std::exchange(failing_, id) != id) refusals_ = 0;
  const bool us = answer.outcome == Reply::Outcome::refused_us;
  const bool given_up = answer.outcome == Reply::Outcome::refused_message && ++refusals_ >= most_refusals;
  if (given_up) {
    plan_.settled(notice, now);
    refusals_ = 0;
    not_before_ = clock_.monotonic() + pace_;
  } else {
    not_before_ = clock_.monotonic() + backoff_.next(answer.retry_after);
  }
  change_status([&](NotifierStatus& status) {
    status.state = us ? NotifierStatus::State::refused : NotifierStatus::State::retrying;
    status.last_error = id + ": " + answer.said;
    if (!status.failing_since) status.failing_since = now;
    ++status.failed;
    if (given_up) ++status.given_up;
  });
}

}  // namespace gateway

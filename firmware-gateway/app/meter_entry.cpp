#include "firmware-gateway/app/meter_entry.hpp"

#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "collectors/aggregation/energy_counter.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t unit = 1'000'000;  // thousandths of Wh in a kWh, of L in a m3
constexpr LocalDay latest_day = 84'005;   // 2199-12-31: times are nanoseconds, and end in 2262
constexpr std::int64_t most = 1'000'000'000;

bool whole(std::string_view text, std::int64_t& out) noexcept {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string_view unit_of(const Meter& meter) noexcept { return meter.utility == Utility::electricity ? "kWh" : "m³"; }

std::optional<std::int64_t> parse_thousandths(std::string_view text) noexcept {
  const bool below = text.starts_with('-');
  if (below || text.starts_with('+')) text.remove_prefix(1);
  const auto point = text.find('.');
  std::int64_t units = 0, rest = 0;
  if (!whole(text.substr(0, point), units) || units > most) return std::nullopt;
  if (point != std::string_view::npos) {
    const auto decimals = text.substr(point + 1);
    if (decimals.size() > 6 || !whole(decimals, rest)) return std::nullopt;
    for (auto i = decimals.size(); i < 6; ++i) rest *= 10;
  }
  if (units == most && rest > 0) return std::nullopt;
  return (below ? -1 : 1) * (units * unit + rest);
}

std::string thousandths_text(std::int64_t thousandths) {
  const auto size = thousandths < 0 ? -thousandths : thousandths;
  auto text = fmt::format("{}{}.{:06}", thousandths < 0 ? "-" : "", size / unit, size % unit);
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

std::expected<UtcTime, std::string> parse_local_time(std::string_view text, const SiteTime& time) {
  const auto form = [&] {
    return std::unexpected("'" + std::string{text} + "' is no time; write it as \"2026-09-01 08:00\", in site time");
  };
  LocalDay day = 0;
  std::int64_t hour = 0, minute = 0;
  if (text.size() != 16 || (text[10] != ' ' && text[10] != 'T') || text[13] != ':' ||
      !parse_day(text.substr(0, 10), day) || !whole(text.substr(11, 2), hour) || !whole(text.substr(14, 2), minute) ||
      day < 0 || day > latest_day || hour > 24 || minute > 59 || (hour == 24 && minute > 0))
    return form();
  const auto local = std::chrono::days{day} + std::chrono::hours{hour} + std::chrono::minutes{minute};
  // From an offset of about then to the one of just then.
  UtcTime at{local - time.offset(UtcTime{local})};
  at = UtcTime{local - time.offset(at)};
  if (at.time_since_epoch() + time.offset(at) != local)
    return std::unexpected("'" + std::string{text} + "' never was: the clocks were set forward over it");
  return at;
}

std::optional<std::string> wrong_with_correction(UtcTime from, UtcTime to, UtcTime now, const StoreLimits& store,
                                                 const SiteTime& time) {
  if (to <= from) return "the time ends before it begins";
  if (to > now) return "the time ends in the future: only what is past can be corrected";
  if (time.window_start(WindowLength::month, from) != time.window_start(WindowLength::month, to - 1ms))
    return "a correction lies within one month of site time; make one for each";
  // What it is added to must still be there: it would stand alone, and be sent as if it were all.
  const auto kept = std::min(store.keep_minutes, store.keep_quarters);
  if (from < now - kept)
    return fmt::format("of a time that long ago the minutes are not kept any more ([store] keep_minutes: {} days)",
                       std::chrono::duration_cast<std::chrono::days>(kept).count());
  return std::nullopt;
}

std::optional<std::string> wrong_with_amount(const Meter& meter, UtcTime from, UtcTime to, std::int64_t amount) {
  const auto limits = counter_limits(meter.utility, meter.rated_max, 0);
  const auto seconds = std::chrono::duration<double>(to - from).count();
  const auto highest = limits.highest_rate * seconds + static_cast<double>(limits.slack);
  if (std::abs(static_cast<double>(amount)) <= highest) return std::nullopt;
  return fmt::format("{} can measure at most {} {} in that time{}; is a digit, or the time, wrong?", meter.id,
                     thousandths_text(static_cast<std::int64_t>(highest) / unit * unit), unit_of(meter),
                     meter.rated_max > 0 ? "" : " (the site gives no rating for it)");
}

std::string entry_text(const QualityRecord& entry, const Meter& meter) {
  if (entry.kind == QualityKind::announced_exchange)
    return fmt::format("exchange of {} booked: {} {} up to the old meter's {}; the new one counts from {}", meter.id,
                       thousandths_text(entry.amount), unit_of(meter), thousandths_text(entry.before),
                       thousandths_text(entry.after));
  return fmt::format("correction of {} booked: {}{} {}", meter.id, entry.amount > 0 ? "+" : "",
                     thousandths_text(entry.amount), unit_of(meter));
}

}  // namespace gateway

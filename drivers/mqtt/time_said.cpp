#include "drivers/mqtt/time_said.hpp"

#include <charconv>
#include <cmath>

namespace gateway {
namespace {

// Exactly `digits` digits at the front of `text`, which moves on behind them.
std::optional<int> digits(std::string_view& text, std::size_t count) noexcept {
  if (text.size() < count) return std::nullopt;
  int value = 0;
  const char* const first = text.data();
  const auto [end, error] = std::from_chars(first, first + count, value);
  if (error != std::errc{} || end != first + count || text.front() == '-') return std::nullopt;
  text.remove_prefix(count);
  return value;
}
bool skip(std::string_view& text, char expected) noexcept {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::optional<UtcTime> parse_iso8601(std::string_view text) noexcept {
  using namespace std::chrono;
  const auto y = digits(text, 4);
  if (!y || !skip(text, '-')) return std::nullopt;
  const auto mo = digits(text, 2);
  if (!mo || !skip(text, '-')) return std::nullopt;
  const auto d = digits(text, 2);
  if (!d || !(skip(text, 'T') || skip(text, ' '))) return std::nullopt;
  const auto h = digits(text, 2);
  if (!h || !skip(text, ':')) return std::nullopt;
  const auto mi = digits(text, 2);
  if (!mi || !skip(text, ':')) return std::nullopt;
  const auto s = digits(text, 2);
  if (!s || *h > 23 || *mi > 59 || *s > 60) return std::nullopt;
  const year_month_day day{year{*y}, month{static_cast<unsigned>(*mo)}, std::chrono::day{static_cast<unsigned>(*d)}};
  if (!day.ok() || *y < 2000 || *y > 2200) return std::nullopt;
  if (skip(text, '.'))
    while (!text.empty() && text.front() >= '0' && text.front() <= '9') text.remove_prefix(1);
  minutes offset{0};
  if (!skip(text, 'Z')) {
    const bool east = skip(text, '+');
    if (!east && !skip(text, '-')) return std::nullopt;
    const auto oh = digits(text, 2);
    skip(text, ':');
    const auto om = digits(text, 2);
    if (!oh || !om || *oh > 14 || *om > 59) return std::nullopt;
    offset = (east ? 1 : -1) * (hours{*oh} + minutes{*om});
  }
  if (!text.empty()) return std::nullopt;
  return UtcTime{sys_days{day}.time_since_epoch() + hours{*h} + minutes{*mi} + seconds{*s} - offset};
}

std::optional<UtcTime> utc_from_seconds(double seconds) noexcept {
  constexpr double year_2000 = 946'684'800, year_2200 = 7'258'118'400;
  if (!(seconds >= year_2000 && seconds < year_2200)) return std::nullopt;
  return utc_from_ms(static_cast<std::int64_t>(seconds * 1000));
}

}  // namespace gateway

#include "cloud-sync/influx/response.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace gateway {
namespace {

std::string_view trimmed(std::string_view text) {
  const auto space = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && space(text.front())) text.remove_prefix(1);
  while (!text.empty() && space(text.back())) text.remove_suffix(1);
  return text;
}

bool starts_with_word(std::string_view text, std::string_view lower_case_word) {
  return text.size() >= lower_case_word.size() &&
         std::ranges::equal(text.substr(0, lower_case_word.size()), lower_case_word,
                            [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

bool says_nothing_or_json(const WriteAnswer& answer) {
  const std::string_view body = trimmed(answer.body);
  if (starts_with_word(answer.content_type, "text/html")) return false;
  return body.empty() || body.front() == '{' || body.front() == '[' || starts_with_word(body, "ok");
}

// What may be an acknowledgement of an engine that we don't know.
bool generic_success(const WriteAnswer& answer) {
  return answer.kind == Sink::Kind::line_protocol && answer.status >= 200 && answer.status < 300 &&
         says_nothing_or_json(answer);
}

std::optional<int> digits(std::string_view text) {
  int value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

// IMF-fixdate, the only form a sender may generate: "Sun, 06 Nov 1994 08:49:37 GMT".
std::optional<UtcTime> http_date(std::string_view text) {
  constexpr std::array<std::string_view, 12> months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (text.size() != 29 || text.substr(3, 2) != ", " || text.substr(25) != " GMT") return std::nullopt;
  const auto day = digits(text.substr(5, 2));
  const auto month = std::ranges::find(months, text.substr(8, 3));
  const auto year = digits(text.substr(12, 4));
  const auto hour = digits(text.substr(17, 2));
  const auto minute = digits(text.substr(20, 2));
  const auto second = digits(text.substr(23, 2));
  if (!day || month == months.end() || !year || !hour || !minute || !second) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year{*year},
                                         std::chrono::month{static_cast<unsigned>(month - months.begin()) + 1},
                                         std::chrono::day{static_cast<unsigned>(*day)}};
  // Beyond 2200 a nanosecond count would overflow, and nobody means it.
  if (!date.ok() || *year < 1970 || *year > 2200 || *hour < 0 || *hour > 23 || *minute < 0 || *minute > 59)
    return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{*hour} + std::chrono::minutes{*minute} +
         std::chrono::seconds{*second};
}

}  // namespace

Verdict verdict(const WriteAnswer& answer) noexcept {
  for (const AnswerMeaning& meaning : answer_meanings) {
    if (answer.status < meaning.first || answer.status > meaning.last) continue;
    if (meaning.verdict == Verdict::accepted && answer.status != 204 && !(answer.proven && generic_success(answer)))
      return Verdict::not_the_store;
    return meaning.verdict;
  }
  return Verdict::refused;
}

std::string reason(const WriteAnswer& answer) {
  constexpr std::size_t longest = 300;
  std::string text = std::to_string(answer.status);
  switch (verdict(answer)) {
    case Verdict::not_the_store:
      text += generic_success(answer)
                  ? ": over plain http only 204 is an acknowledgement, anybody may say this"
                  : ": this is not the write API of a store (a log-in page, a redirect, or another service)";
      break;
    case Verdict::accepted:
      break;
    default: {
      const std::string_view body = trimmed(answer.body);
      if (!body.empty()) text.append(": ").append(body.substr(0, std::min(body.size(), longest)));
    }
  }
  if (text.size() > longest) {
    std::size_t cut = longest;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
    text.resize(cut);
  }
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20) c = ' ';
  return text;
}

SinkFailure failure_of(const WriteAnswer& answer) noexcept {
  switch (verdict(answer)) {
    case Verdict::accepted:
      return SinkFailure::none;
    case Verdict::bad_lines:
      return SinkFailure::bad_lines;
    case Verdict::refused:
      return answer.status == 401 || answer.status == 403 ? SinkFailure::not_allowed : SinkFailure::refused;
    case Verdict::not_the_store:
      return SinkFailure::not_the_store;
    case Verdict::too_large:
      return SinkFailure::too_large;
    case Verdict::busy:
      return SinkFailure::busy;
    case Verdict::server_error:
      return SinkFailure::server_error;
  }
  return SinkFailure::refused;
}

SinkFailure failure_of(const Error& error) noexcept {
  const auto is = [&](std::errc code) { return error.code == code; };
  if (is(std::errc::timed_out)) return SinkFailure::timeout;
  if (is(std::errc::permission_denied)) return SinkFailure::not_allowed;
  if (is(std::errc::invalid_argument) || is(std::errc::no_such_file_or_directory)) return SinkFailure::settings;
  if (std::string_view{error.code.category().name()} == "asio.netdb") return SinkFailure::unknown_host;
  if (is(std::errc::connection_refused) || is(std::errc::host_unreachable) || is(std::errc::network_unreachable) ||
      is(std::errc::network_down) || is(std::errc::not_connected))
    return SinkFailure::unreachable;
  return SinkFailure::cut_off;
}

std::optional<std::chrono::seconds> retry_after(std::string_view text, UtcTime now) noexcept {
  text = trimmed(text);
  if (const auto seconds = digits(text)) {
    if (*seconds < 0) return std::nullopt;
    return std::chrono::seconds{*seconds};
  }
  const auto date = http_date(text);
  if (!date || *date <= now) return std::nullopt;
  return std::chrono::ceil<std::chrono::seconds>(*date - now);
}

}  // namespace gateway

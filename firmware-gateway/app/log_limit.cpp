#include "firmware-gateway/app/log_limit.hpp"

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

// Whose budget a line spends.
enum class Purse : std::uint8_t {
  deeds,    // what somebody did who may: a log-in, a deletion. One by one, or an intruder's is lost among others
  attacks,  // what somebody tried who may not. Whoever tries often pays from here alone
  others,
};

constexpr std::string_view locked = "dashboard: login_locked";

Purse purse_of(std::string_view text) {
  for (const auto attempt :
       {locked, std::string_view{"dashboard: login_failed"}, std::string_view{"dashboard: login_refused"}})
    if (text.starts_with(attempt)) return Purse::attacks;
  return text.starts_with("dashboard: ") || text.starts_with("command: ") ? Purse::deeds : Purse::others;
}

// "bus a: 17 timeouts in 2.5 s" and "bus a: 9 timeouts in 61 s" are one kind. Two log-ins from two addresses are not.
std::string kind_of(std::string_view text) {
  constexpr std::size_t longest = 160;
  if (purse_of(text) == Purse::deeds || text.starts_with(locked)) return std::string{text};
  std::string kind;
  for (const char c : text.substr(0, longest)) {
    const bool digit = (c >= '0' && c <= '9') || (c == '.' && kind.ends_with('0'));
    if (digit && kind.ends_with('0')) continue;
    kind += digit ? '0' : c;
  }
  return kind;
}

}  // namespace

bool LogLimit::spend(Budget& budget, Time now) {
  if (budget.lines < burst)
    budget.lines = std::min<double>(burst, budget.lines + std::chrono::duration<double>(now - budget.at) / refill);
  budget.at = now;
  if (budget.lines < 1) return false;
  budget.lines -= 1;
  return true;
}

void LogLimit::resume(const Budgets& left, Time now) {
  for (std::size_t i = 0; i < left.size(); ++i)
    if (left[i].lines >= 0 && left[i].lines <= burst && left[i].at <= now) budgets_[i] = left[i];
}

void LogLimit::forget(Time now) {
  if (kinds_.size() < most_kinds) return;
  std::erase_if(kinds_, [&](const auto& each) { return now - each.second.last > forgotten_after; });
  if (kinds_.size() < most_kinds) return;
  kinds_.erase(std::ranges::min_element(kinds_, {}, [](const auto& each) { return each.second.last; }));
}

LogLimit::Verdict LogLimit::look_at(std::string_view text, Time now) {
  auto name = kind_of(text);
  auto found = kinds_.find(name);
  if (found == kinds_.end()) {
    forget(now);
    found = kinds_.emplace(std::move(name), Kind{}).first;
  }
  auto& kind = found->second;
  if (now - kind.last > forgotten_after) kind.passed = 0;
  kind.last = now;
  if (kind.passed >= first_ones && now - kind.last_passed < then_every) {
    ++kind.held_back;
    return {};
  }
  if (!spend(budgets_[static_cast<std::size_t>(purse_of(text))], now)) {
    ++over_budget_;
    return {};
  }
  ++kind.passed;
  kind.last_passed = now;
  return {true, std::exchange(kind.held_back, 0), std::exchange(over_budget_, 0)};
}

std::string one_line(std::string_view text, std::size_t longest) {
  constexpr std::string_view cut = " [...]";
  std::string line;
  if (text.size() <= longest) {
    line = text;
  } else {
    auto end = longest - cut.size();
    // Not in the middle of a character; what is no UTF-8 is cut anywhere.
    for (int back = 0; back < 3 && end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U; ++back) --end;
    line = text.substr(0, end);
    line += cut;
  }
  for (char& c : line)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return line;
}

}  // namespace gateway

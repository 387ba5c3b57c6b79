#include "firmware-gateway/app/log_limit.hpp"

#include <algorithm>
#include <utility>

namespace gateway {
namespace {

// "bus a: 17 timeouts in 2.5 s" and "bus a: 9 timeouts in 61 s" are one kind.
std::string kind_of(std::string_view text) {
  constexpr std::size_t longest = 160;
  std::string kind;
  for (const char c : text.substr(0, longest)) {
    const bool digit = (c >= '0' && c <= '9') || (c == '.' && kind.ends_with('0'));
    if (digit && kind.ends_with('0')) continue;
    kind += digit ? '0' : c;
  }
  return kind;
}

}  // namespace

bool LogLimit::spend(Time now) {
  if (!started_) refilled_ = now;
  started_ = true;
  budget_ = std::min<double>(burst, budget_ + std::chrono::duration<double>(now - refilled_) / refill);
  refilled_ = now;
  if (budget_ < 1) return false;
  budget_ -= 1;
  return true;
}

void LogLimit::resume(Budget left, Time now) {
  if (!(left.lines >= 0 && left.lines <= burst) || left.at > now) return;
  budget_ = left.lines;
  refilled_ = left.at;
  started_ = true;
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
  if (!spend(now)) {
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

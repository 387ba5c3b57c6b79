#include "cloud-sync/store/acknowledged.hpp"

#include <algorithm>
#include <charconv>

namespace gateway {

Acknowledged::Acknowledged(std::int64_t cursor, std::string_view stretches) : cursor_(cursor) {
  const char* at = stretches.data();
  const char* const end = at + stretches.size();
  std::int64_t before = cursor;
  while (at < end) {
    Stretch stretch;
    auto parsed = std::from_chars(at, end, stretch.first);
    if (parsed.ec != std::errc{} || parsed.ptr == end || *parsed.ptr != '-') break;
    parsed = std::from_chars(parsed.ptr + 1, end, stretch.last);
    if (parsed.ec != std::errc{} || stretch.first <= before || stretch.last < stretch.first) break;
    stretches_.push_back(stretch);
    before = stretch.last;
    at = parsed.ptr == end ? end : parsed.ptr + 1;
  }
  join();
}

bool Acknowledged::contains(std::int64_t row) const noexcept {
  if (row <= cursor_) return true;
  return std::ranges::any_of(stretches_, [&](const Stretch& s) { return s.first <= row && row <= s.last; });
}

void Acknowledged::add(std::int64_t row) {
  if (contains(row)) return;
  const auto place = std::ranges::lower_bound(stretches_, row, {}, &Stretch::first);
  stretches_.insert(place, Stretch{row, row});
  join();
}

void Acknowledged::add_up_to(std::int64_t row) {
  cursor_ = std::max(cursor_, row);
  join();
}

void Acknowledged::join() {
  std::vector<Stretch> joined;
  for (const Stretch& stretch : stretches_) {
    if (stretch.first <= cursor_ + 1) {
      cursor_ = std::max(cursor_, stretch.last);
    } else if (!joined.empty() && stretch.first <= joined.back().last + 1) {
      joined.back().last = std::max(joined.back().last, stretch.last);
    } else {
      joined.push_back(stretch);
    }
  }
  stretches_ = std::move(joined);
}

std::int64_t Acknowledged::next_after(std::int64_t row) const noexcept {
  std::int64_t next = std::max(row, cursor_) + 1;
  for (const Stretch& stretch : stretches_)
    if (stretch.first <= next && next <= stretch.last) next = stretch.last + 1;
  return next;
}

std::string Acknowledged::text() const {
  std::string text;
  for (const Stretch& stretch : stretches_) {
    if (!text.empty()) text += ',';
    text += std::to_string(stretch.first) + '-' + std::to_string(stretch.last);
  }
  return text;
}

}  // namespace gateway

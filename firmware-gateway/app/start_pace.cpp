#include "firmware-gateway/app/start_pace.hpp"

#include <algorithm>
#include <fstream>

namespace gateway {

std::chrono::seconds StartPace::wait_after(unsigned failed) noexcept {
  if (failed < 2) return {};
  const unsigned doublings = std::min(failed - 2, 16U);
  return std::min(longest_wait, first_wait * (1U << doublings));
}

std::chrono::seconds StartPace::begin() {
  if (file_.empty()) return {};
  std::ifstream in(file_);
  if (!(in >> failed_)) failed_ = 0;
  failed_ = std::min(failed_, 1'000'000U);
  // Said beforehand: nobody says it for a process that is killed.
  std::ofstream out(file_, std::ios::trunc);
  out << failed_ + 1 << '\n';
  return out.flush() ? wait_after(failed_) : std::chrono::seconds{};
}

void StartPace::look(MonotonicTime now) {
  if (ready_ && now - *ready_ >= lasts) forget();
}

void StartPace::forget() {
  ready_.reset();
  if (file_.empty()) return;
  std::error_code ignored;
  std::filesystem::remove(file_, ignored);
}

}  // namespace gateway

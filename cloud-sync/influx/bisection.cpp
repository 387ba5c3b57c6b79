#include "cloud-sync/influx/bisection.hpp"

#include <algorithm>

namespace gateway {
namespace {

// The end of a line's part up to an unescaped, unquoted space; `separators` counts unescaped, unquoted commas in it.
std::size_t part_end(std::string_view line, std::size_t at, std::uint64_t& separators) noexcept {
  bool quoted = false;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '\\') {
      ++at;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted && c == ' ') {
      break;
    } else if (!quoted && c == ',') {
      ++separators;
    }
  }
  return std::min(at, line.size());
}

std::uint64_t values_of(std::string_view line) noexcept {
  std::uint64_t ignored = 0;
  const std::size_t fields = part_end(line, 0, ignored);
  if (fields >= line.size()) return 0;
  std::uint64_t commas = 0;
  part_end(line, fields + 1, commas);
  return commas + 1;
}

}  // namespace

std::uint64_t count_values(std::string_view lines) noexcept {
  std::uint64_t values = 0;
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    values += values_of(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
  return values;
}

DeadLetter dead_letter(std::string reason, std::string_view lines) {
  return {.reason = std::move(reason),
          .line = std::string{lines},
          .lines = static_cast<std::uint64_t>(std::ranges::count(lines, '\n')),
          .values = count_values(lines)};
}

Bisection::Bisection(std::string_view text) {
  if (!text.empty()) parts_.push_back(text);
}

std::optional<std::string_view> Bisection::next() const {
  if (parts_.empty()) return std::nullopt;
  return parts_.back();
}

void Bisection::accepted() {
  parts_.pop_back();
  if (any_accepted_) return;
  any_accepted_ = true;
  for (const Dead& dead : dead_) parts_.insert(parts_.begin(), dead.line);
  dead_.clear();
}

void Bisection::refused(std::string reason) {
  const std::string_view part = parts_.back();
  parts_.pop_back();
  last_reason_ = std::move(reason);
  const auto lines = std::ranges::count(part, '\n');
  if (lines <= 1) {
    dead_.push_back({part, last_reason_});
    return;
  }
  std::size_t cut = 0;
  for (auto i = lines / 2; i > 0; --i) cut = part.find('\n', cut) + 1;
  parts_.push_back(part.substr(cut));
  parts_.push_back(part.substr(0, cut));
}

std::vector<DeadLetter> Bisection::take_dead() const {
  std::vector<DeadLetter> letters;
  for (const Dead& dead : dead_) letters.push_back(dead_letter(dead.reason, dead.line));
  return letters;
}

}  // namespace gateway

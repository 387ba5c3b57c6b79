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

Bisection::Bisection(std::string_view text, std::size_t pieces) {
  const std::size_t about = std::max<std::size_t>(text.size() / std::max<std::size_t>(pieces, 1), 1);
  while (!text.empty()) {
    const std::size_t line_end = text.find('\n', std::min(about, text.size()) - 1);
    const std::size_t end = line_end == std::string_view::npos ? text.size() : line_end + 1;
    parts_.insert(parts_.begin(), text.substr(0, end));
    text.remove_prefix(end);
  }
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
  last_reason_ = std::move(reason);
  if (halve()) return;
  dead_.push_back({parts_.back(), last_reason_});
  parts_.pop_back();
}

bool Bisection::halve() {
  const std::string_view part = parts_.back();
  const auto lines = std::ranges::count(part, '\n');
  if (lines <= 1) return false;
  parts_.pop_back();
  std::size_t cut = 0;
  for (auto i = lines / 2; i > 0; --i) cut = part.find('\n', cut) + 1;
  parts_.push_back(part.substr(cut));
  parts_.push_back(part.substr(0, cut));
  return true;
}

std::vector<DeadLetter> Bisection::take_dead() const {
  std::vector<DeadLetter> letters;
  for (const Dead& dead : dead_) letters.push_back(dead_letter(dead.reason, dead.line));
  return letters;
}

}  // namespace gateway

#include "cloud-sync/influx/bisection.hpp"

#include <algorithm>

namespace gateway {
namespace {

// The end of a line's part up to an unescaped, unquoted space; `separators` counts unescaped, unquoted commas in it.
// `quotes`: a quote is a letter like any other in a series.
std::size_t part_end(std::string_view line, std::size_t at, bool quotes, std::uint64_t& separators) noexcept {
  bool quoted = false;
  for (; at < line.size(); ++at) {
    const char c = line[at];
    if (c == '\\') {
      ++at;
    } else if (quotes && c == '"') {
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
  const std::size_t fields = part_end(line, 0, false, ignored);
  if (fields >= line.size()) return 0;
  std::uint64_t commas = 0;
  part_end(line, fields + 1, true, commas);
  return commas + 1;
}

// "sensor,open,battery_pct": measurement and field keys.
std::string kind_of(std::string_view line) {
  std::uint64_t ignored = 0;
  const std::size_t fields = part_end(line, 0, false, ignored);
  std::string kind{line.substr(0, std::min(line.find(','), fields))};
  if (fields >= line.size()) return kind;
  std::size_t at = fields + 1;
  const std::size_t end = part_end(line, at, true, ignored);
  // Field keys are plain words; a value ends at the next comma outside quotes.
  while (at < end) {
    const std::size_t equals = std::min(line.find('=', at), end);
    kind.append(",").append(line.substr(at, equals - at));
    bool quoted = false;
    for (at = equals; at < end && (quoted || line[at] != ','); ++at) {
      if (line[at] == '\\') {
        ++at;
      } else if (line[at] == '"') {
        quoted = !quoted;
      }
    }
    ++at;
  }
  return kind;
}

}  // namespace

void Suspects::refused(std::string_view line) {
  constexpr std::size_t most_kinds = 64;
  if (kinds_.size() >= most_kinds) kinds_.clear();
  kinds_.insert(kind_of(line));
}

std::size_t Suspects::move_last(std::string& lines) const {
  if (kinds_.empty()) return lines.size();
  std::string others;
  std::string alike;
  for (std::string_view rest{lines}; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1) + 1;
    const std::string_view line = rest.substr(0, end);
    (kinds_.contains(kind_of(line)) ? alike : others) += line;
    rest.remove_prefix(end);
  }
  const std::size_t begin = others.size();
  lines = std::move(others) + alike;
  return begin;
}

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

Bisection::Bisection(std::string_view text, std::size_t pieces, std::size_t apart) {
  if (apart < text.size()) parts_.push_back(text.substr(apart));
  text = text.substr(0, apart);
  const std::size_t behind = parts_.size();
  const std::size_t about = std::max<std::size_t>(text.size() / std::max<std::size_t>(pieces, 1), 1);
  while (!text.empty()) {
    const std::size_t line_end = text.find('\n', std::min(about, text.size()) - 1);
    const std::size_t end = line_end == std::string_view::npos ? text.size() : line_end + 1;
    parts_.insert(parts_.begin() + static_cast<std::ptrdiff_t>(behind), text.substr(0, end));
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

bool Bisection::is_one_line() const noexcept { return std::ranges::count(parts_.back(), '\n') <= 1; }

bool Bisection::halve() {
  const std::string_view part = parts_.back();
  if (is_one_line()) return false;
  const auto lines = std::ranges::count(part, '\n');
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

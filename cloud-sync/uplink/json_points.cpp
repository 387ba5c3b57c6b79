#include "cloud-sync/uplink/json_points.hpp"

#include <algorithm>

namespace gateway {
namespace {

constexpr std::string_view opening = R"({"points":[)";
constexpr std::string_view closing = "]}";

bool digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

std::size_t skip_digits(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] >= '0' && text[at] <= '9') ++at;
  return at;
}

// RFC 8259, section 6: no leading zeros, no bare point, no NaN.
bool json_number(std::string_view text) {
  std::size_t at = text.starts_with('-') ? 1 : 0;
  const std::size_t whole = at;
  at = skip_digits(text, at);
  if (at == whole || (text[whole] == '0' && at > whole + 1)) return false;
  if (at < text.size() && text[at] == '.') {
    const std::size_t fraction = ++at;
    at = skip_digits(text, at);
    if (at == fraction) return false;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t exponent = at;
    at = skip_digits(text, at);
    if (at == exponent) return false;
  }
  return at == text.size();
}

void append_character(std::string& json, char c) {
  constexpr std::string_view hex = "0123456789abcdef";
  if (c == '"' || c == '\\') {
    json += {'\\', c};
  } else if (static_cast<unsigned char>(c) < 0x20) {
    json += {'\\', 'u', '0', '0', hex[static_cast<unsigned char>(c) >> 4], hex[c & 15]};
  } else {
    json += c;
  }
}

// Reads one line from left to right. Every step says whether it found what has to be there.
class LineReader {
 public:
  explicit LineReader(std::string_view line) : line_(line) {}

  // A name up to one of `ends`, without its escapes, as a JSON string.
  bool name(std::string& json, std::string_view ends) {
    const std::size_t begin = at_;
    json += '"';
    for (; at_ < line_.size() && !ends.contains(line_[at_]); ++at_) {
      if (line_[at_] == '\\' && at_ + 1 < line_.size() && std::string_view{",= "}.contains(line_[at_ + 1])) ++at_;
      append_character(json, line_[at_]);
    }
    json += '"';
    return at_ > begin;
  }
  bool value(std::string& json) {
    if (at_ < line_.size() && line_[at_] == '"') return text(json);
    const std::size_t end = std::min(line_.find_first_of(", ", at_), line_.size());
    std::string_view token = line_.substr(at_, end - at_);
    at_ = end;
    if (token == "t" || token == "T" || token == "true" || token == "True" || token == "TRUE") {
      json += "true";
    } else if (token == "f" || token == "F" || token == "false" || token == "False" || token == "FALSE") {
      json += "false";
    } else {
      if (token.ends_with('i') || token.ends_with('u')) token.remove_suffix(1);
      if (!json_number(token)) return false;
      json += token;
    }
    return true;
  }
  bool take(char c) {
    if (at_ >= line_.size() || line_[at_] != c) return false;
    ++at_;
    return true;
  }
  [[nodiscard]] std::string_view rest() const { return line_.substr(at_); }

 private:
  bool text(std::string& json) {
    json += '"';
    for (++at_; at_ < line_.size() && line_[at_] != '"'; ++at_) {
      if (line_[at_] == '\\' && at_ + 1 < line_.size() && std::string_view{"\"\\"}.contains(line_[at_ + 1])) ++at_;
      append_character(json, line_[at_]);
    }
    json += '"';
    return take('"');
  }

  std::string_view line_;
  std::size_t at_ = 0;
};

bool append_parts(std::string& json, std::string_view line) {
  LineReader reader{line};
  std::string tags;
  std::string fields;
  json += R"({"measurement":)";
  if (!reader.name(json, ", ")) return false;
  while (reader.take(',')) {
    if (!tags.empty()) tags += ',';
    if (!reader.name(tags, "=") || !reader.take('=')) return false;
    tags += ':';
    if (!reader.name(tags, ", ")) return false;
  }
  if (!reader.take(' ')) return false;
  do {
    if (!fields.empty()) fields += ',';
    if (!reader.name(fields, "=") || !reader.take('=')) return false;
    fields += ':';
    if (!reader.value(fields)) return false;
  } while (reader.take(','));
  if (!reader.take(' ')) return false;
  const std::string_view time = reader.rest();
  if (!digits(time.starts_with('-') ? time.substr(1) : time)) return false;
  json.append(R"(,"time_ms":)").append(time);
  json.append(R"(,"tags":{)").append(tags).append(R"(},"fields":{)").append(fields).append("}}");
  return true;
}

}  // namespace

bool append_json_point(std::string& json, std::string_view line) {
  const std::size_t before = json.size();
  if (append_parts(json, line)) return true;
  json.resize(before);
  return false;
}

std::optional<std::string> JsonPoints::next() {
  std::string message{opening};
  std::string point;
  bool any = false;
  while (!lines_.empty()) {
    const std::size_t end = std::min(lines_.find('\n'), lines_.size());
    point.clear();
    if (append_json_point(point, lines_.substr(0, end))) {
      if (any && message.size() + 1 + point.size() + closing.size() > most_bytes_) break;
      if (any) message += ',';
      message += point;
      any = true;
    } else {
      ++unreadable_;
    }
    lines_.remove_prefix(std::min(end + 1, lines_.size()));
  }
  if (!any) return std::nullopt;
  message += closing;
  return message;
}

}  // namespace gateway

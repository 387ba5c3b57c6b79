// Topics and topic filters as MQTT 3.1.1, section 4.7 defines them. Pure; any thread.
#pragma once

#include <string_view>

namespace gateway {

inline constexpr std::size_t longest_topic = 65'535;  // bytes, section 4.7.3

// A concrete topic: what can be published to.
[[nodiscard]] constexpr bool is_topic(std::string_view topic) noexcept {
  return !topic.empty() && topic.size() <= longest_topic &&
         topic.find_first_of(std::string_view("+#\0", 3)) == std::string_view::npos;
}

// What can be subscribed to: `+` stands for one whole level, `#` for all the rest and only at the end.
[[nodiscard]] constexpr bool is_topic_filter(std::string_view filter) noexcept {
  if (filter.empty() || filter.size() > longest_topic || filter.find('\0') != std::string_view::npos) return false;
  for (std::size_t at = 0; at <= filter.size();) {
    const auto end = filter.find('/', at);
    const auto level = filter.substr(at, end == std::string_view::npos ? end : end - at);
    const bool last = end == std::string_view::npos;
    if (level.find_first_of("+#") != std::string_view::npos && level != "+" && !(level == "#" && last)) return false;
    if (last) break;
    at = end + 1;
  }
  return true;
}

// Whether `filter` (valid) covers `topic` (valid). A filter that begins with a wildcard does not cover topics that
// begin with `$` (section 4.7.2); "a/#" covers "a" too.
[[nodiscard]] constexpr bool matches(std::string_view filter, std::string_view topic) noexcept {
  if (!topic.empty() && topic.front() == '$' && !filter.empty() && (filter.front() == '+' || filter.front() == '#'))
    return false;
  while (true) {
    const auto filter_end = filter.find('/');
    const auto topic_end = topic.find('/');
    const auto level = filter.substr(0, filter_end);
    if (level == "#") return true;
    if (level != "+" && level != topic.substr(0, topic_end)) return false;
    if (topic_end == std::string_view::npos)
      return filter_end == std::string_view::npos || filter.substr(filter_end) == "/#";
    if (filter_end == std::string_view::npos) return false;
    filter.remove_prefix(filter_end + 1);
    topic.remove_prefix(topic_end + 1);
  }
}

}  // namespace gateway

#include "core/confidential.hpp"

#include <algorithm>

#include "core/percent_encoding.hpp"

namespace gateway {
namespace {

constexpr std::size_t shortest_secret = 4;
constexpr std::size_t shortest_part = 8;
constexpr std::string_view instead = "[...]";

std::size_t end_of_authority(std::string_view url) noexcept {
  const auto scheme = url.find("://");
  return std::min(url.find_first_of("/?#", scheme == std::string_view::npos ? 0 : scheme + 3), url.size());
}

}  // namespace

std::string_view host_of_address(std::string_view url) noexcept { return url.substr(0, end_of_authority(url)); }

std::string_view without_query(std::string_view url) noexcept { return url.substr(0, url.find_first_of("?#")); }

void Confidential::add(std::string_view word) {
  if (std::ranges::find(words_, word) != words_.end()) return;
  words_.emplace_back(word);
  std::ranges::stable_sort(words_, std::ranges::greater{}, &std::string::size);
}

void Confidential::add_secret(std::string_view secret) {
  if (secret.size() < shortest_secret) return;
  add(secret);
  add(percent_encoded(secret));
}

void Confidential::add_address(std::string_view url) {
  auto rest = url.substr(end_of_authority(url));
  const auto path = without_query(rest);
  rest.remove_prefix(path.size());
  for (const auto whole : {path, rest})
    if (whole.size() > 1) add(whole);
  for (auto part : {path, rest})
    while (!part.empty()) {
      const auto end = std::min(part.find_first_of("/?&=#;"), part.size());
      if (end >= shortest_part) add(part.substr(0, end));
      part.remove_prefix(std::min(end + 1, part.size()));
    }
}

std::string Confidential::taken_out_of(std::string_view text) const {
  std::string out;
  while (!text.empty()) {
    const auto found = std::ranges::find_if(words_, [&](const auto& word) { return text.starts_with(word); });
    if (found != words_.end()) {
      out += instead;
      text.remove_prefix(found->size());
      continue;
    }
    // Whoever cut the text off may have left the beginning of one.
    if (std::ranges::any_of(words_, [&](const auto& word) {
          return text.size() >= shortest_secret && std::string_view{word}.starts_with(text);
        }))
      return out += instead;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

}  // namespace gateway

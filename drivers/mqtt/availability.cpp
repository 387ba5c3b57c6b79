#include <algorithm>
#include <array>

#include "drivers/mqtt/json.hpp"
#include "drivers/mqtt/payload.hpp"

namespace gateway {
namespace {

bool is_word(std::string_view text, std::string_view word) {
  return std::ranges::equal(text, word, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

std::optional<bool> availability_word(std::string_view text) {
  static constexpr std::array<std::string_view, 2> there{"online", "true"};
  static constexpr std::array<std::string_view, 3> gone{"offline", "false", "stopped"};
  const auto is = [&](std::string_view word) { return is_word(text, word); };
  if (std::ranges::any_of(there, is)) return true;
  if (std::ranges::any_of(gone, is)) return false;
  return std::nullopt;
}

// How many bytes the UTF-8 character at the front has; 0 when it is none.
std::size_t character(std::string_view text) noexcept {
  const auto lead = static_cast<unsigned char>(text.front());
  if (lead < 0x80) return 1;
  const std::size_t size = lead >= 0xF0 && lead < 0xF5 ? 4 : lead >= 0xE0 && lead < 0xF0 ? 3 : lead >= 0xC2 ? 2 : 0;
  if (size == 0 || lead >= 0xF5 || text.size() < size) return 0;
  for (std::size_t i = 1; i < size; ++i)
    if ((static_cast<unsigned char>(text[i]) & 0xC0) != 0x80) return 0;
  const auto second = static_cast<unsigned char>(text[1]);
  // Overlong forms, surrogates, and what is beyond U+10FFFF (RFC 3629).
  if ((lead == 0xE0 && second < 0xA0) || (lead == 0xED && second > 0x9F) || (lead == 0xF0 && second < 0x90) ||
      (lead == 0xF4 && second > 0x8F))
    return 0;
  return size;
}

}  // namespace

Availability decode_availability(std::string_view payload) {
  if (const auto word = availability_word(payload)) return *word;
  constexpr std::string_view wanted = "neither online nor offline";
  if (payload.empty() || payload.front() != '{')
    return std::unexpected(PayloadProblem{PayloadFault::wrong_value, std::string(wanted)});
  const JsonPayload parsed(payload);
  if (parsed.problem()) return std::unexpected(*parsed.problem());
  if (const auto word = availability_word(text_member(parsed.object(), "state"))) return *word;
  return std::unexpected(PayloadProblem{PayloadFault::wrong_value, "\"state\" is " + std::string(wanted)});
}

std::string payload_excerpt(std::string_view payload) {
  constexpr std::size_t longest = 200;
  std::string out;
  for (auto rest = payload; !rest.empty();) {
    const auto size = character(rest);
    if (out.size() + std::max<std::size_t>(size, 1) > longest) {
      out += "...";
      break;
    }
    const auto byte = static_cast<unsigned char>(rest.front());
    if (size == 0 || byte < 0x20 || byte == 0x7F) {
      out += '.';
    } else {
      out.append(rest.substr(0, size));
    }
    rest.remove_prefix(std::max<std::size_t>(size, 1));
  }
  return out;
}

}  // namespace gateway

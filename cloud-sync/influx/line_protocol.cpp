#include "cloud-sync/influx/line_protocol.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace gateway {
namespace {

constexpr std::size_t longest_number = 32;
constexpr std::int64_t exact_in_a_double = 1LL << 53;
constexpr std::string_view replacement = "\xEF\xBF\xBD";  // U+FFFD

// Bytes of the well-formed UTF-8 character at the start of `text`; 0 when there is none (RFC 3629).
std::size_t character_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto continues = [&](std::size_t i) { return i < text.size() && (byte(i) & 0xC0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return continues(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    if (!continues(1) || !continues(2)) return 0;
    if (first == 0xE0 && byte(1) < 0xA0) return 0;
    if (first == 0xED && byte(1) > 0x9F) return 0;  // surrogates
    return 3;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    if (!continues(1) || !continues(2) || !continues(3)) return 0;
    if (first == 0xF0 && byte(1) < 0x90) return 0;
    if (first == 0xF4 && byte(1) > 0x8F) return 0;
    return 4;
  }
  return 0;
}

// Calls `put` with pieces that are safe between the delimiters of line protocol.
template <class Put>
void escape(std::string_view text, std::string_view escaped, Put&& put) {
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const char c = text.front();
    if (length == 0) {
      put(replacement);
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      put(" ");  // line breaks and other control characters can't be said
    } else {
      if (escaped.contains(c)) put("\\");
      put(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

void append_name(std::string& out, std::string_view name, bool measurement) {
  std::string clean;
  escape(name, "", [&](std::string_view piece) { clean += piece; });
  for (char& c : clean)
    if (c == '\\') c = '/';  // a backslash before a delimiter would escape it, and no engine agrees how to say two
  escape(clean, measurement ? ", " : ",= ", [&](std::string_view piece) { out += piece; });
}

}  // namespace

std::string series_key(std::string_view measurement, std::span<const Tag> tags) {
  std::string key;
  append_name(key, measurement, true);
  for (const Tag& tag : tags) {
    if (tag.value.empty()) continue;
    key += ',';
    append_name(key, tag.key, false);
    key += '=';
    append_name(key, tag.value, false);
  }
  return key;
}

void LineWriter::begin(std::string_view series, std::string_view last_value) noexcept {
  at_ = used_;
  fields_ = 0;
  no_room_ = room_.size() - at_ < series.size() + last_value.size();
  if (no_room_) return;
  std::ranges::copy(series, room_.data() + at_);
  at_ += series.size();
  std::ranges::copy(last_value, room_.data() + at_);
  at_ += last_value.size();
}

bool LineWriter::begin_field(std::string_view key, std::size_t value_room) noexcept {
  if (no_room_ || room_.size() - at_ < key.size() + 2 + value_room) {
    no_room_ = true;
    return false;
  }
  put(fields_ == 0 ? ' ' : ',');
  std::memcpy(room_.data() + at_, key.data(), key.size());
  at_ += key.size();
  put('=');
  ++fields_;
  return true;
}

void LineWriter::field(std::string_view key, double value) noexcept {
  if (!std::isfinite(value)) {
    ++refused_;
    return;
  }
  if (!begin_field(key, longest_number)) return;
  // What came from a 32-bit float register is said with the digits that float has: 231.4, not 231.39999389648438.
  const auto narrow = std::abs(value) <= 3.0e38 ? static_cast<float>(value) : 0.0F;
  char* const end = room_.data() + at_ + longest_number;
  const auto written = static_cast<double>(narrow) == value ? std::to_chars(room_.data() + at_, end, narrow)
                                                            : std::to_chars(room_.data() + at_, end, value);
  at_ = static_cast<std::size_t>(written.ptr - room_.data());
}

void LineWriter::field(std::string_view key, std::int64_t value) noexcept {
  if (value > exact_in_a_double || value < -exact_in_a_double) {
    ++refused_;
    return;
  }
  if (!begin_field(key, longest_number)) return;
  const auto written = std::to_chars(room_.data() + at_, room_.data() + at_ + longest_number, value);
  at_ = static_cast<std::size_t>(written.ptr - room_.data());
  put('i');
}

void LineWriter::field_thousandths(std::string_view key, std::int64_t thousandths) noexcept {
  if (!begin_field(key, longest_number)) return;
  auto magnitude = static_cast<std::uint64_t>(thousandths);
  if (thousandths < 0) {
    put('-');
    magnitude = 0 - magnitude;
  }
  const auto written = std::to_chars(room_.data() + at_, room_.data() + at_ + longest_number, magnitude / 1000);
  at_ = static_cast<std::size_t>(written.ptr - room_.data());
  const auto rest = static_cast<unsigned>(magnitude % 1000);
  put('.');
  put(static_cast<char>('0' + rest / 100));
  put(static_cast<char>('0' + rest / 10 % 10));
  put(static_cast<char>('0' + rest % 10));
}

void LineWriter::field(std::string_view key, std::string_view text) noexcept {
  if (text.size() > longest_text) {
    std::size_t cut = longest_text;
    while (cut > 0 && (static_cast<unsigned char>(text[cut]) & 0xC0U) == 0x80U) --cut;
    text = text.substr(0, cut);
  }
  if (!begin_field(key, 2 + replacement.size() * text.size())) return;
  put('"');
  escape(text, "\"\\", [&](std::string_view piece) {
    std::memcpy(room_.data() + at_, piece.data(), piece.size());
    at_ += piece.size();
  });
  put('"');
}

bool LineWriter::end(std::int64_t time_ms) noexcept {
  if (fields_ == 0 || no_room_ || room_.size() - at_ < longest_number) return false;
  put(' ');
  const auto written = std::to_chars(room_.data() + at_, room_.data() + at_ + longest_number - 2, time_ms);
  at_ = static_cast<std::size_t>(written.ptr - room_.data());
  put('\n');
  used_ = at_;
  ++lines_;
  values_ += fields_;
  return true;
}

}  // namespace gateway

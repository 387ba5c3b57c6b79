// InfluxDB line protocol, written one line at a time into a caller's buffer. Never allocates, never writes half a line,
// never writes a second line: whatever a name or a text holds is escaped or replaced (FAULTS 25).
//
// NaN, infinities and integers beyond 2^53 (engines that hold every number as a double would change them) are refused:
// the field is left out and counted. A line without a field is taken back. For one thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace gateway {

struct Tag {
  std::string_view key;
  std::string_view value;
};

// "measurement,tag=value,..." with everything escaped. A tag with an empty value is left out: line protocol knows none.
// Give the tags sorted by key; engines take them faster so.
[[nodiscard]] std::string series_key(std::string_view measurement, std::span<const Tag> tags);

class LineWriter {
 public:
  explicit LineWriter(std::span<char> room) noexcept : room_(room) {}

  // `series` comes from series_key(). `last_value`: continues it, for a last tag whose value is a plain word.
  void begin(std::string_view series, std::string_view last_value = {}) noexcept;
  // A field's key is a plain word of the program's own, [a-z0-9_].
  void field(std::string_view key, double value) noexcept;
  void field(std::string_view key, std::int64_t value) noexcept;
  // A float with exactly three decimals.
  void field_thousandths(std::string_view key, std::int64_t thousandths) noexcept;
  // Text beyond `longest_text` bytes is cut at the end of a character.
  void field(std::string_view key, std::string_view text) noexcept;
  // False when the line has no field or the room was too small; then nothing of it is in the buffer.
  bool end(std::int64_t time_ms) noexcept;

  [[nodiscard]] std::string_view text() const noexcept { return {room_.data(), used_}; }
  [[nodiscard]] std::size_t size() const noexcept { return used_; }
  [[nodiscard]] std::uint32_t lines() const noexcept { return lines_; }
  [[nodiscard]] std::uint32_t values() const noexcept { return values_; }    // fields of the lines
  [[nodiscard]] std::uint32_t refused() const noexcept { return refused_; }  // values that line protocol can't say

  static constexpr std::size_t longest_text = 1024;

 private:
  bool begin_field(std::string_view key, std::size_t value_room) noexcept;
  void put(char c) noexcept { room_[at_++] = c; }

  std::span<char> room_;
  std::size_t used_ = 0;  // whole lines
  std::size_t at_ = 0;    // in the line that is being written
  std::uint32_t fields_ = 0;
  std::uint32_t lines_ = 0;
  std::uint32_t values_ = 0;
  std::uint32_t refused_ = 0;
  bool no_room_ = false;
};

}  // namespace gateway

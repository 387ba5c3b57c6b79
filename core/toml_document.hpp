// A TOML file read strictly: every key is asked for by name, every problem is collected with its place, and what nobody
// asked for is a problem too.
//
//   TomlDocument document = ...;            TomlTable bus = ...;
//   bus.required_string("id");              // a problem, and "", when it is missing or not a string
//   bus.duration("timeout").value_or(1s);   // nullopt when absent, or when it is wrong (then the problem is on record)
//   bus.finish();                           // unknown keys, each with the nearest known one
//
// So a reader is written as if the file were right, and the problems are looked at once, at the end. For one thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/calendar.hpp"
#include "core/problem.hpp"

namespace gateway {

class TomlTable {
 public:
  [[nodiscard]] bool has(std::string_view key) const;

  std::optional<std::string> string(std::string_view key);
  std::string required_string(std::string_view key);
  // An id: 1 to 64 of [a-z0-9_-]. Required.
  std::string required_id(std::string_view key);
  // One of `choices`; returns its place.
  std::optional<std::size_t> choice(std::string_view key, std::span<const std::string_view> choices);
  std::optional<std::size_t> required_choice(std::string_view key, std::span<const std::string_view> choices);
  std::optional<std::int64_t> integer(std::string_view key, std::int64_t low, std::int64_t high);
  std::optional<std::int64_t> required_integer(std::string_view key, std::int64_t low, std::int64_t high);
  std::optional<double> number(std::string_view key);  // integer or float, finite
  std::optional<bool> boolean(std::string_view key);
  // "500ms", "1s", "15min", "25h", "30d"; positive.
  std::optional<std::chrono::nanoseconds> duration(std::string_view key);
  // A number with one of `units`: {"W", 1}, {"kW", 1000}. Finite, not negative.
  struct Unit {
    std::string_view name;
    double factor;
  };
  std::optional<double> quantity(std::string_view key, std::span<const Unit> units);
  std::vector<std::string> strings(std::string_view key);
  std::vector<std::int64_t> integers(std::string_view key, std::int64_t low, std::int64_t high);
  // 2026-10-01, with or without quotes.
  std::optional<LocalDay> day(std::string_view key);
  std::optional<LocalDay> required_day(std::string_view key);
  // An array of days; "2026-10-01..2026-10-07" stands for all from the one to the other. Sorted, each once.
  std::vector<LocalDay> days(std::string_view key);
  // ["08:00-12:00", "14:30-24:00"]: times of a day, none of which overlap. Sorted.
  std::vector<MinuteSpan> spans(std::string_view key);

  // What is written at `key`, for keys that may hold one thing or another; does not count as asking for it.
  enum class Kind : std::uint8_t { absent, string, number, table, other };
  [[nodiscard]] Kind kind_of(std::string_view key) const;

  std::optional<TomlTable> table(std::string_view key);
  std::vector<TomlTable> tables(std::string_view key);  // [[key]]
  [[nodiscard]] std::vector<std::string> keys() const;  // as written; does not count as asking for them

  // Puts a problem on record at the value of `key`, at the table when there is no such key.
  void problem(std::string_view key, std::string what, std::string remedy = {});
  // Every key that was not asked for is a problem. Call once, last.
  void finish();
  // Counts as asked for, whatever it is.
  void ignore(std::string_view key) { asked_.emplace_back(key); }
  // Where the table begins, for problems that are found later.
  [[nodiscard]] Place place() const;
  // For a table whose keys are names, not fixed words.
  void finish_without_unknown_keys() {}

 private:
  friend class TomlDocument;
  TomlTable(const void* table, const std::string* file, Problems* problems) noexcept
      : table_(table), file_(file), problems_(problems) {}
  const void* find(std::string_view key);
  void wrong_type(std::string_view key, std::string_view wanted);
  void missing(std::string_view key, std::string_view wanted);
  // A scalar as text, for what is parsed from text whether it was written in quotes or as a TOML date.
  struct Element {
    std::string text;
    std::int64_t integer = 0;
    bool is_integer = false;
    Place place;
  };
  std::optional<Element> element(std::string_view key, std::string_view wanted);
  std::vector<Element> elements(std::string_view key, std::string_view wanted);
  void problem_at(Place place, std::string what, std::string remedy);

  const void* table_;  // toml::table; void keeps the library's header out of every reader
  const std::string* file_;
  Problems* problems_;
  std::vector<std::string> asked_;
};

class TomlDocument {
 public:
  // Reads and parses. A file that can't be read or isn't TOML gives one problem and no root.
  static TomlDocument read(const std::filesystem::path& path);
  static TomlDocument parse(std::string_view text, std::string file_name);
  TomlDocument(TomlDocument&&) noexcept;
  TomlDocument& operator=(TomlDocument&&) noexcept;
  ~TomlDocument();

  [[nodiscard]] std::optional<TomlTable> root();
  [[nodiscard]] Problems& problems() noexcept;
  [[nodiscard]] const std::string& file() const noexcept;

 private:
  struct Content;
  explicit TomlDocument(std::unique_ptr<Content> content) noexcept;
  static TomlDocument unreadable(const std::filesystem::path& path, std::string what, std::string remedy);
  std::unique_ptr<Content> content_;
};

}  // namespace gateway

#include "core/toml_error.hpp"

#include <array>

#include <fmt/format.h>

namespace gateway {
namespace {

std::string_view line_of(std::string_view text, std::uint32_t number) {
  for (; number > 1; --number) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos) return {};
    text.remove_prefix(end + 1);
  }
  text = text.substr(0, text.find('\n'));
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

struct Lookalike {
  std::string_view typed;
  std::string_view meant;
};
// What a Chinese input method or a word processor makes of the signs of TOML.
constexpr std::array<Lookalike, 15> lookalikes{{{"“", "\""},
                                                {"”", "\""},
                                                {"„", "\""},
                                                {"＂", "\""},
                                                {"‘", "'"},
                                                {"’", "'"},
                                                {"＝", "="},
                                                {"，", ","},
                                                {"、", ","},
                                                {"［", "["},
                                                {"］", "]"},
                                                {"【", "["},
                                                {"】", "]"},
                                                {"＃", "#"},
                                                {"　", " "}}};

// Outside of quotes: within them they are a name's.
const Lookalike* lookalike_in(std::string_view line) {
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
      continue;
    }
    if (c == '#') return nullptr;
    if (c == '"' || c == '\'') quote = c;
    for (const auto& one : lookalikes)
      if (line.substr(i).starts_with(one.typed)) return &one;
  }
  return nullptr;
}

struct Known {
  std::string_view part;  // of the parser's description
  std::string_view what;
  std::string_view remedy;
};
constexpr std::array<Known, 15> known{{
    {"parsing string: unescaped control", "a text has no closing quote", "put a \" at its end"},
    {"parsing string: encountered end-of-file", "a text has no closing quote", "put a \" at its end"},
    {"parsing literal string: ", "a text has no closing quote", "put a ' at its end"},
    {"unknown escape sequence", "a \\ in a text in double quotes begins a special sign",
     "write \\\\ for one \\, or put the text in single quotes"},
    {"could not determine value type", "what stands behind '=' is no value",
     "texts stand in quotes, as \"b1\"; numbers and true or false do not"},
    {"expected 'true'", "what stands behind '=' is no value", "true is written in small letters"},
    {"expected 'false'", "what stands behind '=' is no value", "false is written in small letters"},
    {"leading zeroes", "a number begins with 0", "leave the 0 out; a code stands in quotes, as \"01A00\""},
    {"expected digit", "a number is followed by something else", "a value with a unit stands in quotes, as \"5s\""},
    {"expected a comment or whitespace", "something stands behind the value",
     "one key a line; a text stands in quotes as a whole, decimals have a point"},
    {"parsing table header: expected ']'", "the header of a section has no closing bracket",
     "it stands alone in its line, with as many ] as [, as [[meter]]"},
    {"expected value, saw", "nothing stands behind '='", "give it a value, or take the line out"},
    {"key-value pair: expected '='", "there is no '=' behind the key", "write key = value"},
    {"parsing array: ", "a list has no closing bracket, or a comma is missing", "as [\"a\", \"b\"]"},
    {"parsing inline table: ", "a { } has no closing bracket, or a comma is missing", "as { id = \"a\", unit = 1 }"},
}};

std::string_view between_quotes(std::string_view text) {
  const auto begin = text.find('\'');
  const auto end = text.rfind('\'');
  return begin == std::string_view::npos || end <= begin ? std::string_view{} : text.substr(begin + 1, end - begin - 1);
}

}  // namespace

TomlError explain_toml_error(std::string_view text, std::uint32_t line, std::string_view description) {
  if (const auto* found = lookalike_in(line_of(text, line)))
    return {fmt::format("{} is not {}", found->typed == "　" ? "a wide (full-width) space" : found->typed,
                        found->meant == " " ? "a space" : found->meant),
            fmt::format("type {} with the input method switched to English",
                        found->meant == " " ? "a space" : found->meant)};
  if (description.find("cannot redefine existing table") != std::string_view::npos)
    return {fmt::format("the section [{}] is there twice", between_quotes(description)),
            "put them together; of things that there are many of, each begins with two brackets, as [[meter]]"};
  if (description.find("cannot redefine existing") != std::string_view::npos)
    return {fmt::format("'{}' is there twice in one section", between_quotes(description)), "take one of them out"};
  for (const auto& one : known)
    if (description.find(one.part) != std::string_view::npos) return {std::string{one.what}, std::string{one.remedy}};
  return {std::string{description}, "this is where the TOML syntax breaks"};
}

}  // namespace gateway

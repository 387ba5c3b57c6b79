#include "core/toml_document.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <fstream>
#include <iterator>

#include <fmt/format.h>
#include <toml++/toml.h>

#include "core/toml_error.hpp"

namespace gateway {
namespace {

const toml::table& as_table(const void* table) { return *static_cast<const toml::table*>(table); }
const toml::node* as_node(const void* node) { return static_cast<const toml::node*>(node); }

std::string_view type_name(const toml::node& node) {
  switch (node.type()) {
    case toml::node_type::table:
      return "a table";
    case toml::node_type::array:
      return "an array";
    case toml::node_type::string:
      return "a string";
    case toml::node_type::integer:
      return "an integer";
    case toml::node_type::floating_point:
      return "a number";
    case toml::node_type::boolean:
      return "a boolean";
    default:
      return "a date or time";
  }
}

std::string quoted_list(std::span<const std::string_view> words) {
  std::string out;
  for (const auto word : words) out += fmt::format("{}\"{}\"", out.empty() ? "" : ", ", word);
  return out;
}

// Number and unit of "12.5 kW"; nullopt when it doesn't start with a finite number.
std::optional<std::pair<double, std::string_view>> split_quantity(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return std::nullopt;
  auto unit = text.substr(static_cast<std::size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  return std::pair{value, unit};
}

}  // namespace

const void* TomlTable::find(std::string_view key) {
  asked_.emplace_back(key);
  return as_table(table_).get(key);
}

bool TomlTable::has(std::string_view key) const { return as_table(table_).contains(key); }

void TomlTable::problem(std::string_view key, std::string what, std::string remedy) {
  const auto& table = as_table(table_);
  const auto* node = key.empty() ? nullptr : table.get(key);
  const auto place = node != nullptr ? node->source().begin : table.source().begin;
  problems_->push_back({*file_, place.line, place.column, std::move(what), std::move(remedy)});
}

Place TomlTable::place() const {
  const auto at = as_table(table_).source().begin;
  return {at.line, at.column};
}

void TomlTable::wrong_type(std::string_view key, std::string_view wanted) {
  problem(key, fmt::format("'{}' is {}", key, type_name(*as_table(table_).get(key))),
          fmt::format("it must be {}", wanted));
}

void TomlTable::missing(std::string_view key, std::string_view wanted) {
  problem("", fmt::format("'{}' is missing", key), fmt::format("add {} = {}", key, wanted));
}

std::optional<std::string> TomlTable::string(std::string_view key) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return std::nullopt;
  if (const auto* text = node->as_string()) return text->get();
  wrong_type(key, "a string in quotes");
  return std::nullopt;
}

std::string TomlTable::required_string(std::string_view key) {
  if (!has(key)) {
    asked_.emplace_back(key);
    missing(key, "\"...\"");
    return {};
  }
  auto text = string(key);
  if (text && text->empty()) problem(key, fmt::format("'{}' is empty", key), "give it a value");
  return text.value_or("");
}

std::string TomlTable::required_id(std::string_view key) {
  auto id = required_string(key);
  const auto allowed = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-'; };
  if (!id.empty() && (id.size() > 64 || !std::ranges::all_of(id, allowed)))
    problem(key, fmt::format("'{}' is not a usable id", id),
            "use 1 to 64 of a-z, 0-9, '-' and '_'; a name for people goes into 'name'");
  return id;
}

std::optional<std::size_t> TomlTable::choice(std::string_view key, std::span<const std::string_view> choices) {
  const auto text = string(key);
  if (!text) return std::nullopt;
  const auto found = std::ranges::find(choices, *text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  const auto near = nearest(*text, choices);
  problem(key, fmt::format("'{}' can't be \"{}\"", key, *text),
          near.empty() ? "it is one of " + quoted_list(choices)
                       : fmt::format("did you mean \"{}\"? It is one of {}", near, quoted_list(choices)));
  return std::nullopt;
}

std::optional<std::size_t> TomlTable::required_choice(std::string_view key, std::span<const std::string_view> choices) {
  if (has(key)) return choice(key, choices);
  asked_.emplace_back(key);
  problem("", fmt::format("'{}' is missing", key), "it is one of " + quoted_list(choices));
  return std::nullopt;
}

std::optional<std::int64_t> TomlTable::integer(std::string_view key, std::int64_t low, std::int64_t high) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return std::nullopt;
  const auto* number = node->as_integer();
  if (number == nullptr) {
    wrong_type(key, "an integer");
    return std::nullopt;
  }
  if (number->get() < low || number->get() > high) {
    problem(key, fmt::format("'{}' is {}", key, number->get()), fmt::format("it must be from {} to {}", low, high));
    return std::nullopt;
  }
  return number->get();
}

std::optional<std::int64_t> TomlTable::required_integer(std::string_view key, std::int64_t low, std::int64_t high) {
  if (has(key)) return integer(key, low, high);
  asked_.emplace_back(key);
  problem("", fmt::format("'{}' is missing", key), fmt::format("add {} = a number from {} to {}", key, low, high));
  return std::nullopt;
}

std::optional<double> TomlTable::number(std::string_view key) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return std::nullopt;
  const auto value = node->value<double>();
  if (!node->is_number() || !value || !std::isfinite(*value)) {
    wrong_type(key, "a finite number");
    return std::nullopt;
  }
  return value;
}

std::optional<bool> TomlTable::boolean(std::string_view key) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return std::nullopt;
  if (const auto* value = node->as_boolean()) return value->get();
  wrong_type(key, "true or false");
  return std::nullopt;
}

std::optional<double> TomlTable::quantity(std::string_view key, std::span<const Unit> units) {
  const auto text = string(key);
  if (!text) return std::nullopt;
  const auto parts = split_quantity(*text);
  std::vector<std::string_view> names;
  for (const auto& unit : units) names.push_back(unit.name);
  if (parts && parts->first >= 0) {
    for (const auto& unit : units)
      if (unit.name == parts->second) return parts->first * unit.factor;
  }
  problem(key, fmt::format("'{}' can't be \"{}\"", key, *text),
          fmt::format("write a number and one of the units {}, as \"12.5 {}\"", quoted_list(names), names.front()));
  return std::nullopt;
}

std::optional<std::chrono::nanoseconds> TomlTable::duration(std::string_view key) {
  static constexpr std::array<Unit, 6> units{
      {{"s", 1}, {"ms", 1e-3}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"us", 1e-6}}};
  const auto seconds = quantity(key, units);
  if (!seconds) return std::nullopt;
  if (*seconds <= 0 || *seconds > 1e9) {
    problem(key, fmt::format("'{}' is {} s", key, *seconds),
            "a duration is longer than nothing and shorter than 30 years");
    return std::nullopt;
  }
  return std::chrono::nanoseconds{std::llround(*seconds * 1e9)};
}

std::vector<std::string> TomlTable::strings(std::string_view key) {
  std::vector<std::string> out;
  const auto* node = as_node(find(key));
  if (node == nullptr) return out;
  const auto* array = node->as_array();
  if (array == nullptr) {
    wrong_type(key, "an array of strings, as [\"a\", \"b\"]");
    return out;
  }
  for (const auto& element : *array) {
    if (const auto* text = element.as_string()) {
      out.push_back(text->get());
    } else {
      const auto place = element.source().begin;
      problems_->push_back({*file_, place.line, place.column,
                            fmt::format("an element of '{}' is {}", key, type_name(element)),
                            "it must be a string in quotes"});
    }
  }
  return out;
}

TomlTable::Kind TomlTable::kind_of(std::string_view key) const {
  const auto* node = as_table(table_).get(key);
  if (node == nullptr) return Kind::absent;
  if (node->is_string()) return Kind::string;
  if (node->is_number()) return Kind::number;
  return node->is_table() ? Kind::table : Kind::other;
}

void TomlTable::problem_at(Place place, std::string what, std::string remedy) {
  problems_->push_back({*file_, place.line, place.column, std::move(what), std::move(remedy)});
}

std::optional<TomlTable::Element> TomlTable::element(std::string_view key, std::string_view wanted) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return std::nullopt;
  const auto place = node->source().begin;
  Element out{{}, 0, false, {place.line, place.column}};
  if (const auto* text = node->as_string()) {
    out.text = text->get();
  } else if (const auto* date = node->as_date()) {
    out.text = fmt::format("{:04}-{:02}-{:02}", date->get().year, date->get().month, date->get().day);
  } else {
    wrong_type(key, wanted);
    return std::nullopt;
  }
  return out;
}

std::vector<TomlTable::Element> TomlTable::elements(std::string_view key, std::string_view wanted) {
  std::vector<Element> out;
  const auto* node = as_node(find(key));
  if (node == nullptr) return out;
  const auto* array = node->as_array();
  if (array == nullptr) {
    wrong_type(key, wanted);
    return out;
  }
  for (const auto& each : *array) {
    const auto place = each.source().begin;
    Element element{{}, 0, false, {place.line, place.column}};
    if (const auto* text = each.as_string()) {
      element.text = text->get();
    } else if (const auto* date = each.as_date()) {
      element.text = fmt::format("{:04}-{:02}-{:02}", date->get().year, date->get().month, date->get().day);
    } else if (const auto* number = each.as_integer()) {
      element.integer = number->get();
      element.text = fmt::format("{}", element.integer);
      element.is_integer = true;
    } else {
      problem_at(element.place, fmt::format("an element of '{}' is {}", key, type_name(each)),
                 fmt::format("'{}' must be {}", key, wanted));
      continue;
    }
    out.push_back(std::move(element));
  }
  return out;
}

std::optional<TomlTable> TomlTable::table(std::string_view key) {
  const auto* node = as_node(find(key));
  if (node == nullptr) return std::nullopt;
  if (const auto* table = node->as_table()) return TomlTable{table, file_, problems_};
  wrong_type(key, fmt::format("a table, written [{}]", key));
  return std::nullopt;
}

std::vector<TomlTable> TomlTable::tables(std::string_view key) {
  std::vector<TomlTable> out;
  const auto* node = as_node(find(key));
  if (node == nullptr) return out;
  const auto* array = node->as_array();
  if (array == nullptr) {
    wrong_type(key, fmt::format("an array of tables, each written [[{}]]", key));
    return out;
  }
  for (const auto& element : *array) {
    if (const auto* table = element.as_table()) {
      out.push_back(TomlTable{table, file_, problems_});
    } else {
      wrong_type(key, fmt::format("an array of tables, each written [[{}]]", key));
    }
  }
  return out;
}

std::vector<std::string> TomlTable::keys() const {
  std::vector<std::string> out;
  for (const auto& [key, value] : as_table(table_)) out.emplace_back(key.str());
  return out;
}

void TomlTable::finish() {
  std::vector<std::string_view> known(asked_.begin(), asked_.end());
  std::ranges::sort(known);
  known.erase(std::ranges::unique(known).begin(), known.end());
  for (const auto& [key, value] : as_table(table_)) {
    if (std::ranges::binary_search(known, key.str())) continue;
    const auto place = key.source().begin;
    const auto near = nearest(key.str(), known);
    problems_->push_back({*file_, place.line, place.column, fmt::format("unknown key '{}'", key.str()),
                          near.empty() ? "known here: " + fmt::format("{}", fmt::join(known, ", "))
                                       : fmt::format("did you mean '{}'?", near)});
  }
}

struct TomlDocument::Content {
  std::string file;
  std::optional<toml::table> table;
  Problems problems;
};

TomlDocument::TomlDocument(std::unique_ptr<Content> content) noexcept : content_(std::move(content)) {}
TomlDocument::TomlDocument(TomlDocument&&) noexcept = default;
TomlDocument& TomlDocument::operator=(TomlDocument&&) noexcept = default;
TomlDocument::~TomlDocument() = default;

TomlDocument TomlDocument::unreadable(const std::filesystem::path& path, std::string what, std::string remedy) {
  auto content = std::make_unique<Content>();
  content->file = path.string();
  content->problems.push_back({content->file, 0, 0, std::move(what), std::move(remedy)});
  return TomlDocument{std::move(content)};
}

TomlDocument TomlDocument::read(const std::filesystem::path& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  if (status.type() == std::filesystem::file_type::not_found)
    return unreadable(path, "there is no such file", "is the name right, and the folder?");
  if (std::filesystem::is_directory(status)) return unreadable(path, "is a folder", "name the file in it");
  std::ifstream stream(path, std::ios::binary);
  if (!stream)
    return unreadable(path, "can't be opened",
                      "may this user read it? " + std::error_code{errno, std::generic_category()}.message());
  std::string text{std::istreambuf_iterator<char>{stream}, {}};
  if (stream.bad()) return unreadable(path, "can't be read to its end", "is the disk in order?");
  if (text.find_first_not_of(" \t\r\n") == std::string::npos)
    return unreadable(path, "is empty", "was it saved? A copy of what ran last is in the data folder");
  return parse(text, path.string());
}

TomlDocument TomlDocument::parse(std::string_view text, std::string file_name) {
  auto content = std::make_unique<Content>();
  content->file = std::move(file_name);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);  // some editors begin a file so
  try {
    content->table = toml::parse(text, content->file);
  } catch (const toml::parse_error& error) {
    const auto place = error.source().begin;
    auto [what, remedy] = explain_toml_error(text, place.line, error.description());
    content->problems.push_back({content->file, place.line, place.column, std::move(what), std::move(remedy)});
  }
  return TomlDocument{std::move(content)};
}

std::optional<TomlTable> TomlDocument::root() {
  if (!content_->table) return std::nullopt;
  return TomlTable{&*content_->table, &content_->file, &content_->problems};
}

Problems& TomlDocument::problems() noexcept { return content_->problems; }
const std::string& TomlDocument::file() const noexcept { return content_->file; }

}  // namespace gateway

#include "drivers/modbus/meter_model.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

#include "core/embedded_file.hpp"
#include "core/toml_document.hpp"

namespace gateway {

namespace embedded {
extern const std::span<const EmbeddedFile> models;
}

namespace {

struct UnitFactor {
  std::string_view name;
  std::string_view base;  // QuantityTraits::unit
  double factor;
};
constexpr std::array<UnitFactor, 33> units{{
    {"W", "W", 1},          {"kW", "W", 1e3},       {"MW", "W", 1e6},    {"var", "var", 1},    {"kvar", "var", 1e3},
    {"VA", "VA", 1},        {"kVA", "VA", 1e3},     {"V", "V", 1},       {"kV", "V", 1e3},     {"mV", "V", 1e-3},
    {"A", "A", 1},          {"mA", "A", 1e-3},      {"Hz", "Hz", 1},     {"", "", 1},          {"%", "%", 1},
    {"Wh", "Wh", 1},        {"kWh", "Wh", 1e3},     {"MWh", "Wh", 1e6},  {"varh", "varh", 1},  {"kvarh", "varh", 1e3},
    {"L", "L", 1},          {"m3", "L", 1e3},       {"L/h", "L/h", 1},   {"m3/h", "L/h", 1e3}, {"L/s", "L/h", 3600},
    {"L/min", "L/h", 60},   {"kPa", "kPa", 1},      {"MPa", "kPa", 1e3}, {"bar", "kPa", 100},  {"degC", "degC", 1},
    {"0.01 kWh", "Wh", 10}, {"0.1 kWh", "Wh", 100}, {"GWh", "Wh", 1e9},
}};

constexpr std::array<std::string_view, 2> utilities{"electricity", "water"};
constexpr std::array<std::string_view, 9> encodings{"u16", "i16", "u32", "i32", "u64", "i64", "f32", "f64", "bcd32"};
constexpr std::array<std::string_view, 4> orders{"ABCD", "CDAB", "BADC", "DCBA"};

class ModelReader {
 public:
  explicit ModelReader(TomlTable& root) : root_(root) {}

  MeterModel read() {
    model_.name = root_.required_id("name");
    model_.maker = root_.required_string("maker");
    model_.title = root_.required_string("title");
    model_.utility = static_cast<Utility>(root_.required_choice("utility", utilities).value_or(0));
    model_.source = root_.required_string("source");
    model_.note = root_.string("note").value_or("");
    model_.verified = root_.boolean("verified").value_or(false);
    model_.block_limit = static_cast<std::uint16_t>(root_.integer("block_limit", 1, 125).value_or(125));
    model_.pause = root_.duration("pause").value_or(std::chrono::nanoseconds{0});
    function_ = static_cast<std::uint8_t>(root_.integer("function", 3, 4).value_or(3));
    encoding_ = root_.choice("encoding", encodings);
    order_ = root_.choice("word_order", orders);
    for (auto& table : root_.tables("register")) read_register(table);
    if (model_.registers.empty()) root_.problem("", "the model has no [[register]]", "add one for each quantity");
    root_.finish();
    return std::move(model_);
  }

 private:
  void read_register(TomlTable& table) {
    MeterRegister out;
    const auto quantity_name = table.required_string("quantity");
    const auto quantity = quantity_named(quantity_name);
    if (!quantity_name.empty() && !quantity) {
      std::vector<std::string_view> names;
      for (const auto& each : all_quantities()) names.push_back(each.name);
      const auto near = nearest(quantity_name, names);
      table.problem("quantity", fmt::format("unknown quantity '{}'", quantity_name),
                    near.empty() ? "" : fmt::format("did you mean '{}'?", near));
    }
    out.quantity = quantity.value_or(Quantity::active_power);
    if (quantity && !seen_.insert(*quantity).second)
      table.problem("quantity", fmt::format("'{}' is there twice", quantity_name), "one register a quantity");
    out.function = static_cast<std::uint8_t>(table.integer("function", 3, 4).value_or(function_));
    out.address = static_cast<std::uint16_t>(table.required_integer("address", 0, 0xFFFF).value_or(0));
    const auto encoding = table.choice("encoding", encodings);
    if (!encoding && !encoding_ && !table.has("encoding"))
      table.problem("", "'encoding' is missing", "say it here, or once at the top for all registers");
    out.encoding = static_cast<Encoding>(encoding ? *encoding : encoding_.value_or(0));
    const auto order = table.choice("word_order", orders);
    out.order = static_cast<WordOrder>(order ? *order : order_.value_or(0));
    out.verified = table.boolean("verified").value_or(model_.verified);
    out.not_available_when_all_ones = table.boolean("not_available_when_all_ones").value_or(false);
    read_scale(table, out);
    if (out.address + register_count(out.encoding) > 0x10000)
      table.problem("address", "the value ends beyond address 0xFFFF", "addresses are 0-based");
    if (register_count(out.encoding) > model_.block_limit)
      table.problem("encoding", "the value is longer than 'block_limit'",
                    "the meter could never give it in one answer");
    table.finish();
    model_.registers.push_back(std::move(out));
  }

  void read_scale(TomlTable& table, MeterRegister& out) {
    const auto& quantity = traits(out.quantity);
    out.unit = table.string("unit").value_or(std::string(quantity.unit));
    const auto unit = std::ranges::find(units, out.unit, &UnitFactor::name);
    double unit_factor = 1;
    if (unit == units.end() || unit->base != quantity.unit) {
      std::string known;
      for (const auto& each : units)
        if (each.base == quantity.unit) known += fmt::format("{}\"{}\"", known.empty() ? "" : ", ", each.name);
      table.problem("unit", fmt::format("{} can't be in '{}'", quantity.name, out.unit), "it is one of " + known);
    } else {
      unit_factor = unit->factor;
    }
    out.scale = table.number("scale").value_or(1);
    if (out.scale == 0) table.problem("scale", "'scale' is 0", "every value would be 0");
    const bool counter = quantity.kind == ValueKind::counter;
    out.factor = out.scale * unit_factor * (counter ? 1000 : 1);
    const auto wraps_at = table.number("wraps_at");
    if (!wraps_at) return;
    if (!counter || *wraps_at <= 0) {
      table.problem("wraps_at", "'wraps_at' does not fit here",
                    "it belongs to counters, and is the first value in 'unit' that the counter no longer shows");
      return;
    }
    out.modulus = std::llround(*wraps_at * unit_factor * 1000);
  }

  TomlTable& root_;
  MeterModel model_;
  std::uint8_t function_ = 3;
  std::optional<std::size_t> encoding_;
  std::optional<std::size_t> order_;
  std::set<Quantity> seen_;
};

// A counter of a 32-bit integer register wraps at 2^32 when the model says nothing else.
std::int64_t usual_modulus(const MeterRegister& entry) {
  if (entry.modulus != 0 || traits(entry.quantity).kind != ValueKind::counter) return entry.modulus;
  const bool narrow = entry.encoding == Encoding::u32 || entry.encoding == Encoding::u16;
  const double values = entry.encoding == Encoding::u32 ? 4294967296.0 : 65536.0;
  return narrow ? std::llround(values * entry.factor) : 0;
}

}  // namespace

ModelLibrary ModelLibrary::embedded() {
  ModelLibrary library;
  for (const auto& file : embedded::models) (void)library.add_text(file.content(), std::string(file.name));
  return library;
}

Problems ModelLibrary::add_text(std::string_view text, std::string file_name) {
  auto document = TomlDocument::parse(text, std::move(file_name));
  auto root = document.root();
  if (!root) return document.problems();
  auto model = ModelReader{*root}.read();
  if (!document.problems().empty()) return document.problems();
  for (auto& entry : model.registers) entry.modulus = usual_modulus(entry);
  auto name = model.name;
  models_.insert_or_assign(std::move(name), std::move(model));
  return {};
}

Problems ModelLibrary::add_folder(const std::filesystem::path& folder) {
  Problems problems;
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  if (error)
    problems.push_back(
        {folder.string(), 0, 0, "can't be read: " + error.message(), "name a folder with one TOML file a meter model"});
  std::ranges::sort(files);
  for (const auto& file : files) {
    auto document = TomlDocument::read(file);
    if (auto root = document.root()) {
      auto model = ModelReader{*root}.read();
      if (document.problems().empty()) {
        for (auto& entry : model.registers) entry.modulus = usual_modulus(entry);
        auto name = model.name;
        models_.insert_or_assign(std::move(name), std::move(model));
      }
    }
    problems.insert(problems.end(), document.problems().begin(), document.problems().end());
  }
  return problems;
}

const MeterModel* ModelLibrary::find(std::string_view name) const {
  const auto found = models_.find(name);
  return found == models_.end() ? nullptr : &found->second;
}

std::optional<MeterModelOutline> ModelLibrary::outline(std::string_view model) const {
  const auto* found = find(model);
  if (found == nullptr) return std::nullopt;
  MeterModelOutline out;
  out.utility = found->utility;
  for (const auto& entry : found->registers) out.measured.push_back({entry.quantity, entry.modulus});
  return out;
}

std::vector<std::string_view> ModelLibrary::models() const {
  std::vector<std::string_view> out;
  for (const auto& [name, model] : models_) out.push_back(name);
  return out;
}

}  // namespace gateway

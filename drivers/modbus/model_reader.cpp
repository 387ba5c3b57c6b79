#include "drivers/modbus/model_reader.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include <fmt/format.h>

namespace gateway {
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

// What the model's top, or an override, says for all registers that don't say it themselves.
struct Defaults {
  std::optional<std::int64_t> function;
  std::optional<std::size_t> encoding;
  std::optional<std::size_t> order;
  bool verified = false;
  std::uint16_t block_limit = 125;
};

// Zero is allowed: that a meter needs no pause is worth saying.
std::optional<std::chrono::nanoseconds> read_pause(TomlTable& table) {
  static constexpr std::array<TomlTable::Unit, 3> time_units{{{"ms", 1e6}, {"s", 1e9}, {"us", 1e3}}};
  const auto pause = table.quantity("pause", time_units);
  if (!pause) return std::nullopt;
  if (*pause > 5e9) table.problem("pause", "'pause' is longer than 5 s", "between requests some 5 to 100 ms are usual");
  return std::chrono::nanoseconds{std::llround(std::min(*pause, 5e9))};
}

std::vector<ForbiddenRange> read_forbidden(TomlTable& root) {
  std::vector<ForbiddenRange> out;
  for (auto& table : root.tables("forbidden")) {
    ForbiddenRange range;
    range.function = static_cast<std::uint8_t>(table.integer("function", 3, 4).value_or(0));
    range.first = static_cast<std::uint16_t>(table.required_integer("first", 0, 0xFFFF).value_or(0));
    range.last = static_cast<std::uint16_t>(table.required_integer("last", 0, 0xFFFF).value_or(range.first));
    if (range.last < range.first)
      table.problem("last", "'last' is before 'first'", "both belong to the range; addresses are 0-based");
    table.finish();
    out.push_back(range);
  }
  return out;
}

std::optional<Quantity> read_quantity(TomlTable& table) {
  const auto name = table.required_string("quantity");
  const auto quantity = quantity_named(name);
  if (quantity || name.empty()) return quantity;
  std::vector<std::string_view> names;
  for (const auto& each : all_quantities()) names.push_back(each.name);
  const auto near = nearest(name, names);
  table.problem("quantity", fmt::format("unknown quantity '{}'", name),
                near.empty() ? "" : fmt::format("did you mean '{}'?", near));
  return std::nullopt;
}

// Counters are kept in 64 bits of thousandths. One that goes beyond does not wrap in our time.
constexpr double most_thousandths = 9e18;

// Where a counter of this encoding starts anew when the model says nothing else: at the width of an unsigned register,
// behind the last digit of a BCD one. A signed or float one: not known.
std::int64_t usual_modulus(const MeterRegister& entry) {
  double values = 0;
  if (entry.encoding == Encoding::u16) values = 65'536.0;
  if (entry.encoding == Encoding::u32) values = 4'294'967'296.0;
  if (entry.encoding == Encoding::bcd32) values = 1e8;
  const double at = values * entry.factor;
  return at > most_thousandths ? 0 : std::llround(at);
}

void read_wrap(TomlTable& table, MeterRegister& out, double unit_factor) {
  const bool counter = traits(out.quantity).kind == ValueKind::counter;
  const auto wraps_at = table.number("wraps_at");
  const auto digits = table.integer("digits", 1, 18);
  for (const auto* key : {"wraps_at", "digits"})
    if (!counter && table.has(key))
      table.problem(key, fmt::format("'{}' does not fit here", key), "only counters wrap");
  if (wraps_at && *wraps_at <= 0)
    table.problem("wraps_at", "'wraps_at' does not fit here",
                  "it is the first value in 'unit' that the counter no longer shows");
  if (wraps_at && digits)
    table.problem("digits", "'digits' and 'wraps_at' both say where it wraps", "keep one of them");
  if (!counter) {
    out.modulus = 0;
  } else if (wraps_at || digits) {
    const double at =
        wraps_at ? *wraps_at * unit_factor * 1000 : std::pow(10, static_cast<double>(*digits)) * out.factor;
    const bool fits = at >= 1 && at <= most_thousandths;
    if (!fits && !(wraps_at && *wraps_at <= 0))
      table.problem(wraps_at ? "wraps_at" : "digits",
                    fmt::format("'{}' makes it wrap at {:.3g} {}", wraps_at ? "wraps_at" : "digits",
                                at / 1000 / unit_factor, out.unit),
                    "leave it out when the counter never comes there; else look at 'scale' and 'unit'");
    out.modulus = fits ? std::llround(at) : 0;
    out.wrap_said = true;
  } else if (!out.wrap_said) {
    out.modulus = usual_modulus(out);
  }
}

void read_scale(TomlTable& table, MeterRegister& out) {
  const auto& quantity = traits(out.quantity);
  out.unit = table.string("unit").value_or(out.unit);
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
  out.scale = table.number("scale").value_or(out.scale);
  if (out.scale == 0) table.problem("scale", "'scale' is 0", "every value would be 0");
  const bool counter = quantity.kind == ValueKind::counter;
  if (counter && out.scale < 0)
    table.problem("scale", "'scale' of a counter is negative", "counters grow; is this the export register?");
  out.factor = out.scale * unit_factor * (counter ? 1000 : 1);
  read_wrap(table, out, unit_factor);
}

// `out` holds what stands when a key is absent.
void read_register(TomlTable& table, MeterRegister& out, const Defaults& defaults, bool fresh) {
  if (fresh && traits(out.quantity).kind == ValueKind::flag)
    table.problem("quantity", fmt::format("'{}' is not something a register holds", traits(out.quantity).name),
                  "meters measure; flags belong to sensors");
  out.function = static_cast<std::uint8_t>(table.integer("function", 3, 4).value_or(out.function));
  const auto address = fresh ? table.required_integer("address", 0, 0xFFFF) : table.integer("address", 0, 0xFFFF);
  out.address = static_cast<std::uint16_t>(address.value_or(out.address));
  const auto encoding = table.choice("encoding", encodings);
  if (fresh && !encoding && !defaults.encoding && !table.has("encoding"))
    table.problem("", "'encoding' is missing", "say it here, or once at the top for all registers");
  if (encoding) out.encoding = static_cast<Encoding>(*encoding);
  if (const auto order = table.choice("word_order", orders)) out.order = static_cast<WordOrder>(*order);
  out.verified = table.boolean("verified").value_or(out.verified);
  out.doubt = table.string("doubt").value_or(out.doubt);
  out.not_available_when_all_ones =
      table.boolean("not_available_when_all_ones").value_or(out.not_available_when_all_ones);
  read_scale(table, out);
  if (out.address + register_count(out.encoding) > 0x10000)
    table.problem("address", "the value ends beyond address 0xFFFF", "addresses are 0-based");
  if (register_count(out.encoding) > defaults.block_limit)
    table.problem("encoding", "the value is longer than 'block_limit'", "the meter could never give it in one answer");
}

MeterRegister blank(Quantity quantity, const Defaults& defaults) {
  MeterRegister out;
  out.quantity = quantity;
  out.function = static_cast<std::uint8_t>(defaults.function.value_or(3));
  out.encoding = static_cast<Encoding>(defaults.encoding.value_or(0));
  out.order = static_cast<WordOrder>(defaults.order.value_or(0));
  out.unit = traits(quantity).unit;
  out.verified = defaults.verified;
  return out;
}

bool touches(const ForbiddenRange& range, const MeterRegister& entry) {
  return (range.function == 0 || range.function == entry.function) && entry.address <= range.last &&
         entry.address + register_count(entry.encoding) > range.first;
}

void refuse_forbidden(TomlTable& root, const MeterModel& model) {
  for (const auto& entry : model.registers)
    for (const auto& range : model.forbidden)
      if (touches(range, entry))
        root.problem("forbidden",
                     fmt::format("{} at 0x{:04X} lies in the forbidden range 0x{:04X} to 0x{:04X}",
                                 traits(entry.quantity).name, entry.address, range.first, range.last),
                     "a register that is read can't be one that must not be touched");
}

Defaults read_defaults(TomlTable& table) {
  Defaults out;
  out.function = table.integer("function", 3, 4);
  out.encoding = table.choice("encoding", encodings);
  out.order = table.choice("word_order", orders);
  return out;
}

}  // namespace

MeterModel read_model(TomlTable& root) {
  MeterModel model;
  model.name = root.required_id("name");
  model.maker = root.required_string("maker");
  model.title = root.required_string("title");
  model.utility = static_cast<Utility>(root.required_choice("utility", utilities).value_or(0));
  model.source = root.required_string("source");
  model.note = root.string("note").value_or("");
  model.serial = root.string("serial").value_or("");
  model.doubts = root.strings("doubts");
  model.verified = root.boolean("verified").value_or(false);
  model.block_limit = static_cast<std::uint16_t>(root.integer("block_limit", 1, 125).value_or(125));
  model.pause = read_pause(root).value_or(std::chrono::nanoseconds{0});
  model.forbidden = read_forbidden(root);
  auto defaults = read_defaults(root);
  defaults.verified = model.verified;
  defaults.block_limit = model.block_limit;
  std::set<Quantity> seen;
  for (auto& table : root.tables("register")) {
    const auto quantity = read_quantity(table);
    if (quantity && !seen.insert(*quantity).second)
      table.problem("quantity", fmt::format("'{}' is there twice", traits(*quantity).name), "one register a quantity");
    auto entry = blank(quantity.value_or(Quantity::active_power), defaults);
    if (quantity) {
      read_register(table, entry, defaults, true);
    } else {  // the other keys can't be judged without it, but their own mistakes can be told
      (void)table.required_integer("address", 0, 0xFFFF);
      for (const auto* key : {"function", "encoding", "word_order", "unit", "scale", "wraps_at", "digits", "verified",
                              "doubt", "not_available_when_all_ones"})
        table.ignore(key);
    }
    table.finish();
    model.registers.push_back(std::move(entry));
  }
  if (model.registers.empty()) root.problem("", "the model has no [[register]]", "add one for each quantity");
  refuse_forbidden(root, model);
  root.finish();
  return model;
}

MeterModel read_override(const MeterModel& base, TomlTable& table) {
  MeterModel model = base;
  model.block_limit = static_cast<std::uint16_t>(table.integer("block_limit", 1, 125).value_or(model.block_limit));
  model.pause = read_pause(table).value_or(model.pause);
  if (table.has("forbidden")) model.forbidden = read_forbidden(table);
  auto defaults = read_defaults(table);
  defaults.block_limit = model.block_limit;
  for (auto& entry : model.registers) {
    if (defaults.function) entry.function = static_cast<std::uint8_t>(*defaults.function);
    if (defaults.order) entry.order = static_cast<WordOrder>(*defaults.order);
    if (defaults.encoding) entry.encoding = static_cast<Encoding>(*defaults.encoding);
  }
  // What a register that the site adds has when it does not say: the model's own way, as its first register shows it.
  if (!base.registers.empty()) {
    if (!defaults.function) defaults.function = base.registers.front().function;
    if (!defaults.order) defaults.order = static_cast<std::size_t>(base.registers.front().order);
  }
  for (const auto& name : table.strings("without")) {
    const auto quantity = quantity_named(name);
    if (!quantity || std::erase_if(model.registers, [&](const auto& each) { return each.quantity == *quantity; }) == 0)
      table.problem("without", fmt::format("model '{}' has no '{}'", base.name, name),
                    fmt::format("`gateway models {}` shows what it has", base.name));
  }
  std::set<Quantity> seen;
  for (auto& entry_table : table.tables("register")) {
    const auto quantity = read_quantity(entry_table);
    if (!quantity) continue;
    if (!seen.insert(*quantity).second)
      entry_table.problem("quantity", fmt::format("'{}' is there twice", traits(*quantity).name),
                          "one register a quantity");
    auto found = std::ranges::find(model.registers, *quantity, &MeterRegister::quantity);
    const bool fresh = found == model.registers.end();
    if (fresh) found = model.registers.insert(found, blank(*quantity, defaults));
    read_register(entry_table, *found, defaults, fresh);
    entry_table.finish();
  }
  // What the override says for all of them fits each; those that it names were looked at one by one.
  for (const auto& entry : model.registers) {
    if (seen.contains(entry.quantity)) continue;
    const auto* key = table.has("encoding") ? "encoding" : "block_limit";
    if (register_count(entry.encoding) > model.block_limit)
      table.problem(key, fmt::format("{} is longer than 'block_limit'", traits(entry.quantity).name),
                    "the meter could never give it in one answer");
    if (entry.address + register_count(entry.encoding) > 0x10000)
      table.problem(key, fmt::format("{} ends beyond address 0xFFFF", traits(entry.quantity).name),
                    "addresses are 0-based");
  }
  for (auto& entry : model.registers)
    if (!entry.wrap_said && traits(entry.quantity).kind == ValueKind::counter) entry.modulus = usual_modulus(entry);
  if (model.registers.empty()) table.problem("", "nothing is left to read", "take less out with 'without'");
  refuse_forbidden(table, model);
  table.finish();
  return model;
}

}  // namespace gateway

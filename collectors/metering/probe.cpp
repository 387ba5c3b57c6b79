#include "collectors/metering/probe.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <tuple>

#include <fmt/format.h>

#include "drivers/modbus/plausible.hpp"
#include "drivers/modbus/poll_plan.hpp"

namespace gateway {
namespace {

// The gateway in front of a serial line says this when nobody is behind it.
constexpr std::uint8_t no_way_to_unit = 10, unit_does_not_answer = 11;
// A meter that is there answers within this, also a slow one.
constexpr std::chrono::nanoseconds patience = std::chrono::seconds{1};

enum class Look : std::uint8_t { fits, says_nothing, against };

// How a value looks on a meter in use. `usual` mains only: this is for recognising, not for refusing.
Look look_of(Quantity quantity, double value) {
  const auto within = [&](double low, double high) {
    return value >= low && value <= high ? Look::fits : Look::against;
  };
  const auto unit = traits(quantity).unit;
  if (quantity == Quantity::frequency) return value == 0 ? Look::says_nothing : within(45, 65);
  if (quantity == Quantity::battery_voltage) return within(0, 30);
  if (quantity == Quantity::temperature) return within(-30, 130);
  if (value == 0) return Look::says_nothing;
  if (unit == "V") return within(50, 36e3);
  if (unit == "A") return within(-6e3, 6e3);
  if (unit == "W" || unit == "var" || unit == "VA") return within(-1e8, 1e8);
  if (unit == "Wh" || unit == "varh") return within(0, 1e13);
  if (unit == "L") return within(0, 1e11);
  if (unit == "L/h") return within(-1e7, 1e7);
  if (unit == "kPa") return within(-100, 1e4);
  return within(-1.01, 1.01);
}

// What a wrong map hits by chance only rarely counts most.
double weight_of(Quantity quantity) {
  const auto unit = traits(quantity).unit;
  if (quantity == Quantity::frequency) return 4;
  if (unit == "V") return 2;
  return 1;
}

// Reads each block once, whichever models ask for it.
class Blocks {
 public:
  Blocks(RegisterReader& line, std::uint8_t unit) : line_(line), unit_(unit) {}
  const std::vector<std::uint16_t>* read(const PollBlock& block) {
    const auto [place, fresh] = known_.try_emplace({block.function, block.address, block.count});
    auto& registers = place->second;
    if (fresh) {
      registers.resize(block.count);
      if (!line_.read({unit_, block.function, block.address, patience, std::chrono::nanoseconds{0}}, registers))
        registers.clear();
    }
    return registers.empty() ? nullptr : &registers;
  }

 private:
  RegisterReader& line_;
  std::uint8_t unit_;
  std::map<std::tuple<std::uint8_t, std::uint16_t, std::uint16_t>, std::vector<std::uint16_t>> known_;
};

std::string shown(const MeterRegister& entry, double raw) {
  if (entry.quantity != Quantity::voltage_l1 && entry.quantity != Quantity::frequency &&
      entry.quantity != Quantity::active_power && entry.quantity != Quantity::energy_import &&
      entry.quantity != Quantity::volume)
    return {};
  return fmt::format("{:.10g} {}", std::round(raw * entry.scale * 1000) / 1000, entry.unit);
}

// A score of 0: it is not that model.
Recognised judge(const std::shared_ptr<const MeterModel>& map, Blocks& blocks, const WireCost& cost) {
  const auto& model = *map;
  Recognised not_it{map, 0, {}};
  Recognised out = not_it;
  double fits = 0, all = 0;
  for (const auto& block : plan_polls(model, cost)) {
    const auto* registers = blocks.read(block);
    if (registers == nullptr) return not_it;
    for (const auto index : block.registers) {
      const auto& entry = model.registers[index];
      const auto from = std::span(*registers).subspan(entry.address - block.address, register_count(entry.encoding));
      if (means_not_available(entry, bits_of(from, entry.order))) continue;
      const auto raw = decode_real(from, entry.encoding, entry.order);
      const auto weight = weight_of(entry.quantity);
      all += weight;
      if (!raw || !is_plausible(entry, *raw)) return not_it;
      const auto factor = traits(entry.quantity).kind == ValueKind::counter ? entry.factor / 1000 : entry.factor;
      const auto look = look_of(entry.quantity, *raw * factor);
      if (look == Look::against) return not_it;
      if (look == Look::fits) fits += weight;
      if (auto text = shown(entry, *raw); !text.empty()) out.shows += (out.shows.empty() ? "" : ", ") + text;
    }
  }
  out.score = all > 0 ? fits / all : 0;
  return out;
}

bool is_template(const MeterModel& model) { return model.maker == "Generic"; }

std::vector<Recognised> recognise(RegisterReader& line, std::uint8_t unit, const ModelLibrary& models,
                                  const WireCost& cost) {
  // More values that fit say more than few, so a map that reads three of a meter's fourteen comes behind.
  constexpr double enough = 0.3;
  Blocks blocks(line, unit);
  std::vector<Recognised> out;
  for (const auto name : models.models()) {
    const auto map = models.outline(name)->map;
    if (is_template(*map)) continue;
    auto judged = judge(map, blocks, cost);
    if (judged.score >= enough) out.push_back(std::move(judged));
  }
  std::ranges::stable_sort(out, [](const Recognised& a, const Recognised& b) {
    const auto value = [](const Recognised& each) {
      return each.score * std::min<double>(12, static_cast<double>(each.model->registers.size()));
    };
    return value(a) > value(b);
  });
  return out;
}

// Whether somebody answers; an error when the line itself is gone.
std::expected<bool, LinkFailure> is_there(RegisterReader& line, std::uint8_t unit, std::chrono::nanoseconds timeout) {
  for (const int each : {3, 4}) {
    const auto function = static_cast<std::uint8_t>(each);
    std::uint16_t word = 0;
    const auto read = line.read({unit, function, 0, timeout, std::chrono::nanoseconds{0}}, {&word, 1});
    if (read) return true;
    const auto& failure = read.error();
    // Who hangs up does not know the unit, or tells its silence that way: the line itself is there.
    if (failure.kind == PollFailure::connection && failure.hung_up) continue;
    if (failure.kind == PollFailure::connection) return std::unexpected(failure);
    if (failure.kind == PollFailure::exception)
      return failure.exception != no_way_to_unit && failure.exception != unit_does_not_answer;
    // Two meters with one unit id answer at once, and garble each other: somebody is there.
    if (failure.kind == PollFailure::crc || failure.kind == PollFailure::short_frame) return true;
  }
  return false;
}

}  // namespace

std::expected<std::vector<FoundUnit>, LinkFailure> probe(RegisterReader& line, const ModelLibrary& models,
                                                         const BusUrl& url, const ProbeOptions& options) {
  std::vector<FoundUnit> found;
  const auto cost = wire_cost(url);
  for (unsigned each = options.first; each <= options.last; ++each) {
    const auto unit = static_cast<std::uint8_t>(each);
    const auto there = is_there(line, unit, options.timeout);
    if (!there) return std::unexpected(there.error());
    if (*there) found.push_back({unit, recognise(line, unit, models, cost)});
    if (options.progress && !options.progress(unit, found.size())) break;
  }
  return found;
}

std::string site_blocks(const std::string& url, const std::vector<FoundUnit>& found) {
  auto out = fmt::format("[[bus]]\nid = \"bus-1\"\nurl = \"{}\"\n", url);
  for (const auto& unit : found) {
    out += fmt::format("\n[[meter]]\nid = \"unit-{}\"\nbus = \"bus-1\"\nunit = {}\n", unit.unit, unit.unit);
    if (unit.models.empty()) {
      out +=
          "# It answers, but its values make sense as no known model: `gateway models`, or a model of your own.\n"
          "model = \"\"\n";
      continue;
    }
    const auto& best = unit.models.front();
    out +=
        fmt::format("model = \"{}\"\n# Read so it shows {}: compare with its display.\n", best.model->name, best.shows);
    std::string others;
    for (std::size_t i = 1; i < std::min<std::size_t>(unit.models.size(), 5); ++i)
      others += fmt::format("{}{} ({})", i == 1 ? "" : "; ", unit.models[i].model->name, unit.models[i].shows);
    if (!others.empty()) out += fmt::format("# Also possible: {}\n", others);
  }
  return out;
}

}  // namespace gateway

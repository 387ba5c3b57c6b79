#include "collectors/metering/learnt_cuts.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "core/replace_file.hpp"

namespace gateway {
namespace {

constexpr std::string_view heading =
    "# Blocks of registers that meters refused to give at once: no request holds both the register named here and the "
    "one before it.\n"
    "# Written by the gateway. Without a line, or without this file, it asks once more and learns anew.\n"
    "# meter model function register\n";

struct Line {
  std::string meter, model;
  LearntLimits::Cut cut;
};

std::optional<Line> parse(const std::string& text) {
  std::istringstream words(text);
  Line line;
  unsigned function = 0, address = 0;
  std::string rest;
  if (!(words >> line.meter >> line.model >> function >> std::hex >> address) || words >> rest) return std::nullopt;
  if ((function != 3 && function != 4) || address > 0xFFFF) return std::nullopt;
  line.cut = {static_cast<std::uint8_t>(function), static_cast<std::uint16_t>(address)};
  return line;
}

}  // namespace

std::filesystem::path learnt_cuts_file(const std::filesystem::path& data_folder) {
  return data_folder / "learnt-blocks.txt";
}

LearntCuts read_learnt_cuts(const std::filesystem::path& file, const Site& site) {
  LearntCuts out;
  std::ifstream in(file);
  for (std::string text; std::getline(in, text);) {
    if (text.empty() || text.front() == '#') continue;
    const auto line = parse(text);
    if (!line) {
      ++out.unreadable;
      continue;
    }
    const auto meter = std::ranges::find(site.meters, line->meter, &Meter::id);
    if (meter == site.meters.end() || meter->model != line->model) continue;
    const MeterId id{static_cast<std::size_t>(meter - site.meters.begin())};
    auto known = std::ranges::find(out.meters, id, &MeterCuts::meter);
    if (known == out.meters.end()) known = out.meters.insert(known, {id, {}});
    known->cuts.push_back(line->cut);
  }
  return out;
}

Expected<void> write_learnt_cuts(const std::filesystem::path& file, const Site& site,
                                 const std::vector<MeterCuts>& meters) {
  std::string text(heading);
  for (const auto& [id, cuts] : meters)
    for (const auto& cut : cuts)
      text += fmt::format("{} {} {} 0x{:04X}\n", site.meter(id).id, site.meter(id).model, cut.function, cut.address);
  return replace_file(file, text);
}

}  // namespace gateway

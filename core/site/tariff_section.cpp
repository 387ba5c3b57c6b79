#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "core/site/site_draft.hpp"

namespace gateway::site_reading {
namespace {

constexpr std::array<std::string_view, 3> kinds_of_day{"all", "working", "off"};
constexpr auto flat = static_cast<std::size_t>(Band::flat);

// "+58%" or "-63%" of the flat price, in millionths.
std::optional<std::int64_t> read_relative(TomlTable& table, std::string_view key, std::int64_t flat_price) {
  const auto text = table.string(key).value_or("");
  double percent = 0;
  const auto* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), percent);
  if (error != std::errc{} || std::string_view(end, text.data() + text.size()) != "%" || !(percent >= -100) ||
      percent > 1000) {
    table.problem(key, fmt::format("'{}' can't be \"{}\"", key, text),
                  "write a price as a number, or how far it is from the flat one, as \"+58%\" or \"-63%\"");
    return std::nullopt;
  }
  return std::llround(static_cast<double>(flat_price) * (1 + percent / 100));
}

// Which bands have a price of their own.
std::array<bool, band_count> read_prices(TomlTable& table, TariffVersion& version) {
  std::array<bool, band_count> told{};
  const auto kind = table.kind_of("price");
  if (kind == TomlTable::Kind::absent) {
    table.problem("", "'price' is missing",
                  "add price = 0.6, or price = { flat = 0.6, peak = \"+58%\", valley = \"-63%\" }");
  } else if (kind == TomlTable::Kind::number) {
    if (const auto price = read_millionths(table, "price")) version.price.fill(*price);
    told.fill(true);
  } else if (auto prices = table.table("price")) {
    if (!prices->has("flat"))
      prices->problem("", "'flat' is missing", "add the flat price, in yuan; the others may be told relative to it");
    version.price.fill(read_millionths(*prices, "flat").value_or(0));
    for (std::size_t band = 0; band < band_count; ++band) {
      const auto name = band_names()[band];
      prices->ignore(name);
      told[band] = prices->has(name);
      if (band == flat || !told[band]) continue;
      const auto price = prices->kind_of(name) == TomlTable::Kind::string
                             ? read_relative(*prices, name, version.price[flat])
                             : read_millionths(*prices, name);
      version.price[band] = price.value_or(version.price[flat]);
    }
    prices->finish();
  }
  return told;
}

TariffPeriod read_period(TomlTable& table, const std::array<bool, band_count>& priced) {
  TariffPeriod period;
  const auto band = table.required_choice("band", band_names());
  period.band = static_cast<Band>(band.value_or(flat));
  if (band && !priced[*band])
    table.problem("band", fmt::format("the band '{}' has no price in this version", band_names()[*band]),
                  fmt::format("add {} = ... to its 'price'", band_names()[*band]));
  period.months = read_months(table, "months");
  period.days = static_cast<TariffPeriod::Days>(table.choice("days", kinds_of_day).value_or(0));
  period.hours = table.spans("hours");
  table.finish();
  return period;
}

}  // namespace

void read_tariffs(TomlTable& root, SiteDraft& draft) {
  std::array<bool, utility_count> told{};
  for (auto& table : root.tables("tariff")) {
    const auto utility = table.required_choice("utility", utility_names);
    if (utility && std::exchange(told[*utility], true))
      table.problem("utility", fmt::format("there is a tariff for {} above", utility_names[*utility]),
                    "one [[tariff]] for each; what changes on a date is a [[tariff.version]] of it");
    auto tables = table.tables("version");
    if (tables.empty())
      table.problem("", "a tariff without a version", "add [[tariff.version]] with valid_from, source and price");
    std::vector<TariffVersion> versions;
    for (auto& each : tables) {
      TariffVersion version;
      const auto from = each.required_day("valid_from");
      version.valid_from = from.value_or(0);
      if (from && std::ranges::any_of(versions, [&](const auto& v) { return v.valid_from == *from; }))
        each.problem("valid_from", "another version begins on this day", "versions of a tariff differ in valid_from");
      version.source = each.required_string("source");
      version.source_en = each.string("source_en").value_or(version.source);
      auto priced = read_prices(each, version);
      auto periods = each.tables("period");
      for (auto& period : periods) version.periods.push_back(read_period(period, priced));
      each.finish();
      if (!each.has("period")) {
        // Prices change every month, the hours of the bands every few years.
        const TariffVersion* before = nullptr;
        for (const auto& other : versions)
          if (other.valid_from < version.valid_from && (before == nullptr || other.valid_from > before->valid_from))
            before = &other;
        if (before != nullptr) version.periods = before->periods;
        for (const auto& period : version.periods)
          if (const auto band = static_cast<std::size_t>(period.band); !priced[band]) {
            priced[band] = true;  // said once
            each.problem("price",
                         fmt::format("the band '{}', in use by the version before, has no price", band_names()[band]),
                         "give it one, or give this version periods of its own");
          }
      }
      versions.push_back(std::move(version));
    }
    table.finish();
    if (!utility) continue;
    draft.site.tariffs[*utility] = Tariff{std::move(versions)};
  }
}

}  // namespace gateway::site_reading

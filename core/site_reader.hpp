// site.toml -> Site. Every problem in the file is found in one reading; docs/site-toml.md is the reference of its keys.
#pragma once

#include <cstdint>
#include <expected>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/problem.hpp"
#include "core/site.hpp"

namespace gateway {

// What the site needs to know of a meter model. The drivers own the models; they hand this in.
struct MeterModelOutline {
  struct Measured {
    Quantity quantity{};
    std::int64_t modulus = 0;  // counters: where it wraps, in thousandths; 0: not known
  };
  Utility utility{};
  std::vector<Measured> measured;
  std::shared_ptr<const MeterModel> map = nullptr;  // what the site's meter keeps; only the drivers look into it
};

class TomlTable;

class MeterCatalogue {
 public:
  virtual ~MeterCatalogue() = default;
  [[nodiscard]] virtual std::optional<MeterModelOutline> outline(std::string_view model) const = 0;
  // The model with what a site overrides for one meter. Mistakes in the table go on record there.
  [[nodiscard]] virtual std::optional<MeterModelOutline> outline_with(std::string_view model,
                                                                      TomlTable& overrides) const;
  [[nodiscard]] virtual std::vector<std::string_view> models() const = 0;
};

// The folder with meter models of the site's own ([site] models_folder), made absolute; nullopt when it names none. The
// catalogue that the site is read against has to know them before.
[[nodiscard]] std::optional<std::filesystem::path> models_folder_of(const std::filesystem::path& site_file);
// The same for a copy of the file: relative names go from where `original` is.
[[nodiscard]] std::optional<std::filesystem::path> models_folder_of(const std::filesystem::path& copy,
                                                                    const std::filesystem::path& original);

// Either a site that holds every promise of core/site.hpp, or all problems, in the order of the file.
[[nodiscard]] std::expected<Site, Problems> read_site(const std::filesystem::path& path,
                                                      const MeterCatalogue& catalogue);
// The same from a copy of the file: relative names go from where `original` is.
[[nodiscard]] std::expected<Site, Problems> read_site(const std::filesystem::path& copy,
                                                      const std::filesystem::path& original,
                                                      const MeterCatalogue& catalogue);
[[nodiscard]] std::expected<Site, Problems> parse_site(std::string_view text, std::string file_name,
                                                       const MeterCatalogue& catalogue);

}  // namespace gateway

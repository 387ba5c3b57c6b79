// What is on a bus: which unit ids answer, and as which models their values make sense. Behind `gateway probe URL`,
// which prints it as [[meter]] blocks. Only reads are sent.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "drivers/modbus/meter_model.hpp"
#include "drivers/modbus/modbus_link.hpp"

namespace gateway {

struct Recognised {
  std::shared_ptr<const MeterModel> model;
  double score = 0;   // 0 to 1: how much of the model looks like a meter's values
  std::string shows;  // the values that a person compares with the display: "230.1 V, 50.0 Hz, 1234.5 kWh"
};

struct FoundUnit {
  std::uint8_t unit = 0;
  std::vector<Recognised> models;  // best first; empty: it answers, but as no known model
};

struct ProbeOptions {
  std::uint8_t first = 1, last = 247;
  std::chrono::nanoseconds timeout{};  // for a unit that may not be there
  // Told after each unit; false ends the scan.
  std::function<bool(std::uint8_t unit, std::size_t found)> progress;
};

// Asks every unit id of the range for one register; the ones that answer, also with an exception, are read as each
// model of the library and judged. A line that can't be opened is the error.
[[nodiscard]] std::expected<std::vector<FoundUnit>, LinkFailure> probe(RegisterReader& line, const ModelLibrary& models,
                                                                       const BusUrl& url, const ProbeOptions& options);

// [[bus]] and [[meter]] blocks for site.toml.
[[nodiscard]] std::string site_blocks(const std::string& url, const std::vector<FoundUnit>& found);

}  // namespace gateway

// Meter models: which register holds what. One TOML file a model, those in models/ embedded in the program, a site's
// own in a folder; a site can override any value for one meter. Read strictly: a wrong entry is refused with
// file:line:column. A ModelLibrary is filled first and only read afterwards; then any thread may.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/quantity.hpp"
#include "core/site_reader.hpp"
#include "drivers/modbus/register_codec.hpp"

namespace gateway {

struct MeterRegister {
  Quantity quantity{};
  std::uint8_t function = 3;  // 3 holding registers, 4 input registers; nothing else exists here
  std::uint16_t address = 0;  // 0-based, as on the wire
  Encoding encoding{};
  WordOrder order{};
  std::string unit;          // as in the data sheet: "kWh"
  double scale = 1;          // of the raw number to `unit`
  double factor = 1;         // of the raw number to the quantity's unit, for counters to thousandths of it
  std::int64_t modulus = 0;  // counters: where it wraps, in thousandths; 0: not known
  bool wrap_said = false;    // the wrap is the model's word, not what follows from the encoding
  bool not_available_when_all_ones = false;  // unsigned all ones, signed the highest value: the meter has no such value
  bool verified = false;
  std::string doubt;  // what of this entry is not certain: "from memory"; "" when the source says it
};

// Registers that a request must not touch, also not in passing.
struct ForbiddenRange {
  std::uint8_t function = 0;  // 0: both
  std::uint16_t first = 0;
  std::uint16_t last = 0;  // included
};

struct MeterModel {
  std::string name;
  std::string maker;
  std::string title;
  Utility utility{};
  std::string source;  // where the register map is from
  std::string note;
  std::string serial;                // the maker's serial setting: "9600 8N1"; "" when not known
  std::vector<std::string> doubts;   // what is not certain about the model as a whole
  bool verified = false;             // checked on a device
  std::uint16_t block_limit = 125;   // registers that the meter gives in one answer
  std::chrono::nanoseconds pause{};  // between two requests to it
  std::vector<ForbiddenRange> forbidden;
  std::vector<MeterRegister> registers;
};

class ModelLibrary final : public MeterCatalogue {
 public:
  // The models that come with the program. They are tested; should one be wrong nevertheless, it is left out.
  static ModelLibrary embedded();

  // Adds every *.toml of the folder; a model of the same name replaces an earlier one.
  [[nodiscard]] Problems add_folder(const std::filesystem::path& folder);
  [[nodiscard]] Problems add_text(std::string_view text, std::string file_name);

  [[nodiscard]] const MeterModel* find(std::string_view name) const;
  [[nodiscard]] std::optional<MeterModelOutline> outline(std::string_view model) const override;
  [[nodiscard]] std::optional<MeterModelOutline> outline_with(std::string_view model,
                                                              TomlTable& override_table) const override;
  [[nodiscard]] std::vector<std::string_view> models() const override;

 private:
  // The name of the model that came in; "" when there are problems.
  std::string add(class TomlDocument& document);

  std::map<std::string, std::shared_ptr<const MeterModel>, std::less<>> models_;
};

}  // namespace gateway

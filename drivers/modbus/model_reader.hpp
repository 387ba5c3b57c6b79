// TOML -> MeterModel, and what a site overrides in one. Problems go on record in the document that the table belongs
// to, each with its place; what is returned is only of use when there are none. Pure; any thread.
#pragma once

#include "core/toml_document.hpp"
#include "drivers/modbus/meter_model.hpp"

namespace gateway {

// The root of a model file; docs/meter-models.md is the reference of its keys.
[[nodiscard]] MeterModel read_model(TomlTable& root);

// `base` with what `table` ([meter.override] in site.toml) says instead.
[[nodiscard]] MeterModel read_override(const MeterModel& base, TomlTable& table);

}  // namespace gateway

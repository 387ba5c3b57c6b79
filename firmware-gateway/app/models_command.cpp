// gateway models [NAME]: the meter models, or one register map as a table.
#include <fmt/format.h>

#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/configuration.hpp"
#include "firmware-gateway/app/exit_status.hpp"

namespace gateway {
namespace {

void print_models(const ModelLibrary& models) {
  fmt::print("{:<22} {:<12} {:<8} {}\n", "model", "utility", "checked", "meter");
  for (const auto name : models.models()) {
    const auto& model = *models.find(name);
    fmt::print("{:<22} {:<12} {:<8} {}, {}\n", model.name, name_of(model.utility), model.verified ? "yes" : "no",
               model.maker, model.title);
  }
  fmt::print(
      "\n\"checked: no\": the register map comes from a document or another project and was not tried on a device by "
      "us; compare one\n"
      "reading with the meter's display when you commission it. `gateway models NAME` shows a map, its source, and "
      "what "
      "is doubtful.\n");
}

std::string kind_of(const MeterRegister& entry) {
  if (traits(entry.quantity).kind != ValueKind::counter) return "gauge";
  if (entry.modulus == 0) {
    const bool wide = entry.encoding == Encoding::u64 || entry.encoding == Encoding::i64;
    return wide ? "counter, never wraps" : "counter, wrap not known";
  }
  // In the register's own unit: factor / scale is what one of it is in thousandths.
  return fmt::format("counter, wraps at {:.10g} {}", static_cast<double>(entry.modulus) * entry.scale / entry.factor,
                     entry.unit);
}

std::string doubt_of(const MeterRegister& entry) {
  if (entry.verified) return "checked";
  return entry.doubt.empty() ? "" : "? " + entry.doubt;
}

void print_model(const MeterModel& model) {
  fmt::print("{}: {}, {}\nutility: {}\nsource: {}\nchecked on a device: {}\n", model.name, model.maker, model.title,
             name_of(model.utility), model.source, model.verified ? "yes" : "no");
  if (!model.note.empty()) fmt::print("note: {}\n", model.note);
  for (const auto& doubt : model.doubts) fmt::print("not certain: {}\n", doubt);
  fmt::print("serial: {}\nat most {} registers an answer, {} ms pause between requests\n",
             model.serial.empty() ? "not known" : model.serial, model.block_limit,
             std::chrono::duration<double, std::milli>(model.pause).count());
  for (const auto& range : model.forbidden)
    fmt::print("never touched: 0x{:04X} to 0x{:04X}{}\n", range.first, range.last,
               range.function == 0 ? "" : fmt::format(", function {}", range.function));
  fmt::print("\n{:<28} {:<8} {:<8} {:<8} {:<5} {:<8} {:<6} {:<32} {}\n", "quantity", "function", "address", "encoding",
             "order", "scale", "unit", "kind", "doubts");
  for (const auto& entry : model.registers)
    fmt::print("{:<28} {:<8} 0x{:04X}   {:<8} {:<5} {:<8g} {:<6} {:<32} {}\n", traits(entry.quantity).name,
               entry.function, entry.address, name_of(entry.encoding),
               register_count(entry.encoding) == 1 ? std::string_view("-") : name_of(entry.order), entry.scale,
               entry.unit, kind_of(entry), doubt_of(entry));
}

std::expected<ModelLibrary, Problems> library_of(const ModelsArguments& arguments) {
  std::expected<ModelLibrary, Problems> models =
      arguments.config.empty() ? ModelLibrary::embedded() : read_models(arguments.config);
  if (!models || arguments.folder.empty()) return models;
  if (auto problems = models->add_folder(arguments.folder); !problems.empty())
    return std::unexpected(std::move(problems));
  return models;
}

}  // namespace

int models(const ModelsArguments& arguments) {
  const auto library = library_of(arguments);
  if (!library) return refuse(library.error());
  if (arguments.name.empty()) {
    print_models(*library);
    return exit_done;
  }
  const auto* model = library->find(arguments.name);
  if (model == nullptr) {
    const auto known = library->models();
    const auto near = nearest(arguments.name, known);
    fmt::print(stderr, "there is no meter model '{}'{}\n", arguments.name,
               near.empty() ? "; `gateway models` lists them all" : fmt::format("; did you mean '{}'?", near));
    return exit_bad_configuration;
  }
  print_model(*model);
  return exit_done;
}

}  // namespace gateway

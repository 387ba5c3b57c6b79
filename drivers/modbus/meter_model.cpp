#include "drivers/modbus/meter_model.hpp"

#include <algorithm>

#include "core/embedded_file.hpp"
#include "core/toml_document.hpp"
#include "drivers/modbus/model_reader.hpp"

namespace gateway {

namespace embedded {
extern const std::span<const EmbeddedFile> models;
}

namespace {

MeterModelOutline outline_of(std::shared_ptr<const MeterModel> model) {
  MeterModelOutline out;
  out.utility = model->utility;
  for (const auto& entry : model->registers) out.measured.push_back({entry.quantity, entry.modulus});
  out.map = std::move(model);
  return out;
}

}  // namespace

ModelLibrary ModelLibrary::embedded() {
  ModelLibrary library;
  for (const auto& file : embedded::models) (void)library.add_text(file.content(), std::string(file.name));
  return library;
}

std::string ModelLibrary::add(TomlDocument& document) {
  auto root = document.root();
  if (!root) return {};
  auto model = read_model(*root);
  if (!document.problems().empty()) return {};
  auto name = model.name;
  models_.insert_or_assign(name, std::make_shared<const MeterModel>(std::move(model)));
  return name;
}

Problems ModelLibrary::add_text(std::string_view text, std::string file_name) {
  auto document = TomlDocument::parse(text, std::move(file_name));
  (void)add(document);
  return std::move(document.problems());
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
  std::map<std::string, std::string> from;  // name -> file
  for (const auto& file : files) {
    auto document = TomlDocument::read(file);
    if (const auto name = add(document); !name.empty()) {
      const auto [first, fresh] = from.emplace(name, file.filename().string());
      if (!fresh)
        problems.push_back({file.string(), 0, 0, "model '" + name + "' is in " + first->second + " already",
                            "give each model of the folder its own 'name'"});
    }
    problems.insert(problems.end(), document.problems().begin(), document.problems().end());
  }
  return problems;
}

const MeterModel* ModelLibrary::find(std::string_view name) const {
  const auto found = models_.find(name);
  return found == models_.end() ? nullptr : found->second.get();
}

std::optional<MeterModelOutline> ModelLibrary::outline(std::string_view model) const {
  const auto found = models_.find(model);
  if (found == models_.end()) return std::nullopt;
  return outline_of(found->second);
}

std::optional<MeterModelOutline> ModelLibrary::outline_with(std::string_view model, TomlTable& override_table) const {
  const auto found = models_.find(model);
  if (found == models_.end()) return std::nullopt;
  return outline_of(std::make_shared<const MeterModel>(read_override(*found->second, override_table)));
}

std::vector<std::string_view> ModelLibrary::models() const {
  std::vector<std::string_view> out;
  for (const auto& [name, model] : models_) out.push_back(name);
  return out;
}

}  // namespace gateway

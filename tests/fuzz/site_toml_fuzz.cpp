// site.toml: either a site whose promises hold, or mistakes with their places.
#include <cstdint>
#include <string_view>

#include "core/site_reader.hpp"
#include "drivers/modbus/meter_model.hpp"
#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gateway;
  static const auto models = ModelLibrary::embedded();
  const auto site = parse_site(std::string_view(reinterpret_cast<const char*>(data), size), "site.toml", models);
  if (!site) {
    GATEWAY_CHECK(!site.error().empty());
    for (const auto& problem : site.error()) GATEWAY_CHECK(problem.text().starts_with("site.toml"));
    return 0;
  }
  GATEWAY_CHECK(!site->id.empty() && site->time.has_value());
  for (std::size_t i = 0; i < site->nodes.size(); ++i)
    for (const auto& term : site->nodes[i].terms) GATEWAY_CHECK(term.source.index() < i);
  for (const auto& meter : site->meters) GATEWAY_CHECK(meter.bus.index() < site->buses.size());
  for (const auto& point : site->points) GATEWAY_CHECK(point.meter.valid() != point.sensor.valid());
  return 0;
}

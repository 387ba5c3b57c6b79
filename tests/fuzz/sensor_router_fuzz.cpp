// A run of messages over every family's topics: each line is a topic's number, a space, the payload; "!" loses the
// broker, "+" connects, "." lets an hour go by. Whatever comes, what is told is a number, and a proposal is TOML.
#include <algorithm>
#include <charconv>
#include <chrono>

#include "collectors/sensing/discovery.hpp"
#include "collectors/sensing/sensor_router.hpp"
#include "core/site_reader.hpp"
#include "core/toml_document.hpp"
#include "tests/fuzz/check.hpp"
#include "tests/support/fake_catalogue.hpp"
#include "tests/support/fake_clock.hpp"

namespace gateway {
namespace {

constexpr std::string_view site_text = R"([site]
id = "s"
[broker]
url = "mqtt://127.0.0.1"
discovery_prefix = "homeassistant"
[[sensor]]
id = "z"
kind = "door"
topic = "zigbee2mqtt/a/b"
[[sensor]]
id = "t"
kind = "door"
family = "tasmota"
topic = "lobby"
[[sensor]]
id = "tz"
kind = "leak"
family = "tasmota"
topic = "bridge"
zigbee_device = "0x2916"
[[sensor]]
id = "s1"
kind = "leak"
family = "shelly1"
topic = "shellies/shellyflood-1"
[[sensor]]
id = "s2"
kind = "climate"
family = "shelly2"
topic = "shellyht-1"
[[sensor]]
id = "c"
kind = "camera"
topic = "frigate/gate"
[[sensor]]
id = "g"
kind = "door"
family = "generic"
topic = "plc/1"
availability_topic = "plc/lwt"
[[sensor.value]]
quantity = "open"
pointer = "/a/0"
)";

Site read() {
  auto site = parse_site(site_text, "fuzz.toml", test::FakeCatalogue{});
  GATEWAY_CHECK(site.has_value());
  return std::move(*site);
}

void run(std::string_view input) {
  static const Site site = read();
  test::FakeClock clock;
  Mailbox<Reading> mailbox{256};
  Doorbell doorbell;
  SensorRouter router(site, clock, mailbox, doorbell);
  Discovery discovery(site);
  auto topics = router.subscriptions();
  std::ranges::sort(topics);
  while (!input.empty()) {
    auto line = fuzz::line_of(input);
    if (line == "!" || line == "+") {
      router.connection(line == "+", "");
    } else if (line == ".") {
      clock.advance(std::chrono::hours(1));
      router.tick();
    } else {
      std::size_t number = 0;
      const auto end = std::from_chars(line.data(), line.data() + line.size(), number).ptr;
      line.remove_prefix(std::min<std::size_t>(line.size(), static_cast<std::size_t>(end - line.data()) + 1));
      router.message(topics[number % topics.size()], line, number % 2 == 1);
      discovery.message("homeassistant/binary_sensor/x" + std::to_string(number % 8) + "/config", line);
    }
    mailbox.drain([&](const Reading& reading) {
      const auto kind = traits(site.point(reading.point()).quantity).kind;
      if (kind == ValueKind::flag) GATEWAY_CHECK(reading.as_counter() == 0 || reading.as_counter() == 1);
      if (kind == ValueKind::gauge && reading.good()) GATEWAY_CHECK(std::isfinite(reading.as_gauge()));
    });
  }
  for (const auto& proposal : *discovery.proposals())
    GATEWAY_CHECK(TomlDocument::parse(proposal.toml, "proposal").root().has_value());
  GATEWAY_CHECK(mailbox.dropped() == 0);
}

}  // namespace
}  // namespace gateway

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 4096) gateway::run({reinterpret_cast<const char*>(data), size});
  return 0;
}

// gateway probe URL: looks for meters on a bus and prints what to put into site.toml.
#include <charconv>

#include <fmt/format.h>
#include <unistd.h>

#include "collectors/metering/probe.hpp"
#include "firmware-gateway/app/commands.hpp"
#include "firmware-gateway/app/exit_status.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// "7" or "1-32".
bool read_units(std::string_view text, ProbeOptions& options) {
  const auto dash = std::min(text.find('-'), text.size());
  const auto number = [](std::string_view part, std::uint8_t& out) {
    unsigned value = 0;
    const auto [end, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    out = static_cast<std::uint8_t>(value);
    return error == std::errc{} && end == part.data() + part.size() && value >= 1 && value <= 247;
  };
  if (!number(text.substr(0, dash), options.first)) return false;
  options.last = options.first;
  return (dash == text.size() || number(text.substr(dash + 1), options.last)) && options.first <= options.last;
}

}  // namespace

int probe(const ProbeArguments& arguments) {
  const auto url = parse_bus_url(arguments.url);
  if (!url) {
    fmt::print(stderr, "'{}' is not a bus URL; {}\n", arguments.url, url.error());
    return exit_bad_configuration;
  }
  ProbeOptions options;
  if (!read_units(arguments.units, options)) {
    fmt::print(stderr, "'{}' are no unit ids; write one, as 7, or a range from 1 to 247, as 1-32\n", arguments.units);
    return exit_bad_configuration;
  }
  options.timeout = std::chrono::milliseconds{arguments.timeout_ms};
  const bool terminal = ::isatty(STDERR_FILENO) != 0;
  const auto last = options.last;
  options.progress = [&](std::uint8_t unit, std::size_t found) {
    // A line that is written over; in a log one line now and then.
    if (terminal) {
      fmt::print(stderr, "\runit {} of {}, {} found ", unit, last, found);
    } else if (unit % 25 == 0) {
      fmt::print(stderr, "unit {} of {}, {} found\n", unit, last, found);
    }
    return true;
  };
  ModbusLink line(*url);
  const auto found = probe(line, ModelLibrary::embedded(), *url, options);
  if (terminal) fmt::print(stderr, "\n");
  if (!found) {
    fmt::print(stderr, "{}\n", found.error().text);
    return exit_failed;
  }
  if (found->empty()) {
    fmt::print(
        stderr,
        "nobody answers. On a serial line: are A and B swapped, baud rate and parity right, the line terminated?\n");
    return exit_failed;
  }
  fmt::print("{}", site_blocks(arguments.url, *found));
  return exit_done;
}

}  // namespace gateway

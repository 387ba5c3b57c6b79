#include "core/bus_url.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace gateway {
namespace {

template <class Number>
bool to_number(std::string_view text, Number& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size() && !text.empty();
}

std::string set_option(BusUrl& url, std::string_view key, std::string_view value) {
  static constexpr std::array<std::uint32_t, 9> bauds{1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400};
  if (key == "baud") {
    if (!to_number(value, url.baud) || std::ranges::find(bauds, url.baud) == bauds.end())
      return fmt::format("baud={} is not a usual rate; it is one of {}", value, fmt::join(bauds, ", "));
  } else if (key == "parity") {
    if (value != "N" && value != "E" && value != "O") return fmt::format("parity={}; it is N, E or O", value);
    url.parity = static_cast<Parity>(value.front());
  } else if (key == "data") {
    if (value != "7" && value != "8") return fmt::format("data={}; it is 8 (Modbus RTU) or 7", value);
    url.data_bits = static_cast<std::uint8_t>(value.front() - '0');
  } else if (key == "stop") {
    if (value != "1" && value != "2") return fmt::format("stop={}; it is 1 or 2", value);
    url.stop_bits = static_cast<std::uint8_t>(value.front() - '0');
  } else {
    return fmt::format("unknown option '{}'; known are baud, parity, data, stop", key);
  }
  return {};
}

std::string read_options(BusUrl& url, std::string_view options) {
  while (!options.empty()) {
    const auto end = std::min(options.find('&'), options.size());
    const auto option = options.substr(0, end);
    options.remove_prefix(std::min(end + 1, options.size()));
    const auto equals = option.find('=');
    if (equals == std::string_view::npos) return fmt::format("'{}' should be key=value, as baud=9600", option);
    if (auto wrong = set_option(url, option.substr(0, equals), option.substr(equals + 1)); !wrong.empty()) return wrong;
  }
  return {};
}

// Cuts "?..." off `rest` and returns what is behind the question mark.
std::string_view options_of(std::string_view& rest) {
  const auto question = std::min(rest.find('?'), rest.size());
  const auto options = rest.substr(std::min(question + 1, rest.size()));
  rest = rest.substr(0, question);
  return options;
}

std::string read_serial(BusUrl& url, std::string_view rest) {
  const auto options = options_of(rest);
  url.device = rest;
  if (!url.device.starts_with('/'))
    return "a serial bus is written rtu:///dev/ttyS1?baud=9600&parity=N, with three slashes";
  return read_options(url, options);
}

std::string read_network(BusUrl& url, std::string_view rest) {
  // The serial line behind a serial server has a speed too; how it is set is the server's affair.
  if (url.kind == BusKind::rtu_over_tcp) {
    if (auto wrong = read_options(url, options_of(rest)); !wrong.empty()) return wrong;
  }
  std::string_view port;
  if (rest.starts_with('[')) {  // [::1]:502
    const auto close = rest.find(']');
    if (close == std::string_view::npos) return "an IPv6 address is written in brackets, as tcp://[fd00::7]:502";
    url.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
  } else {
    const auto colon = rest.find(':');
    url.host = rest.substr(0, colon);
    port = colon == std::string_view::npos ? std::string_view{} : rest.substr(colon);
  }
  if (url.host.empty() || url.host.find_first_of("/?@ ") != std::string::npos)
    return "a network bus is written tcp://host:502 or rtu+tcp://host:port";
  if (port.empty()) {
    if (url.kind == BusKind::rtu_over_tcp) return "a serial server has no usual port; write rtu+tcp://host:port";
    return {};
  }
  if (port.front() != ':' || !to_number(port.substr(1), url.port) || url.port == 0)
    return fmt::format("'{}' is not a port; it is a number from 1 to 65535", port);
  return {};
}

}  // namespace

std::expected<BusUrl, std::string> parse_bus_url(std::string_view text) {
  BusUrl url;
  std::string wrong;
  if (text.starts_with("rtu://")) {
    url.kind = BusKind::rtu;
    wrong = read_serial(url, text.substr(6));
  } else if (text.starts_with("tcp://")) {
    url.kind = BusKind::tcp;
    wrong = read_network(url, text.substr(6));
  } else if (text.starts_with("rtu+tcp://")) {
    url.kind = BusKind::rtu_over_tcp;
    wrong = read_network(url, text.substr(10));
  } else {
    wrong = "a bus URL begins with rtu://, tcp:// or rtu+tcp://";
  }
  if (!wrong.empty()) return std::unexpected(std::move(wrong));
  return url;
}

}  // namespace gateway

// Where a Modbus bus is: rtu:///dev/ttyS1?baud=9600&parity=N, tcp://host:502, rtu+tcp://host:port (RTU frames inside
// TCP).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace gateway {

enum class BusKind : std::uint8_t { rtu, tcp, rtu_over_tcp };
enum class Parity : char { none = 'N', even = 'E', odd = 'O' };

struct BusUrl {
  BusKind kind = BusKind::tcp;
  std::string host;  // tcp, rtu+tcp: name or address, IPv6 without its brackets
  std::uint16_t port = 502;
  std::string device;  // rtu: "/dev/ttyS1"
  std::uint32_t baud = 9600;
  Parity parity = Parity::none;
  std::uint8_t data_bits = 8;
  std::uint8_t stop_bits = 1;

  [[nodiscard]] bool serial_frames() const noexcept { return kind != BusKind::tcp; }
};

// On failure: what is wrong and what would be right, as one sentence for the person who wrote the URL.
[[nodiscard]] std::expected<BusUrl, std::string> parse_bus_url(std::string_view text);

}  // namespace gateway

// Simulated Modbus devices on libmodbus: a TCP endpoint that answers for several unit ids, and an RTU line over a pty.
// Each runs a thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <expected>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace gateway::simulator {

struct Request {
  std::uint8_t unit = 0;
  std::uint8_t function = 0;
  std::uint16_t address = 0;
  std::uint16_t count = 0;
};
enum class Silence : std::uint8_t { no_such_unit, dead };
struct Exception {
  int code = 0;
};
struct Answer {
  std::vector<std::uint16_t> registers;
  std::optional<Exception> exception;
  std::optional<Silence> silence;
};
// Called on the server's thread.
using Device = std::function<Answer(const Request&)>;

class ModbusServer {
 public:
  virtual ~ModbusServer() = default;
  // For people: "127.0.0.1:1502", "/tmp/rs485".
  [[nodiscard]] virtual std::string place() const = 0;
};

// port 0: a free one.
[[nodiscard]] std::expected<std::unique_ptr<ModbusServer>, std::string> serve_tcp(const std::string& host, int port,
                                                                                  Device device);
// Makes a pty and a symbolic link to it.
[[nodiscard]] std::expected<std::unique_ptr<ModbusServer>, std::string> serve_rtu(const std::filesystem::path& link,
                                                                                  Device device);

}  // namespace gateway::simulator

// One conversation with one Modbus line: RTU, TCP, or RTU frames inside TCP. Only reads exist here (function codes 3
// and 4), so nothing in a meter can be changed.
//
// After any failure the line is brought back in step before the next request: a late answer is never taken for another
// request's. On a serial line the silence of 3.5 characters is kept, which libmodbus leaves to its user. One thread;
// interrupt() may come from another.
#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "core/bus_url.hpp"
#include "core/clock.hpp"
#include "core/status.hpp"

namespace gateway {

struct LinkFailure {
  PollFailure kind{};
  std::uint8_t exception = 0;  // for PollFailure::exception: the code in the answer
  std::string text;            // for people
};

// What a bus needs of a line; a double of it injects faults.
class RegisterReader {
 public:
  virtual ~RegisterReader() = default;
  // Fills `out` with registers from `address` on. Blocks up to `timeout`.
  virtual std::expected<void, LinkFailure> read(std::uint8_t unit, std::uint8_t function, std::uint16_t address,
                                                std::span<std::uint16_t> out, std::chrono::nanoseconds timeout) = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  // Wakes a read() that waits; every later one fails at once.
  virtual void interrupt() = 0;
};

class ModbusLink final : public RegisterReader {
 public:
  // pause: extra silence between requests. Nothing is opened before the first read; a broken line is opened anew by the
  // next.
  ModbusLink(BusUrl url, std::chrono::nanoseconds pause);
  ~ModbusLink() override;

  std::expected<void, LinkFailure> read(std::uint8_t unit, std::uint8_t function, std::uint16_t address,
                                        std::span<std::uint16_t> out, std::chrono::nanoseconds timeout) override;
  [[nodiscard]] bool is_open() const override;
  void interrupt() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway

// One conversation with one Modbus line: RTU, TCP, or RTU frames inside TCP. Only reads exist here (function codes 3
// and 4), so nothing in a meter can be changed.
//
// An answer is taken for the request it belongs to, or not at all: on TCP by its transaction id, in RTU frames by unit,
// function, length and check sum; after an answer that failed to come the line is given time to bring it late. On a
// serial line the silence of 3.5 characters is kept. One thread; interrupt() may come from another.
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
  // PollFailure::connection: the far end took a new connection and closed it upon this request. Some do so for a unit
  // that they don't know, or that does not answer; the others behind them may well be there.
  bool hung_up = false;
};

struct ReadRequest {
  std::uint8_t unit = 1;
  std::uint8_t function = 3;
  std::uint16_t address = 0;
  // Until the first byte of the answer; what the frames themselves take on a serial line is added.
  std::chrono::nanoseconds timeout{};
  std::chrono::nanoseconds pause{};  // extra silence before the request, which this device needs
};

// What a bus needs of a line; a double of it injects faults.
class RegisterReader {
 public:
  virtual ~RegisterReader() = default;
  // Fills `out` with registers from the address on; returns how long the device took to begin its answer.
  virtual std::expected<std::chrono::nanoseconds, LinkFailure> read(const ReadRequest& request,
                                                                    std::span<std::uint16_t> out) = 0;
  [[nodiscard]] virtual bool is_open() const = 0;
  // Answers thrown away because they belonged to no pending request. For the thread that reads.
  [[nodiscard]] virtual std::uint64_t discarded() const { return 0; }
  // Wakes a read() that waits, whatever it waits for; every later one fails at once.
  virtual void interrupt() = 0;
};

class Line;
struct LinkPauses {
  std::chrono::nanoseconds between_requests{};  // extra silence, for slow converters
  std::chrono::nanoseconds unit_changes{};      // and when the next request is for another unit
};

class ModbusLink final : public RegisterReader {
 public:
  // Nothing is opened before the first read; a broken line is opened anew by the next.
  explicit ModbusLink(const BusUrl& url, LinkPauses pauses = {});
  // Over a line of another kind; its time is the link's time.
  ModbusLink(BusUrl url, LinkPauses pauses, std::unique_ptr<Line> line);
  ~ModbusLink() override;

  std::expected<std::chrono::nanoseconds, LinkFailure> read(const ReadRequest& request,
                                                            std::span<std::uint16_t> out) override;
  [[nodiscard]] bool is_open() const override;
  [[nodiscard]] std::uint64_t discarded() const override;
  void interrupt() override;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gateway

// One bus: a thread that polls its meters in turn and pushes their readings into the core's mailbox. It rings when it
// has been round, not after each poll: a wake-up of the core costs more than a poll's readings do. A bus is one
// conversation at a time.
//
// start() and stop() for the thread that owns it; status() for any. stop() returns within a second, also when a device
// hangs.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "collectors/metering/learnt_cuts.hpp"
#include "core/clock.hpp"
#include "core/doorbell.hpp"
#include "core/mailbox.hpp"
#include "core/reading.hpp"
#include "core/site.hpp"
#include "core/status.hpp"
#include "drivers/modbus/meter_model.hpp"
#include "drivers/modbus/modbus_link.hpp"

namespace gateway {

class BusWorker {
 public:
  // Every meter on the bus needs its map. Everything handed in must outlive the worker. `line`: by default a ModbusLink
  // to the bus's URL; tests hand in a double.
  BusWorker(const Site& site, BusId bus, const Clock& clock, Mailbox<Reading>& mailbox, Doorbell& core,
            std::unique_ptr<RegisterReader> line = nullptr);
  ~BusWorker();

  // What its meters taught in an earlier run; of meters on other buses nothing is taken. Before start().
  void remember(std::span<const MeterCuts> learnt);

  void start();
  // Returns at once; stop() then has less to wait for.
  void request_stop();
  void stop();
  [[nodiscard]] BusStatus status() const;
  // What its meters have taught so far; and how many cuts that are, which only grows. Any thread.
  [[nodiscard]] std::vector<MeterCuts> learnt() const;
  [[nodiscard]] std::size_t lessons() const noexcept;

  // One turn, without the thread: polls the next meter if it is due. Returns when the next one is. For tests, which
  // turn the clock themselves.
  MonotonicTime turn();

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gateway

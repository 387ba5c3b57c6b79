#include "collectors/metering/bus_worker.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collectors/metering/bus_schedule.hpp"
#include "collectors/metering/meter_poller.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// libmodbus keeps a frame of 260 bytes on the stack, getaddrinfo several kilobytes; 200 such threads must not cost much
// address space.
constexpr std::size_t stack_bytes = 256 * 1024;
// A meter that failed before gets this much time to show that it is back, or three times what it took to answer when it
// did.
constexpr std::chrono::nanoseconds shortest_probe = 150ms;

std::vector<MeterId> meters_on(const Site& site, BusId bus) {
  std::vector<MeterId> out;
  for (std::size_t i = 0; i < site.meters.size(); ++i)
    if (site.meters[i].bus == bus) out.push_back(MeterId{i});
  return out;
}

std::vector<std::chrono::nanoseconds> intervals_of(const Site& site, const std::vector<MeterId>& meters) {
  std::vector<std::chrono::nanoseconds> out;
  for (const auto meter : meters) out.push_back(site.meter(meter).interval);
  return out;
}

// Rounds of the buses begin one after the other, within a quarter of a second: close enough for sums over buses.
std::chrono::nanoseconds phase_of(const Site& site, BusId bus) {
  constexpr std::chrono::nanoseconds apart = 20ms, all = 250ms;
  const auto buses = static_cast<std::int64_t>(site.buses.size());
  return std::min(apart, all / buses) * static_cast<std::int64_t>(bus.index());
}

}  // namespace

struct BusWorker::Parts {
  Parts(const Site& site_, BusId bus_, const Clock& clock_, Mailbox<Reading>& mailbox_, Doorbell& core_)
      : site(site_),
        bus(bus_),
        clock(clock_),
        mailbox(mailbox_),
        core(core_),
        meters(meters_on(site_, bus_)),
        schedule(intervals_of(site_, meters), clock_.monotonic(), phase_of(site_, bus_)) {}

  // Only for the bus's thread, which alone writes what is read here.
  [[nodiscard]] std::chrono::nanoseconds probe_timeout(std::size_t index, std::chrono::nanoseconds configured) const {
    const double measured_ms = status.meters[index].second.response_time_ms;
    if (measured_ms == 0) return configured;  // it never answered: nothing is known of it
    const auto generous = std::chrono::nanoseconds{static_cast<std::int64_t>(3e6 * measured_ms)};
    return std::min(configured, std::max<std::chrono::nanoseconds>(shortest_probe, generous));
  }

  void count(std::size_t index, const LinkFailure* failure, std::chrono::nanoseconds took, MonotonicTime now) {
    const std::scoped_lock lock(mutex);
    auto& meter = status.meters[index].second;
    ++meter.polls;
    ++status.requests;
    meter.online = failure == nullptr;
    if (failure == nullptr) {
      meter.last_seen = now;
      const double ms = std::chrono::duration<double, std::milli>(took).count();
      meter.response_time_ms =
          meter.response_time_ms == 0 ? ms : meter.response_time_ms + (ms - meter.response_time_ms) / 16;
    } else {
      ++meter.failures[static_cast<std::size_t>(failure->kind)];
      status.last_error = site.meter(meters[index]).id + ": " + failure->text;
    }
    // Share of a sliding minute, as a first-order mean.
    busy_seconds += std::chrono::duration<double>(took).count();
    const double elapsed = std::chrono::duration<double>(now - busy_since).count();
    if (elapsed > 0) status.utilisation = std::min(1.0, busy_seconds / elapsed);
    if (elapsed > 60) {
      busy_seconds /= 2;
      busy_since =
          now - std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(elapsed / 2));
    }
    status.last_moved = now;
    status.online = line->is_open();
  }

  const Site& site;
  BusId bus;
  const Clock& clock;
  Mailbox<Reading>& mailbox;
  Doorbell& core;
  std::vector<MeterId> meters;
  std::vector<MeterPoller> pollers;
  BusSchedule schedule;
  std::unique_ptr<RegisterReader> line;
  Doorbell doorbell;
  std::atomic<bool> stopping{false};
  pthread_t thread{};
  bool running = false;

  mutable std::mutex mutex;  // of what follows; taken once a poll
  BusStatus status;
  double busy_seconds = 0;
  MonotonicTime busy_since{};
};

BusWorker::BusWorker(const Site& site, BusId bus, const Clock& clock, Mailbox<Reading>& mailbox, Doorbell& core,
                     std::unique_ptr<RegisterReader> line)
    : parts_(std::make_unique<Parts>(site, bus, clock, mailbox, core)) {
  parts_->line = line ? std::move(line) : std::make_unique<ModbusLink>(site.bus(bus).url, site.bus(bus).pause);
  parts_->status.bus = bus;
  parts_->status.last_moved = parts_->busy_since = clock.monotonic();
  for (const auto meter : parts_->meters) {
    parts_->pollers.emplace_back(site, meter);
    parts_->status.meters.emplace_back(meter, MeterStatus{});
  }
}

BusWorker::~BusWorker() { stop(); }

MonotonicTime BusWorker::turn() {
  auto& parts = *parts_;
  const auto next = parts.schedule.next();
  const auto begin = parts.clock.monotonic();
  if (next.due > begin) return next.due;
  auto& poller = parts.pollers[next.meter];
  const auto configured = parts.site.bus(parts.bus).timeout;
  const auto polled =
      poller.poll(*parts.line, parts.clock, next.probe ? parts.probe_timeout(next.meter, configured) : configured);
  const auto now = parts.clock.monotonic();
  if (parts.stopping.load()) return now;  // an answer that was cut off says nothing about the meter
  if (polled) {
    parts.mailbox.try_push(*polled);
    parts.schedule.answered(next.meter, now);
  } else {
    parts.mailbox.try_push(poller.offline(now));
    parts.schedule.failed(next.meter, now);
  }
  parts.count(next.meter, polled ? nullptr : &polled.error(), now - begin, now);
  const auto due = parts.schedule.next().due;
  if (due > now) parts.core.ring();
  return due;
}

void BusWorker::start() {
  auto& parts = *parts_;
  if (parts.running || parts.meters.empty()) return;
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, stack_bytes);
  const int error = pthread_create(
      &parts.thread, &attributes,
      [](void* self) -> void* {
        auto& worker = *static_cast<BusWorker*>(self);
        auto& inner = *worker.parts_;
        // On Linux a thread has a nice value of its own. An alarm goes before a round of polls; an answer waits in the
        // kernel's buffer meanwhile and loses nothing.
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), 5);
        while (!inner.stopping.load()) {
          const auto due = worker.turn();
          const auto wait = due - inner.clock.monotonic();
          // Never long: the health check wants to see that the thread still goes round.
          if (wait > 0ns && !inner.stopping.load())
            inner.doorbell.wait_for(std::min<std::chrono::nanoseconds>(wait, 5s));
          const std::scoped_lock lock(inner.mutex);
          inner.status.last_moved = inner.clock.monotonic();
        }
        return nullptr;
      },
      this);
  pthread_attr_destroy(&attributes);
  if (error != 0)
    throw std::system_error(error, std::generic_category(), "thread for bus " + parts.site.bus(parts.bus).id);
  // The kernel keeps 15 characters.
  ::pthread_setname_np(parts.thread, parts.site.bus(parts.bus).id.substr(0, 15).c_str());
  parts.running = true;
}

void BusWorker::request_stop() {
  parts_->stopping.store(true);
  parts_->line->interrupt();
  parts_->doorbell.ring();
}

void BusWorker::stop() {
  auto& parts = *parts_;
  if (!parts.running) return;
  request_stop();
  pthread_join(parts.thread, nullptr);
  parts.running = false;
}

BusStatus BusWorker::status() const {
  const std::scoped_lock lock(parts_->mutex);
  return parts_->status;
}

}  // namespace gateway

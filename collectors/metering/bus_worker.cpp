#include "collectors/metering/bus_worker.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <system_error>

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include "collectors/metering/bus_plan.hpp"
#include "collectors/metering/bus_schedule.hpp"
#include "collectors/metering/meter_poller.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// libmodbus keeps a frame of 260 bytes on the stack, getaddrinfo several kilobytes; 200 such threads must not cost much
// address space.
constexpr std::size_t stack_bytes = std::size_t{256} * 1024;
// A line that is gone (adapter pulled, serial server away) is opened anew after this, and then ever less often.
constexpr std::chrono::nanoseconds first_reopening = 1s;
constexpr std::chrono::nanoseconds longest_reopening = 5s;

std::vector<MeterId> meters_on(const Site& site, BusId bus) {
  std::vector<MeterId> out;
  for (std::size_t i = 0; i < site.meters.size(); ++i)
    if (site.meters[i].bus == bus) out.push_back(MeterId{i});
  return out;
}

// Rounds of the buses begin a few at a time, all within a quarter of a second: close enough for sums over buses, and no
// door waits behind two hundred of them. A few together, because a processor that has something to do is cheaper to
// wake than one that fell asleep between two answers.
std::chrono::nanoseconds phase_of(const Site& site, BusId bus) {
  constexpr std::chrono::nanoseconds apart = 20ms, all = 250ms;
  constexpr std::size_t together = 8;
  const auto groups = static_cast<std::int64_t>((site.buses.size() + together - 1) / together);
  return std::min(apart, all / groups) * static_cast<std::int64_t>(bus.index() / together);
}

// A task of the schedule: which meter of the bus, and what asks it.
struct Task {
  std::size_t meter = 0;  // in Parts::meters
  MeterPoller poller;
};

struct Tasks {
  std::vector<Task> all;
  std::vector<BusSchedule::Task> scheduled;

  Tasks(const Site& site, const std::vector<MeterId>& meters) {
    all.reserve(meters.size());  // one each, as a rule
    scheduled.reserve(meters.size());
    for (std::size_t i = 0; i < meters.size(); ++i)
      for (auto& task : poll_tasks(site, meters[i])) {
        scheduled.push_back({i, task.interval});
        all.push_back({i, MeterPoller(site, meters[i], std::move(task.registers))});
      }
  }
};

// Tells with each request that its thread moves: a poll of many blocks takes long on a slow way.
class MovingLine final : public RegisterReader {
 public:
  MovingLine(std::unique_ptr<RegisterReader> line, const Clock& clock) : line_(std::move(line)), clock_(clock) {
    moves();
  }
  std::expected<std::chrono::nanoseconds, LinkFailure> read(const ReadRequest& request,
                                                            std::span<std::uint16_t> out) override {
    auto result = line_->read(request, out);
    moves();
    return result;
  }
  [[nodiscard]] bool is_open() const override { return line_->is_open(); }
  [[nodiscard]] std::uint64_t discarded() const override { return line_->discarded(); }
  void interrupt() override { line_->interrupt(); }

  void moves() noexcept { moved_.store(clock_.monotonic().time_since_epoch().count(), std::memory_order_relaxed); }
  [[nodiscard]] MonotonicTime last_moved() const noexcept {
    return MonotonicTime{std::chrono::nanoseconds{moved_.load(std::memory_order_relaxed)}};
  }

 private:
  std::unique_ptr<RegisterReader> line_;
  const Clock& clock_;
  std::atomic<std::int64_t> moved_{0};
};

// What one request may take by rights: a connection that breaks and is made anew, the silences, the answer, and the
// wait for one that comes late.
std::chrono::nanoseconds longest_request(const Site& site, BusId bus) {
  const auto& line = site.bus(bus);
  auto pause = line.pause;
  for (const auto& meter : site.meters)
    if (meter.bus == bus && meter.map) pause = std::max<std::chrono::nanoseconds>(pause, meter.map->pause);
  return 4 * line.timeout + pause + line.unit_pause;
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
        tasks(site_, meters),
        response(meters.size(), ResponseTime(site_.bus(bus_).timeout)),
        schedule(tasks.scheduled, clock_.monotonic(), phase_of(site_, bus_)),
        learnt(meters.size()) {}

  void count(std::size_t task, bool answered, std::chrono::nanoseconds took, MonotonicTime now) {
    const auto& [index, poller] = tasks.all[task];
    const auto& account = poller.account();
    const std::scoped_lock lock(mutex);
    auto& meter = status.meters[index].second;
    ++meter.polls;
    status.requests += account.requests;
    meter.online = answered;
    if (answered) meter.last_seen = now;
    meter.response_time_ms = std::chrono::duration<double, std::milli>(response[index].mean()).count();
    meter.timeout_ms = std::chrono::duration<double, std::milli>(response[index].timeout()).count();
    meter.unusable_values += account.unusable;
    for (const auto& failure : account.failures) {
      ++meter.failures[static_cast<std::size_t>(failure.kind)];
      if (failure.kind == PollFailure::exception)
        ++meter.exceptions[failure.exception < exception_code_count ? failure.exception : 0];
      failed(failure, meters[index], now);
      status.last_error = site.meter(meters[index]).id + ": " + failure.text;
    }
    if (!account.failures.empty()) keep_lessons(index);
    meter.absent_values = meter.missed = 0;
    for (std::size_t i = 0; i < tasks.all.size(); ++i) {
      if (tasks.all[i].meter != index) continue;
      meter.absent_values += tasks.all[i].poller.absent();
      meter.missed += schedule.missed(i);
    }
    status.missed = schedule.missed();
    status.discarded = line->discarded();
    was_busy(took, now);
    // Where the line was closed upon this meter's request, the others show whether it is there.
    status.online =
        line->is_open() || std::ranges::any_of(status.meters, [](const auto& each) { return each.second.online; });
  }

  // With the lock held.
  void failed(const LinkFailure& failure, MeterId meter, MonotonicTime now) {
    status.last_failure = failure.kind;
    status.last_failed = meter;
    status.last_exception = failure.exception;
    status.last_failed_at = now;
  }

  // Both tasks of a meter learn; what is kept is what either knows. With the lock held.
  void keep_lessons(std::size_t index) {
    auto& known = learnt[index];
    for (const auto& task : tasks.all) {
      if (task.meter != index) continue;
      for (const auto& cut : task.poller.cuts()) {
        if (std::ranges::find(known, cut) != known.end()) continue;
        known.push_back(cut);
        lessons.fetch_add(1, std::memory_order_relaxed);
      }
    }
  }

  // Share of a sliding minute, as a first-order mean. With the lock held.
  void was_busy(std::chrono::nanoseconds took, MonotonicTime now) {
    busy_seconds += std::chrono::duration<double>(took).count();
    const double elapsed = std::chrono::duration<double>(now - busy_since).count();
    if (elapsed > 0) status.utilisation = std::min(1.0, busy_seconds / elapsed);
    if (elapsed <= 60) return;
    busy_seconds /= 2;
    busy_since = now - std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(elapsed / 2));
  }

  // One fault of the line is one fault, not one of each meter: they are told offline once, and none is blamed.
  void line_lost(const LinkFailure& failure, MonotonicTime now) {
    if (!line_down) {
      reopening = first_reopening;
      for (auto& task : tasks.all) mailbox.try_push(task.poller.offline(now));
      core.ring();
    }
    const std::scoped_lock lock(mutex);
    if (!line_down) ++status.faults;
    for (auto& [id, meter] : status.meters) meter.online = false;
    failed(failure, MeterId{}, now);
    status.last_error = failure.text;
    status.online = false;
    line_down = true;
    reopen_at = now + reopening;
    reopening = std::min(2 * reopening, longest_reopening);
  }

  const Site& site;
  BusId bus;
  const Clock& clock;
  Mailbox<Reading>& mailbox;
  Doorbell& core;
  std::vector<MeterId> meters;
  Tasks tasks;
  std::vector<ResponseTime> response;  // by meter of the bus
  BusSchedule schedule;
  std::unique_ptr<MovingLine> line;
  std::chrono::nanoseconds patience;  // with one request
  bool line_down = false;
  MonotonicTime reopen_at{};
  std::chrono::nanoseconds reopening{};
  Doorbell doorbell;
  std::atomic<bool> stopping{false};
  pthread_t thread{};
  bool running = false;

  mutable std::mutex mutex;  // of what follows; taken once a poll
  BusStatus status;
  std::vector<std::vector<LearntLimits::Cut>> learnt;  // by meter of the bus
  std::atomic<std::size_t> lessons{0};
  double busy_seconds = 0;
  MonotonicTime busy_since{};
};

BusWorker::BusWorker(const Site& site, BusId bus, const Clock& clock, Mailbox<Reading>& mailbox, Doorbell& core,
                     std::unique_ptr<RegisterReader> line)
    : parts_(std::make_unique<Parts>(site, bus, clock, mailbox, core)) {
  const auto& configured = site.bus(bus);
  if (!line) line = std::make_unique<ModbusLink>(configured.url, LinkPauses{configured.pause, configured.unit_pause});
  parts_->line = std::make_unique<MovingLine>(std::move(line), clock);
  parts_->patience = longest_request(site, bus);
  parts_->status.bus = bus;
  parts_->busy_since = clock.monotonic();
  parts_->status.meters.reserve(parts_->meters.size());
  for (const auto meter : parts_->meters) parts_->status.meters.emplace_back(meter, MeterStatus{});
}

BusWorker::~BusWorker() { stop(); }

MonotonicTime BusWorker::turn() {
  auto& parts = *parts_;
  const auto begin = parts.clock.monotonic();
  if (parts.line_down && parts.reopen_at > begin) return parts.reopen_at;
  const auto next = parts.schedule.next();
  if (next.due > begin && !parts.line_down) return next.due;
  auto& [meter, poller] = parts.tasks.all[next.task];
  const auto polled = poller.poll(*parts.line, parts.clock, parts.response[meter], next.probe);
  const auto now = parts.clock.monotonic();
  if (parts.stopping.load()) return now;  // an answer that was cut off says nothing about the meter
  // A connection that is closed upon one meter's request is that meter's failure: the others get their turn.
  if (!polled && polled.error().kind == PollFailure::connection && !polled.error().hung_up) {
    parts.line_lost(polled.error(), now);
    return parts.reopen_at;
  }
  if (parts.line_down) {
    parts.line_down = false;
    parts.schedule.line_is_back(now);
  }
  if (polled) {
    parts.mailbox.try_push(*polled);
    parts.schedule.answered(next.task, now);
  } else {
    parts.mailbox.try_push(poller.offline(now));
    parts.schedule.failed(next.task, now);
  }
  parts.count(next.task, polled.has_value(), now - begin, now);
  const auto due = parts.schedule.next().due;
  if (due > now) parts.core.ring();
  return due;
}

void BusWorker::remember(std::span<const MeterCuts> earlier) {
  auto& parts = *parts_;
  for (const auto& [meter, cuts] : earlier)
    for (auto& task : parts.tasks.all)
      if (parts.meters[task.meter] == meter) task.poller.remember(cuts);
  const std::scoped_lock lock(parts.mutex);
  for (std::size_t i = 0; i < parts.meters.size(); ++i) parts.keep_lessons(i);
}

std::vector<MeterCuts> BusWorker::learnt() const {
  std::vector<MeterCuts> out;
  const std::scoped_lock lock(parts_->mutex);
  for (std::size_t i = 0; i < parts_->meters.size(); ++i)
    if (!parts_->learnt[i].empty()) out.push_back({parts_->meters[i], parts_->learnt[i]});
  return out;
}

std::size_t BusWorker::lessons() const noexcept { return parts_->lessons.load(std::memory_order_relaxed); }

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
          inner.line->moves();
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
  auto status = parts_->status;
  status.due = parts_->line->last_moved() + parts_->patience;
  return status;
}

}  // namespace gateway

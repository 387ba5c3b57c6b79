#include "drivers/modbus/modbus_link.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "drivers/modbus/line.hpp"
#include "drivers/modbus/modbus_frame.hpp"
#include "drivers/modbus/wire_time.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using Steady = Line::Steady;
using std::chrono::nanoseconds;
using Result = std::expected<nanoseconds, LinkFailure>;

// USB adapters and serial servers hand bytes over in lumps; a frame that has begun gets so much longer than its bytes
// take.
constexpr nanoseconds lump = 50ms;
// A unit that failed to answer so often in a row is dead rather than late: nobody waits for its answer any more.
constexpr unsigned late_rather_than_dead = 2;
// An endpoint that says nothing at all so often in a row may have lost the connection without telling (half open).
constexpr unsigned silent_connection = 3;

std::unexpected<LinkFailure> fail(PollFailure kind, std::string text, std::uint8_t exception = 0) {
  return std::unexpected(LinkFailure{kind, exception, std::move(text)});
}

// Modbus Application Protocol 1.1b3, 7.
std::string_view exception_text(std::uint8_t code) {
  static constexpr std::array<std::string_view, 12> texts{"",
                                                          "function not supported",
                                                          "no such register",
                                                          "not possible for these registers",
                                                          "the device has failed",
                                                          "accepted, but takes long",
                                                          "busy",
                                                          "refused",
                                                          "memory damaged",
                                                          "",
                                                          "the gateway has no way to the unit",
                                                          "the unit behind the gateway does not answer"};
  return code < texts.size() && !texts[code].empty() ? texts[code] : "unknown";
}

}  // namespace

struct ModbusLink::State {
  State(BusUrl url_, LinkPauses pauses_, std::unique_ptr<Line> line_)
      : url(std::move(url_)), pauses(pauses_), owned(std::move(line_)), line(*owned) {}

  // ---- before a request

  // Silence on the line, and whatever comes meanwhile thrown away: it can't belong to a request that was not sent yet.
  void keep_silence(const ReadRequest& request) {
    const bool serial = url.serial_frames();
    auto silence = std::max({serial ? frame_silence(url) : 0ns, pauses.between_requests, request.pause});
    if (last_unit != request.unit && last_unit >= 0)
      silence += std::max(pauses.unit_changes, serial ? frame_silence(url) : 0ns);
    auto from = last_activity + silence;
    if (const auto late = may_still_answer.find(request.unit); late != nullptr) from = std::max(from, *late);
    if (!serial && from <= line.now()) return;  // transaction ids tell answers apart
    discard(from);
  }

  void discard(Steady::time_point until) {
    const auto latest = std::max(until, line.now()) + 1s;  // a line that never falls silent
    std::uint8_t rubbish[longest_frame];
    while (!line.interrupted()) {
      const auto got = line.receive(rubbish, until);
      if (!got) return line.close();
      if (*got == 0) return;
      ++discarded;
      if (line.now() >= latest) return;
      until = std::min(std::max(until, line.now() + frame_silence(url)), latest);
    }
  }

  // ---- the exchange

  Result exchange(const ReadRequest& request, std::span<std::uint16_t> out) {
    const ReadFrame frame{request.unit, request.function, request.address, static_cast<std::uint16_t>(out.size()),
                          ++transaction};
    FrameBytes bytes{};
    const bool serial = url.serial_frames();
    const auto length = serial ? write_rtu(frame, bytes) : write_tcp(frame, bytes);
    if (auto sent = line.send(std::span(bytes).first(length)); !sent) return lost(sent.error());
    last_unit = request.unit;
    // The port takes the bytes at once; they are on the wire when their time is over.
    const auto asked = line.now() + characters(url, serial ? length : 0);
    const auto answer_time = serial ? characters(url, 5 + 2 * out.size()) : 0ns;
    std::array<std::uint8_t, 2 * longest_frame> buffer;
    std::size_t filled = 0;
    Steady::time_point first{};
    bool stale = false, foreign = false, others = false;
    auto deadline = asked + request.timeout + (serial ? characters(url, 1) : 0ns);
    const auto latest = deadline + answer_time + lump;  // whatever else comes before the answer
    while (true) {
      const auto got = line.receive(std::span(buffer).subspan(filled), deadline);
      if (!got) return lost(got.error());
      if (line.interrupted()) return fail(PollFailure::connection, "stopped");
      last_activity = line.now();
      if (*got == 0) return missing(request, out.size(), std::span(buffer).first(filled), stale, foreign);
      if (filled == 0) {
        first = last_activity;
        deadline = std::min(std::max(deadline, first + answer_time + lump), latest);
      }
      filled += *got;
      for (bool again = true; again;) {
        again = false;
        const auto scan = (serial ? scan_rtu : scan_tcp)(std::span(buffer).first(filled), frame);
        switch (scan.what) {
          case Answer::incomplete:
            break;
          case Answer::registers:
            for (std::size_t i = 0; i < out.size(); ++i)
              out[i] = static_cast<std::uint16_t>(scan.data[2 * i] << 8 | scan.data[2 * i + 1]);
            answered(request.unit);
            return std::max<nanoseconds>(first - asked, 0ns);
          case Answer::exception:
            answered(request.unit);
            return fail(PollFailure::exception, fmt::format("exception {}: {}", scan.code, exception_text(scan.code)),
                        scan.code);
          case Answer::echo:  // says nothing: neither that somebody is there nor that the line is out of step
          case Answer::stale:
          case Answer::foreign:
            others = true;
            // With our transaction id, but from another unit: nothing else will come.
            if (!serial && scan.what == Answer::foreign) {
              ++silent;
              return fail(PollFailure::foreign_unit, fmt::format("unit {} answered", buffer[6]));
            }
            if (scan.what != Answer::echo) {
              (scan.what == Answer::stale ? stale : foreign) = true;
              ++discarded;
            }
            std::copy(buffer.begin() + static_cast<std::ptrdiff_t>(scan.used),
                      buffer.begin() + static_cast<std::ptrdiff_t>(filled), buffer.begin());
            filled -= scan.used;
            again = filled > 0;
            break;
          case Answer::crc:
            return broken(PollFailure::crc, "the check sum of the answer is wrong");
          case Answer::nonsense:
            return broken(PollFailure::short_frame, "the answer does not fit the request");
        }
      }
      if (filled == buffer.size()) return broken(PollFailure::short_frame, "the line never falls silent");
      // What is there already is given at once: a flood of others' answers would never end.
      if (others && line.now() >= deadline)
        return missing(request, out.size(), std::span(buffer).first(filled), stale, foreign);
    }
  }

  // ---- after a failure: each leaves the line in step

  Result lost(const std::string& text) {
    line.close();
    return fail(PollFailure::connection, text);
  }

  // The time is over.
  Result missing(const ReadRequest& request, std::size_t registers, std::span<const std::uint8_t> rest, bool stale,
                 bool foreign) {
    const auto in_a_row = timeouts.count(request.unit);
    ++silent;
    if (!rest.empty()) {
      const bool whole = url.serial_frames() && (rest.size() >= 5 + 2 * registers ||
                                                 (rest.size() >= 5 && rest[1] == (request.function | 0x80)));
      if (whole) return broken(PollFailure::crc, "the check sum of the answer is wrong");
      return broken(PollFailure::short_frame, fmt::format("only {} bytes of the answer came", rest.size()));
    }
    if (url.serial_frames()) {
      // A late answer collides with the next request on the wire, so the line waits for it once more as long; not for
      // a unit that has been silent for some time.
      if (in_a_row <= late_rather_than_dead) {
        discard(line.now() + request.timeout);
      } else {
        may_still_answer.set(request.unit, line.now() + request.timeout);
      }
      last_activity = line.now();
    }
    if (silent >= silent_connection && url.kind != BusKind::rtu) {
      silent = 0;
      line.close();
    }
    if (stale) return fail(PollFailure::stale, "only the answer to an earlier request came");
    if (foreign) return fail(PollFailure::foreign_unit, "only another unit answered");
    return fail(PollFailure::timeout, "no answer");
  }

  // Bytes that can't be told apart: serial frames begin anew after a silence, a TCP stream only with a new connection.
  Result broken(PollFailure kind, std::string text) {
    if (url.serial_frames()) {
      line.drain(std::max<nanoseconds>(frame_silence(url), 20ms), line.now() + 1s);
      last_activity = line.now();
    } else {
      line.close();
    }
    return fail(kind, std::move(text));
  }

  void answered(std::uint8_t unit) {
    silent = 0;
    timeouts.clear(unit);
    may_still_answer.clear(unit);
  }

  // By unit, for the few that are in trouble.
  struct Late {
    std::vector<std::pair<std::uint8_t, Steady::time_point>> entries;
    const Steady::time_point* find(std::uint8_t unit) const {
      const auto found = std::ranges::find(entries, unit, &std::pair<std::uint8_t, Steady::time_point>::first);
      return found == entries.end() ? nullptr : &found->second;
    }
    void clear(std::uint8_t unit) {
      if (!entries.empty()) std::erase_if(entries, [&](const auto& entry) { return entry.first == unit; });
    }
    void set(std::uint8_t unit, Steady::time_point until) {
      clear(unit);
      entries.emplace_back(unit, until);
    }
  };
  struct InARow {
    std::vector<std::pair<std::uint8_t, unsigned>> entries;
    unsigned count(std::uint8_t unit) {
      for (auto& [each, times] : entries)
        if (each == unit) return ++times;
      entries.emplace_back(unit, 1u);
      return 1;
    }
    void clear(std::uint8_t unit) {
      if (!entries.empty()) std::erase_if(entries, [&](const auto& entry) { return entry.first == unit; });
    }
  };

  BusUrl url;
  LinkPauses pauses;
  std::unique_ptr<Line> owned;
  Line& line;
  std::uint16_t transaction = 0;
  int last_unit = -1;
  Steady::time_point last_activity{};
  Late may_still_answer;
  InARow timeouts;
  unsigned silent = 0;  // exchanges in a row that nobody answered
  std::uint64_t discarded = 0;
};

ModbusLink::ModbusLink(BusUrl url, LinkPauses pauses, std::unique_ptr<Line> line)
    : state_(std::make_unique<State>(std::move(url), pauses, std::move(line))) {}
ModbusLink::ModbusLink(const BusUrl& url, LinkPauses pauses)
    : ModbusLink(url, pauses, std::make_unique<SystemLine>(url)) {}
ModbusLink::~ModbusLink() = default;

bool ModbusLink::is_open() const { return state_->line.is_open(); }
std::uint64_t ModbusLink::discarded() const { return state_->discarded; }
void ModbusLink::interrupt() { state_->line.interrupt(); }

Result ModbusLink::read(const ReadRequest& request, std::span<std::uint16_t> out) {
  auto& state = *state_;
  if (state.line.interrupted()) return fail(PollFailure::connection, "stopped");
  // Devices close connections that were idle, which shows only when one is used: once more, on a new one.
  for (bool reused = state.line.is_open() && state.url.kind != BusKind::rtu;; reused = false) {
    if (auto opened = state.line.open(state.line.now() + std::max<nanoseconds>(request.timeout, 1s)); !opened)
      return fail(PollFailure::connection, opened.error());
    state.keep_silence(request);
    if (!state.line.is_open()) {  // it went while nobody asked
      if (reused) continue;
      return fail(PollFailure::connection, "the line was closed at the other end");
    }
    auto result = state.exchange(request, out);
    if (result || result.error().kind != PollFailure::connection || state.line.interrupted()) return result;
    if (!reused) {
      result.error().hung_up = state.url.kind != BusKind::rtu;
      return result;
    }
  }
}

}  // namespace gateway

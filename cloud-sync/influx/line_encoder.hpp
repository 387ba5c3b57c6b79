// Turns a batch into line protocol, as DESIGN's table has it: measurements electricity, water, sensor, consumption and
// alarm, explicit millisecond timestamps, a field's type fixed for good.
//
// Everything that can be known beforehand (escaped series, field keys, types) is made at construction; encoding a
// reading looks up one table and prints one number. What is not good, or retained by a broker from an unknown time, is
// not written. For one thread; the site must outlive it.
//
// Types: counters of electricity are integers in Wh (rounded down), volumes floats with three decimals, gauges floats,
// flags integers 0 or 1 (a boolean can't be averaged or drawn in most engines).
//
// Readings and alarms are stamped with multiples of 4 ms. When the wall clock has gone back, they get the milliseconds
// between until it has passed the newest stamp: the same stretch of time is stamped twice (up to four times), and
// nothing of the first time is overwritten.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/batch.hpp"
#include "core/site.hpp"

namespace gateway {

class LineWriter;

// Lines that are sent together. Lines that replace something are in bodies of their own: those may pass nothing that
// waits, and what is new may.
struct EncodedBody {
  std::size_t begin = 0;  // in the encoder's buffer of its kind, see text()
  std::size_t end = 0;
  std::uint32_t lines = 0;
  std::uint32_t values = 0;
  std::uint32_t rewritten = 0;  // of the values: ones that replace a value of the same series and time
};

class LineEncoder {
 public:
  static constexpr std::uint32_t most_lines = 5000;  // a body: what every engine takes (DOMAIN 5.5)

  explicit LineEncoder(const Site& site);

  void clear() noexcept;
  // Readings and alarms of the batch; its windows come by add_window, once they are merged.
  void add(const Batch& batch);
  void add_alarm(const AlarmRecord& record);

  // What must outlive a restart.
  struct Stamps {
    std::int64_t newest_ms = 0;
    std::int64_t overlap_until_ms = 0;  // up to here this much is added to the multiple of 4 ms: `pass`
    std::int64_t last_ms = 0;
    std::int64_t pass = 0;
  };
  [[nodiscard]] const Stamps& stamps() const noexcept { return stamps_; }
  void restore(const Stamps& stamps) noexcept { stamps_ = stamps; }
  // The wall clock has gone back since the last add().
  void stepped_back() noexcept;

  // What a day or month is made of, as it is now, and what of it was sent before.
  struct Parts {
    NodeId node;
    WindowLength length{};
    UtcTime start{};
    struct BandSum {
      std::int64_t amount = 0;
      std::int64_t cost = 0;
      bool present = false;
      bool sent_before = false;
    };
    std::array<BandSum, band_count> bands{};
    BandSum off_hours{};
  };
  void add_parts(const Parts& parts);
  // The month's highest demand as it is now.
  void add_demand(const DemandRecord& demand, bool sent_before);
  // The window as it is now. `samples_before`: it was sent before, and had so many samples then.
  void add_window(const WindowRecord& merged, std::optional<std::uint32_t> samples_before);

  // In the order in which they have to be sent: those with new lines, then those with lines that replace something.
  [[nodiscard]] const std::vector<EncodedBody>& bodies() const noexcept { return bodies_; }
  [[nodiscard]] std::string_view text(const EncodedBody& body) const noexcept {
    return {buffer_of(body.rewritten > 0).bytes.data() + body.begin, body.end - body.begin};
  }
  // Values that line protocol can't say (NaN, infinite), since construction.
  [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }
  // Lines stamped like the one before them, since construction: of a series that brings more than 250 a second for
  // longer than a second.
  [[nodiscard]] std::uint64_t overwritten() const noexcept { return overwritten_; }

 private:
  enum class Form : std::uint8_t { none, number, whole, thousandths, flag };
  struct PointForm {
    std::uint32_t device = 0;
    Form form = Form::none;
    Quantity quantity{};
    [[nodiscard]] std::string_view field() const noexcept { return traits(quantity).field; }
  };
  struct Device {
    std::string series;
    std::int64_t last_ms = 0;  // of the newest line
  };
  struct NodeForm {
    std::string series;  // up to the window's length
    Utility utility{};
    bool priced = false;  // there is a tariff
  };

  void add_readings(const Batch& batch);
  std::int64_t stamp(UtcTime time, std::int64_t last) noexcept;
  struct Buffer {
    std::vector<char> bytes;
    std::size_t used = 0;
    std::optional<std::size_t> body{};  // of bodies_: the one that is filled
  };
  [[nodiscard]] const Buffer& buffer_of(bool rewriting) const noexcept { return rewriting ? rewriting_ : fresh_; }
  static std::span<char> room(Buffer& buffer);
  std::span<char> room() { return room(fresh_); }
  void ended(std::size_t bytes, std::uint32_t values, std::uint32_t rewritten);
  void ended(const LineWriter& line, Device& series, std::int64_t ms);

  std::vector<PointForm> points_;
  std::vector<Device> devices_;  // meters by MeterId, then sensors by SensorId
  std::vector<NodeForm> nodes_;
  std::vector<Device> alarms_;  // by AlarmId
  Buffer fresh_, rewriting_;
  std::vector<EncodedBody> bodies_;
  std::size_t fresh_bodies_ = 0;  // of them, at the beginning
  std::uint64_t refused_ = 0;
  std::uint64_t overwritten_ = 0;
  Stamps stamps_;
};

}  // namespace gateway

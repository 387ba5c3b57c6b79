// What the store and an uploader say to each other: what to give, what is given, what could not be delivered, how it
// stands. Plain values.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/outbox.hpp"

namespace gateway {

// Some of a sink's outbox, ready to send.
struct Delivery {
  struct Row {
    std::int64_t number = 0;
    std::uint64_t lines = 0;
    std::uint64_t values = 0;
    std::uint64_t rewritten = 0;
    std::uint64_t bytes = 0;
  };
  std::vector<Row> rows;
  std::uint64_t lines = 0;
  std::uint64_t values = 0;
  std::uint64_t rewritten = 0;
  UtcTime oldest{};
  std::vector<std::byte> body;  // gzip, one member
};

// What a sink is to be given next. A row with corrected windows (rewritten > 0) is given only when no older row waits
// that is not given with it: in the wrong order, the far end would keep the older figures for good.
struct Pick {
  std::int64_t after = 0;          // rows beyond this one
  std::int64_t up_to = INT64_MAX;  // and up to this one
  std::size_t most_rows = 1;       // at least one row is given, if there is one
  std::size_t most_bytes = 1 << 20;
  std::uint64_t most_lines = 5000;
  std::vector<std::int64_t> skip{};  // rows put aside
};

struct DeadLetter {
  std::string reason;
  std::string line;  // one or more lines of line protocol
  std::uint64_t lines = 0;
  std::uint64_t values = 0;
};

// What the store knows about the wall clock from before this start.
struct ClockMemory {
  UtcTime last_stored{};            // the latest time in it; UtcTime{}: nothing yet
  bool believed_this_boot = false;  // an earlier process of this boot believed its clock
};

// Of one sink, as it will be with the next commit.
struct SinkFigures {
  std::uint64_t kept_lines = 0, kept_values = 0;
  std::uint64_t delivered_lines = 0, delivered_values = 0, rewritten_values = 0;
  std::uint64_t dead_lines = 0, dead_values = 0;
  std::uint64_t dropped_lines = 0, dropped_values = 0;
  std::uint64_t queued_batches = 0, queued_lines = 0, queued_values = 0, queued_bytes = 0;
  std::int64_t newest_row = 0;
  std::optional<UtcTime> oldest_queued;
};

}  // namespace gateway

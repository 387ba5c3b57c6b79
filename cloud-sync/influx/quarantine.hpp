// Rows that the far end answers with server errors, put aside so that the others go on. A row is given up (looked at
// line by line, the bad ones to the dead letters) only when another one was accepted after it had begun to fail: a
// server that fails with everything is not the rows' fault. Pure; for one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

namespace gateway {

class Quarantine {
 public:
  static constexpr int tries_before_aside = 3;
  static constexpr std::size_t most_aside = 8;

  void accepted() noexcept { ++accepted_; }
  [[nodiscard]] std::uint64_t accepted_requests() const noexcept { return accepted_; }
  // Another try of the row failed. True: it is aside now.
  bool failed(std::int64_t row) {
    if (row != failing_) {
      failing_ = row;
      tries_ = 0;
      accepted_before_ = accepted_;
    }
    if (++tries_ < tries_before_aside) return false;
    put_aside(row);
    return true;
  }
  void put_aside(std::int64_t row) {
    if (row != failing_) accepted_before_ = accepted_;
    // When so many rows fail it is not the rows.
    if (aside_.size() >= most_aside) aside_.clear();
    if (std::ranges::find(aside_, row, &Aside::row) == aside_.end()) aside_.push_back({row, accepted_before_});
    failing_ = 0;
  }
  // A row whose fault it is, taken out.
  std::optional<std::int64_t> take_ripe() {
    const auto ripe = std::ranges::find_if(aside_, [&](const Aside& one) { return accepted_ > one.accepted_before; });
    if (ripe == aside_.end()) return std::nullopt;
    const std::int64_t row = ripe->row;
    aside_.erase(ripe);
    return row;
  }
  // All are tried again.
  void release() noexcept { aside_.clear(); }

  [[nodiscard]] bool empty() const noexcept { return aside_.empty(); }
  void skip_in(std::vector<std::int64_t>& rows) const {
    for (const Aside& one : aside_) rows.push_back(one.row);
  }

 private:
  struct Aside {
    std::int64_t row = 0;
    std::uint64_t accepted_before = 0;
  };
  std::vector<Aside> aside_;
  std::uint64_t accepted_ = 0;  // requests
  std::int64_t failing_ = 0;
  int tries_ = 0;
  std::uint64_t accepted_before_ = 0;  // of the failing row: what passed since speaks against it
};

// A single line that the far end answers with server errors: its fault only when it was refused again and again and
// something else was accepted before each time. A server that flaps fails with whatever it is asked just then. Pure.
class Conviction {
 public:
  static constexpr int refusals_to_convict = 5;

  // `accepted_requests`: so far, of all. True: it is the line.
  bool refused(std::uint64_t accepted_requests) noexcept {
    if (refusals_ == 0 || accepted_requests > accepted_before_) ++refusals_;
    accepted_before_ = accepted_requests;
    return refusals_ >= refusals_to_convict;
  }

 private:
  int refusals_ = 0;
  std::uint64_t accepted_before_ = 0;
};

}  // namespace gateway

// A row that is being taken apart to find its bad lines, and what an answer to one of its parts means for it. Other
// rows go beside it. Pure; for one thread.
//
//   while (auto part = splitting.next()) splitting.answered(verdict, ...);
//   store.acknowledge(place, splitting.take_delivery(), splitting.dead());
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud-sync/influx/bisection.hpp"
#include "cloud-sync/influx/quarantine.hpp"
#include "cloud-sync/influx/response.hpp"
#include "cloud-sync/store/delivery.hpp"

namespace gateway {

class Splitting {
 public:
  enum class Then : std::uint8_t {
    go_on,
    wait,  // the part got no answer that counts: it is the next one again
    leave  // not one line was accepted: it may be the far end, not the lines
  };

  // `lines`: the row's text. It was refused whole or is too long whole: at least two pieces, or what the suspects tell.
  // `others_pass`: a server error may be the row's fault, and a row without one good line is dead as a whole.
  Splitting(Delivery row, std::string lines, std::size_t pieces, const Suspects& suspects, bool others_pass);
  Splitting(const Splitting&) = delete;  // the parts are views of its text
  Splitting& operator=(const Splitting&) = delete;

  [[nodiscard]] std::int64_t row() const noexcept { return delivery_.rows.front().number; }
  [[nodiscard]] bool others_pass() const noexcept { return others_pass_; }
  // nullopt: every line is accepted or dead.
  [[nodiscard]] std::optional<std::string_view> next() const { return bisection_.next(); }
  [[nodiscard]] bool next_is_one_line() const noexcept { return bisection_.is_one_line(); }
  // Halves the next part unasked; false: it is one line.
  bool halve() { return bisection_.halve(); }
  // The far end's word on the next part. `accepted_requests`: so far, of all rows.
  [[nodiscard]] Then answered(Verdict means, std::string reason, std::uint64_t accepted_requests);

  [[nodiscard]] const std::string& last_reason() const noexcept { return bisection_.last_reason(); }
  [[nodiscard]] std::vector<DeadLetter> dead() const { return bisection_.take_dead(); }
  [[nodiscard]] Delivery take_delivery() noexcept { return std::move(delivery_); }

 private:
  static Bisection parts_of(std::string& lines, std::size_t pieces, const Suspects& suspects);

  Delivery delivery_;  // without its body
  std::string text_;
  Bisection bisection_;
  bool others_pass_;
  Conviction conviction_;  // of the next part, once it is a single line
};

}  // namespace gateway

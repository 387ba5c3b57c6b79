#include "cloud-sync/influx/splitting.hpp"

#include <algorithm>
#include <utility>

namespace gateway {

Splitting::Splitting(Delivery row, std::string lines, std::size_t pieces, const Suspects& suspects, bool others_pass)
    : delivery_(std::move(row)),
      text_(std::move(lines)),
      bisection_(parts_of(text_, pieces, suspects)),
      others_pass_(others_pass) {
  delivery_.body = {};
}

Bisection Splitting::parts_of(std::string& lines, std::size_t pieces, const Suspects& suspects) {
  const std::size_t apart = suspects.move_last(lines);
  if (apart > 0 && apart < lines.size()) return {lines, pieces, apart};
  return Bisection{lines, std::max<std::size_t>(pieces, 2)};
}

Splitting::Then Splitting::answered(Verdict means, std::string reason, std::uint64_t accepted_requests) {
  switch (means) {
    case Verdict::accepted:
      bisection_.accepted();
      conviction_ = {};
      return Then::go_on;
    case Verdict::too_large:
    case Verdict::bad_lines:
      break;
    case Verdict::server_error:
      if (!others_pass_) return Then::wait;
      if (bisection_.is_one_line() && conviction_.refused(accepted_requests)) break;
      return bisection_.halve() ? Then::go_on : Then::wait;
    default:
      return Then::wait;
  }
  bisection_.refused(std::move(reason));
  conviction_ = {};
  const bool none_passes = bisection_.hopeless() || (!bisection_.next() && bisection_.nothing_accepted());
  return none_passes && !others_pass_ ? Then::leave : Then::go_on;
}

}  // namespace gateway

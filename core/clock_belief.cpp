#include "core/clock_belief.hpp"

namespace gateway {

std::string describe(ClockBelief::Doubt doubt, bool english) {
  switch (doubt) {
    case ClockBelief::Doubt::none:
      return {};
    case ClockBelief::Doubt::before_first:
      return english ? "the clock is before 2025; readings wait until it is set"
                     : "系统时钟早于 2025 年，读数暂存，待校时后补上时间";
    case ClockBelief::Doubt::before_stored:
      return english ? "the clock is behind what is already stored; readings wait until it is synchronised or set"
                     : "系统时钟早于已存数据的时间，读数暂存，待校时后补上时间";
    case ClockBelief::Doubt::not_synchronised:
      return english ? "the clock has not been synchronised since the start; readings wait until it is (or set clock = "
                       "\"trust\" in [site])"
                     : "开机后系统时钟尚未同步，读数暂存，待校时后补上时间（或在 [site] 中设 clock = \"trust\"）";
  }
  return {};
}

}  // namespace gateway

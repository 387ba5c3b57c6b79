// One entry of the alarm journal, as those who tell people of it need it. A plain value.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/records.hpp"
#include "core/site.hpp"

namespace gateway {

struct AlarmEvent {
  std::int64_t number = 0;  // record.event: in the journal, the same for ever, also after a restart
  std::string rule;
  std::string source;
  AlarmRecord record;  // alarm is not valid when the site no longer has it
};

// The alarm in a sentence; the collectors know how to say it.
using DescribeAlarm = std::function<std::string(const AlarmRecord&, bool english)>;

}  // namespace gateway

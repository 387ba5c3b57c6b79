#include "collectors/alarms/alarm_text.hpp"

#include <fmt/format.h>

namespace gateway {
namespace {

std::string duration_text(std::chrono::nanoseconds duration, bool english) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds >= 3600 && seconds % 3600 == 0)
    return fmt::format(fmt::runtime(english ? "{} h" : "{} 小时"), seconds / 3600);
  if (seconds >= 120 && seconds % 60 == 0)
    return fmt::format(fmt::runtime(english ? "{} min" : "{} 分钟"), seconds / 60);
  return fmt::format(fmt::runtime(english ? "{} s" : "{} 秒"), seconds);
}

}  // namespace

std::string alarm_message(const Site& site, AlarmId alarm, bool english) {
  const auto& source = site.alarms[alarm.index()];
  const auto& rule = site.rules[source.rule];
  const auto& names = source.meter.valid() ? site.meter(source.meter).name : site.sensor(source.sensor).name;
  const auto& name = english ? names.english : names.local;
  const bool delayed = rule.on_delay.count() > 0;
  const auto delay = duration_text(rule.on_delay, english);
  switch (rule.kind) {
    case AlarmRule::Kind::door_open:
      if (!delayed) return name + (english ? " is open" : " 已开启");
      return fmt::format(fmt::runtime(english ? "{} has been open for more than {}" : "{} 已开启超过 {}"), name, delay);
    case AlarmRule::Kind::leak_wet:
      return name + (english ? " reports water" : " 检测到漏水");
    case AlarmRule::Kind::device_silent:
      if (!delayed) return name + (english ? " is silent" : " 通信中断");
      return fmt::format(fmt::runtime(english ? "{} has been silent for more than {}" : "{} 通信中断超过 {}"), name,
                         delay);
  }
  return name;
}

}  // namespace gateway

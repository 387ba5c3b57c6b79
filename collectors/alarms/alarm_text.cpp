#include "collectors/alarms/alarm_text.hpp"

#include <cmath>

#include <fmt/format.h>

namespace gateway {
namespace {

using Kind = AlarmRule::Kind;
using Part = AlarmSource::Part;

std::string duration_text(std::chrono::nanoseconds duration, bool english) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(duration).count();
  if (seconds >= 3600 && seconds % 3600 == 0)
    return fmt::format(fmt::runtime(english ? "{} h" : "{} 小时"), seconds / 3600);
  if (seconds >= 120 && seconds % 60 == 0)
    return fmt::format(fmt::runtime(english ? "{} min" : "{} 分钟"), seconds / 60);
  return fmt::format(fmt::runtime(english ? "{} s" : "{} 秒"), seconds);
}

std::string power_text(double watts) {
  return std::abs(watts) < 10'000 ? fmt::format("{:.0f} W", watts) : fmt::format("{:.1f} kW", watts / 1000);
}

std::string flow_text(double litres_per_hour, bool english) {
  if (litres_per_hour >= 10'000)
    return fmt::format(fmt::runtime(english ? "{:.1f} m³/h" : "{:.1f} 立方米/小时"), litres_per_hour / 1000);
  return fmt::format(fmt::runtime(english ? "{:.0f} L/h" : "{:.0f} 升/小时"), litres_per_hour);
}

// One alarm's sentence, put together from what it says in both languages.
class Sentence {
 public:
  Sentence(const Site& site, const AlarmRecord& record, bool english)
      : site_(site),
        record_(record),
        source_(site.source_of(record.alarm)),
        rule_(site.rules[source_.rule]),
        english_(english) {}

  [[nodiscard]] std::string text() const {
    const auto& name = english_ ? source_.name.english : source_.name.local;
    const bool delayed = rule_.on_delay.count() > 0;
    const auto delay = duration_text(rule_.on_delay, english_);
    switch (rule_.kind) {
      case Kind::door_open:
        if (!delayed) return name + pick(" 已开启", " is open");
        return say("{} 已开启超过 {}", "{} has been open for more than {}", name, delay);
      case Kind::leak_wet:
        return name + pick(" 检测到漏水", " reports water");
      case Kind::device_silent:
        if (!delayed) return name + pick(" 通信中断", " is silent");
        return say("{} 通信中断超过 {}", "{} has been silent for more than {}", name, delay);
      case Kind::camera_offline:
        return say("{} 离线超过 {}", "{} has been offline for more than {}", name, delay);
      case Kind::person_seen:
        return name + hours(" 发现有人", " sees a person");
      case Kind::value_above:
      case Kind::value_below:
        return measured(name);
      case Kind::power_demand:
        return demand(name);
      case Kind::load_left_on:
        return left_on(name);
      case Kind::water_leak:
        return leak(name);
      case Kind::water_running:
        return say("{} 持续用水 {}，已超过 {}", "{} has been running at {} for more than {}", name,
                   flow_text(record_.value, english_), delay);
      case Kind::unaccounted:
        return say("{} 有 {:.1f}% 的用量不明，上限 {:.1f}%", "{}: {:.1f} % is unaccounted for, the limit is {:.1f} %",
                   name, record_.value, record_.limit);
      case Kind::bus_fault:
        return say("{} 断开，{} 块表无法读取", "{} is down: {} meters can't be read", name, std::lround(record_.value));
      case Kind::broker_fault:
        if (record_.value < 1)
          return name + pick(" 断开，其后的设备无法上报", " is down: nothing behind it can be heard");
        return say("{} 断开，其后 {} 个设备无法上报", "{} is down: {} devices behind it can't be heard", name,
                   std::lround(record_.value));
      case Kind::gateway_fault:
        return gateway(name);
      case Kind::alarm_flood:
        return say("报警泛滥：短时间内新报警 {} 条，不再逐条通知",
                   "Alarm flood: {} new alarms in a short time, no longer told one by one", std::lround(record_.value));
    }
    return name;
  }

 private:
  [[nodiscard]] std::string pick(const char* local, const char* english) const { return english_ ? english : local; }
  template <class... Values>
  [[nodiscard]] std::string say(const char* local, const char* english, const Values&... values) const {
    return fmt::format(fmt::runtime(english_ ? english : local), values...);
  }
  [[nodiscard]] std::string hours(const char* local, const char* english) const {
    const char* when_local = "";
    const char* when_english = "";
    if (rule_.when == When::off_hours) {
      when_local = "（非工作时间）";
      when_english = " out of hours";
    } else if (rule_.when == When::armed) {
      when_local = "（已布防）";
      when_english = " while armed";
    }
    return english_ ? std::string{english} + when_english : std::string{local} + when_local;
  }

  [[nodiscard]] std::string measured(const std::string& name) const {
    const auto& about = traits(rule_.quantity);
    const bool above = rule_.kind == Kind::value_above;
    return say(above ? "{} 的 {} 为 {:.5g} {}，高于 {:.5g} {}" : "{} 的 {} 为 {:.5g} {}，低于 {:.5g} {}",
               above ? "{}: {} is {:.5g} {}, above {:.5g} {}" : "{}: {} is {:.5g} {}, below {:.5g} {}", name,
               about.name, record_.value, about.unit, record_.limit, about.unit);
  }

  // Only a rule that holds out of hours alone may speak of them.
  [[nodiscard]] std::string left_on(const std::string& name) const {
    const auto value = power_text(record_.value);
    const auto limit = power_text(record_.limit);
    if (rule_.when == When::off_hours)
      return say("{} 下班后仍有负荷 {}，基线上限 {}", "{} draws {} after hours, its base load's limit is {}", name,
                 value, limit);
    return say("{} 仍有负荷 {}，基线上限 {}", "{} still draws {}, its base load's limit is {}", name, value, limit);
  }

  // It warns at a share of a limit, the rule's own or the node's: that is not the limit, and does not pass for it.
  [[nodiscard]] std::string demand_limit() const {
    const auto warns_below = [&](double limit) {
      return limit > 0 && std::abs(rule_.share * limit - record_.limit) < 1e-6 * record_.limit;
    };
    double limit = rule_.limit / rule_.share;
    for (const Node& node : site_.nodes)
      if (!warns_below(limit)) limit = node.demand_limit;
    const auto warns_at = power_text(record_.limit);
    if (!warns_below(limit)) return say("预警线 {}", "it warns at {}", warns_at);
    if (rule_.share == 1) return say("限值 {}", "the limit is {}", warns_at);
    return say("预警线 {}（限值 {} 的 {:.0f}%）", "it warns at {0} ({2:.0f} % of the limit of {1})", warns_at,
               power_text(limit), rule_.share * 100);
  }

  [[nodiscard]] std::string demand(const std::string& name) const {
    if (record_.finding == AlarmFinding::demand_now)
      return say("{} 本时段需量已达 {}，{}", "{}: the demand of this quarter hour is {} already, {}", name,
                 power_text(record_.value), demand_limit());
    return say("{} 本时段需量预计 {}，{}", "{}: the demand of this quarter hour will be {}, {}", name,
               power_text(record_.value), demand_limit());
  }

  [[nodiscard]] std::string leak(const std::string& name) const {
    const auto value = flow_text(record_.value, english_);
    const auto limit = flow_text(record_.limit, english_);
    switch (record_.finding) {
      case AlarmFinding::burst:
        return say("{} 疑似爆管：流量 {}，以往最高 {}", "{}: probably a burst, {} where {} is the most there ever was",
                   name, value, limit);
      case AlarmFinding::never_zero:
        return say("{} 疑似漏水：夜间从未归零，最小流量 {}", "{}: probably a leak, never stands still, {} at the least",
                   name, value);
      case AlarmFinding::small_leak:
        return say("{} 疑似渗漏：夜间最小流量比以往多 {}",
                   "{}: probably a small leak, the nights use {} more than before", name, value);
      default:
        return say("{} 疑似漏水：夜间最小流量 {}，限值 {}",
                   "{}: probably a leak, {} at the least at night, the limit is {}", name, value, limit);
    }
  }

  [[nodiscard]] std::string gateway(const std::string& name) const {
    switch (source_.part) {
      case Part::store:
        return pick("本地存储故障：有写入失败，或数据库损坏后已修复，详见系统页",
                    "The local store had trouble: writes failed, or damage was repaired; the system page has more");
      case Part::readings:
        return say("有 {} 条读数被丢弃", "{} readings were dropped", std::lround(record_.value));
      case Part::clock:
        return pick("网关时钟不可信", "The gateway's clock can't be believed");
      case Part::filling:
        return say("待上传数据将在 {} 小时内存满，最旧的数据会丢失",
                   "The outbox is full in {} hours, then the oldest data is lost", std::lround(record_.value));
      case Part::configuration:
        return pick("site.toml 有误，正在使用上一份可用的配置",
                    "site.toml can't be used, the last good configuration runs");
      case Part::dashboard:
        return pick("网页无法打开：监听地址、端口、证书或用户文件有问题，详见日志；抄表和报警照常",
                    "The dashboard can't be served: its address, port, certificate or users; the log has more. Meters "
                    "and alarms go on");
      case Part::sink:
        return name + pick(" 无法上传：中心库拒绝，或本机的设置、令牌有误",
                           " does not deliver: refused by the central store, or wrongly set here");
      case Part::notifier:
        return name + pick(" 无法送达", " does not get through");
      default:
        return name;
    }
  }

  const Site& site_;
  const AlarmRecord& record_;
  const AlarmSource& source_;
  const AlarmRule& rule_;
  bool english_;
};

}  // namespace

std::string alarm_message(const Site& site, const AlarmRecord& record, bool english) {
  return Sentence(site, record, english).text();
}

}  // namespace gateway

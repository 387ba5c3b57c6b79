#include "collectors/alarms/alarm_text.hpp"

#include <gtest/gtest.h>

#include "tests/support/sensor_site.hpp"

namespace gateway {
namespace {

AlarmRecord of(AlarmId alarm) {
  AlarmRecord record;
  record.alarm = alarm;
  return record;
}

TEST(AlarmText, SaysWhatAndHowLongInBothLanguages) {
  const Site site = test::sensor_site(R"(
[[alarm]]
id = "door"
kind = "door_open"
sources = ["east"]
[[alarm]]
id = "leak"
kind = "leak_wet"
[[alarm]]
id = "silent"
kind = "device_silent"
after = "10min"
sources = ["main"]
)");
  EXPECT_EQ(alarm_message(site, of(AlarmId{0}), false), "一号楼东门 已开启超过 60 秒");
  EXPECT_EQ(alarm_message(site, of(AlarmId{0}), true), "Building 1 east door has been open for more than 60 s");
  EXPECT_EQ(alarm_message(site, of(AlarmId{1}), false), "泵房 检测到漏水");
  EXPECT_EQ(alarm_message(site, of(AlarmId{1}), true), "Pump room reports water");
  EXPECT_EQ(alarm_message(site, of(AlarmId{2}), false), "总表 通信中断超过 10 分钟");
  EXPECT_EQ(alarm_message(site, of(AlarmId{2}), true), "Main meter has been silent for more than 10 min");
}

TEST(AlarmText, OfADashboardThatIsNotThereSaysThatTheRestGoesOn) {
  const Site site = test::sensor_site("");
  const auto record = of(site.alarm_named("gateway-fault", "dashboard"));
  ASSERT_TRUE(record.alarm.valid());
  EXPECT_EQ(alarm_message(site, record, false),
            "网页无法打开：监听地址、端口、证书或用户文件有问题，详见日志；抄表和报警照常");
  EXPECT_EQ(
      alarm_message(site, record, true),
      "The dashboard can't be served: its address, port, certificate or users; the log has more. Meters and alarms "
      "go on");
}

}  // namespace
}  // namespace gateway

#include "cloud-sync/notify/message.hpp"

#include <boost/json.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud-sync/notify/signature.hpp"
#include "cloud-sync/notify/way.hpp"
#include "core/percent_encoding.hpp"
#include "tests/support/notify_site.hpp"

namespace gateway {
namespace {

using testing::HasSubstr;
using enum AlarmState;
using test::door_alarm;
using test::leak_alarm;

// RFC 4231, test cases 1, 2 and 6.
TEST(Signature, HmacSha256IsThatOfTheStandard) {
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Signature, Base64AndUrlEncoding) {
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(percent_encoded("a+b/c=~"), "a%2Bb%2Fc%3D~");
}

// Calculated with Python's hmac as DingTalk's documentation does it.
TEST(DingTalk, TheUrlIsSignedWithTimeAndSecret) {
  EXPECT_EQ(dingtalk_signature("this is secret", 1577262236757),
            "&timestamp=1577262236757&sign=hmPWwU%2B7lVdm3ZZz0r9tSfx0L4Q26jWOZr9%2BGs6EZQM%3D");
}

class MessageTest : public testing::Test {
 protected:
  Site site = test::notify_site("[[notify]]\nid = \"duty\"\nkind = \"webhook\"\nurl = \"http://127.0.0.1\"\n");
  test::FakeJournal journal{site};
  DescribeAlarm describe = [](const AlarmRecord& record, bool english) {
    return record.alarm == door_alarm ? std::string(english ? "East door is open" : "东门 已开启")
                                      : std::string(english ? "Pump room reports water" : "泵房 检测到漏水");
  };
  UtcTime at = utc_from_ms(1763883600000);  // 2025-11-23 15:40:00 in Fuzhou

  Notice notice(Notice::Kind kind, AlarmId alarm, AlarmState state, std::string by = "") {
    return {kind, {{kind, journal.add(alarm, state, at, std::move(by)), 0, 0}}};
  }
  Message message(const Notice& notice, bool english = false) {
    site.notifiers[0].english = english;
    return MessageWriter(site.notifiers[0], site, describe).message(notice);
  }
};

TEST_F(MessageTest, SaysWhatWhereAndWhenInBothLanguages) {
  const auto raised = notice(Notice::Kind::raised, door_alarm, unacknowledged);
  EXPECT_EQ(message(raised).text,
            "【中】东门 已开启\n仓山政务中心 / 一号楼 / 一层\n2025-11-23 15:40:00\n编号 cangshan-4711");
  EXPECT_EQ(
      message(raised, true).text,
      "[MEDIUM] East door is open\nCangshan Centre / Building 1 / Floor 1\n2025-11-23 15:40:00\nid cangshan-4711");
}

TEST_F(MessageTest, SaysWhoAcknowledgedAndWhatIsOver) {
  EXPECT_EQ(message(notice(Notice::Kind::acknowledged, leak_alarm, acknowledged, "王伟")).subject,
            "【紧急】泵房 检测到漏水(已由 王伟 确认)");
  EXPECT_EQ(message(notice(Notice::Kind::returned, leak_alarm, normal), true).subject,
            "[CRITICAL] Pump room reports water - back to normal");
}

TEST_F(MessageTest, ASummaryCountsAndNamesTheWorstFirst) {
  Notice many{Notice::Kind::summary, {}};
  for (int i = 0; i < 30; ++i)
    many.items.push_back({Notice::Kind::raised, journal.add(door_alarm, unacknowledged, at), 0, 0});
  many.items.push_back({Notice::Kind::raised, journal.add(leak_alarm, unacknowledged, at), 0, 0});
  const auto said = message(many, true);
  EXPECT_EQ(said.subject, "31 alarms (1 CRITICAL, 30 MEDIUM)");
  EXPECT_THAT(said.text, HasSubstr("31 alarms (1 CRITICAL, 30 MEDIUM)\n[CRITICAL] Pump room"));
  EXPECT_THAT(said.text, HasSubstr("... and 11 more"));
}

TEST_F(MessageTest, TheWebhookCarriesEverythingAProgramNeeds) {
  const auto raised = notice(Notice::Kind::raised, door_alarm, unacknowledged);
  const MessageWriter writer(site.notifiers[0], site, describe);
  const auto body = boost::json::parse(writer.webhook_json(raised, writer.message(raised))).as_object();
  EXPECT_EQ(body.at("id"), "cangshan-4711");
  EXPECT_EQ(body.at("kind"), "raised");
  const auto& alarm = body.at("alarms").as_array().at(0).as_object();
  EXPECT_EQ(alarm.at("event"), 4711);
  EXPECT_EQ(alarm.at("area"), "b1-f1");
  EXPECT_EQ(alarm.at("state_name"), "unacknowledged");
  EXPECT_EQ(alarm.at("message_en"), "East door is open");
}

TEST_F(MessageTest, RobotsGetTheirOwnShapeAndAreNeverGivenHalfACharacter) {
  Message long_one{"id", "s", ""};
  while (long_one.text.size() < 5000) long_one.text += "漏水";
  const auto wecom = boost::json::parse(wecom_json(long_one, {"13800000000", "all"})).as_object();
  EXPECT_EQ(wecom.at("msgtype"), "text");
  const auto& text = wecom.at("text").as_object();
  EXPECT_LE(text.at("content").as_string().size(), 2048u);
  EXPECT_EQ(text.at("mentioned_mobile_list").as_array().at(1), "@all");
  const auto dingtalk = boost::json::parse(dingtalk_json(long_one, {"13800000000"})).as_object();
  EXPECT_EQ(dingtalk.at("at").as_object().at("isAtAll"), false);
  EXPECT_EQ(dingtalk.at("at").as_object().at("atMobiles").as_array().size(), 1u);
}

TEST_F(MessageTest, AMailHasAHeaderThatSevenBitsCanCarry) {
  const auto mail = mail_text(message(notice(Notice::Kind::raised, leak_alarm, unacknowledged)), "gateway@example.org",
                              {"a@example.org", "b@example.org"}, at);
  for (const char c : mail) EXPECT_LT(static_cast<unsigned char>(c), 0x80);
  EXPECT_THAT(mail, HasSubstr("Message-ID: <cangshan-4711@example.org>\r\n"));
  EXPECT_THAT(mail, HasSubstr("Date: Sun, 23 Nov 2025 07:40:00 +0000\r\n"));
  EXPECT_THAT(mail, HasSubstr("To: <a@example.org>,\r\n <b@example.org>\r\n"));
  EXPECT_THAT(mail, HasSubstr("Subject: =?UTF-8?B?"));
}

TEST(RobotAnswer, TheTruthIsInTheErrcode) {
  const auto of = [](Notify::Kind kind, std::string body) {
    return robot_answer(kind, {Reply::Outcome::taken, "HTTP 200", {}, 200, std::move(body)}).outcome;
  };
  using enum Reply::Outcome;
  EXPECT_EQ(of(Notify::Kind::wecom, R"({"errcode":0,"errmsg":"ok"})"), taken);
  EXPECT_EQ(of(Notify::Kind::wecom, R"({"errcode":45009})"), try_again);
  EXPECT_EQ(of(Notify::Kind::wecom, R"({"errcode":93000})"), refused_us);
  EXPECT_EQ(of(Notify::Kind::dingtalk, R"({"errcode":310000,"errmsg":"sign not match"})"), refused_us);
  EXPECT_EQ(of(Notify::Kind::dingtalk, R"({"errcode":130101})"), try_again);
  EXPECT_EQ(of(Notify::Kind::dingtalk, "<html>"), refused_us);
}

}  // namespace
}  // namespace gateway

#include <gtest/gtest.h>

#include "tests/support/mosquitto.hpp"
#include "tests/support/mqtt_client.hpp"

namespace gateway {
namespace {

using test::Mosquitto;
using test::MqttClient;

MqttOptions options(const Mosquitto& broker, std::string id) {
  MqttOptions out;
  out.url = broker.url();
  out.client_id = std::move(id);
  return out;
}

// Publishing again until it arrives: QoS 1 may repeat, and a subscription takes effect a moment after the connection.
bool reaches(MqttClient& sender, MqttClient& receiver, const std::string& topic, const std::string& payload) {
  for (int i = 0; i < 100; ++i) {
    sender.session().publish(topic, payload, false);
    for (int j = 0; j < 20; ++j) {
      if (receiver.messages() > 0) return receiver.wait_message({topic, payload, false});
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  return false;
}

TEST(MqttSession, BringsMessagesAndSaysWhichWereRetained) {
  Mosquitto broker;
  broker.start();
  MqttClient sender(options(broker, "sender"));
  ASSERT_TRUE(sender.wait_connects(1));
  ASSERT_TRUE(sender.session().publish("a/door", "old", true));
  auto listening = options(broker, "listener");
  listening.subscriptions = {"a/door", "a/leak"};
  MqttClient listener(listening);
  EXPECT_TRUE(listener.wait_message({"a/door", "old", true}));
  ASSERT_TRUE(sender.session().publish("a/leak", "new", false));
  EXPECT_TRUE(listener.wait_message({"a/leak", "new", false}));
}

TEST(MqttSession, SubscribesAgainAfterTheBrokerCameBackWithoutSessions) {
  Mosquitto broker;
  broker.start();
  auto listening = options(broker, "listener");
  listening.subscriptions = {"a/door"};
  MqttClient listener(listening);
  MqttClient sender(options(broker, "sender"));
  ASSERT_TRUE(listener.wait_connects(1));
  ASSERT_TRUE(sender.wait_connects(1));
  for (int round = 1; round <= 3; ++round) {
    broker.stop();
    ASSERT_TRUE(listener.wait_losses(round));
    broker.start();
    ASSERT_TRUE(listener.wait_connects(round + 1));
    ASSERT_TRUE(sender.wait_connects(round + 1));
    listener.forget();
    EXPECT_TRUE(reaches(sender, listener, "a/door", "round " + std::to_string(round)));
  }
}

TEST(MqttSession, ConnectsWhenTheBrokerComesLater) {
  Mosquitto broker;
  broker.start();
  broker.stop();
  MqttClient client(options(broker, "early"));
  ASSERT_TRUE(client.wait_losses(1));
  broker.start();
  EXPECT_TRUE(client.wait_connects(1));
}

constexpr const char* willed_topic = "gateway/cangshan/status";

TEST(MqttSession, TheWillIsOnlineWhileWeAreThereAndOfflineAfterwards) {
  Mosquitto broker;
  broker.start();
  auto watching = options(broker, "watcher");
  watching.subscriptions = {willed_topic};
  MqttClient watcher(watching);
  MqttClient sender(options(broker, "sender"));
  ASSERT_TRUE(watcher.wait_connects(1));
  ASSERT_TRUE(sender.wait_connects(1));
  ASSERT_TRUE(reaches(sender, watcher, willed_topic, "subscribed"));
  auto willed = options(broker, "gateway");
  willed.will_topic = willed_topic;
  {
    MqttClient gateway(willed);
    ASSERT_TRUE(gateway.wait_connects(1));
    ASSERT_TRUE(watcher.wait_message({willed.will_topic, "online", false}));
  }
  EXPECT_TRUE(watcher.wait_message({willed.will_topic, "offline", false}));
  watching.client_id = "late";
  MqttClient late(watching);
  EXPECT_TRUE(late.wait_message({willed.will_topic, "offline", true}));
}

TEST(MqttSession, AWrongPasswordIsRefusedInTheBrokersWordsAndAMendedOneIsTakenAtOnce) {
  Mosquitto broker("allow_anonymous false\npassword_file FOLDER/users\n");
  broker.run("touch users && chmod 600 users && mosquitto_passwd -b users gateway right");
  broker.start();
  auto login = options(broker, "login");
  login.user = "gateway";
  login.password_file = broker.folder() / "password";
  std::ofstream(login.password_file) << "wrong\n";
  MqttClient client(login);
  ASSERT_TRUE(client.wait_reason());
  EXPECT_EQ(client.state(), MqttState::refused);
  EXPECT_EQ(client.reason(), "the broker refuses the connection: not authorised (user 'gateway', password from " +
                                 login.password_file.string() + ")");
  EXPECT_FALSE(client.session().publish("a", "b", false));
  std::error_code why;
  client.session().publish("a", "b", false, [&](Expected<void> taken) { why = taken ? why : taken.error().code; });
  EXPECT_EQ(why, std::errc::permission_denied);
  std::ofstream(login.password_file) << "right\n";
  EXPECT_TRUE(client.wait_connects(1));
}

TEST(MqttSession, AnAccountThatTheSiteDoesNotGiveIsAskedFor) {
  Mosquitto broker("allow_anonymous false\n");
  broker.start();
  MqttClient client(options(broker, "anonymous"));
  ASSERT_TRUE(client.wait_reason());
  EXPECT_EQ(client.state(), MqttState::refused);
  EXPECT_EQ(client.reason(),
            "the broker refuses the connection: not authorised (site.toml gives no user and password_file)");
}

TEST(MqttSession, AMissingPasswordIsSaidAndNotSentAsAnEmptyOne) {
  Mosquitto broker;
  broker.start();
  auto login = options(broker, "login");
  login.user = "gateway";
  login.password_file = broker.folder() / "password";
  MqttClient client(login);
  ASSERT_TRUE(client.wait_reason());
  EXPECT_EQ(client.state(), MqttState::refused);
  EXPECT_EQ(client.reason(), "the password for the broker can't be read: " + login.password_file.string() +
                                 ": No such file or directory");
  EXPECT_EQ(broker.log().find("login"), std::string::npos);
  std::ofstream(login.password_file) << "right\n";
  EXPECT_TRUE(client.wait_connects(1));
}

TEST(MqttSession, ABrokerThatIsNotThereIsTriedAgainAndNotCalledRefusing) {
  Mosquitto broker;
  broker.start();
  broker.stop();
  MqttClient client(options(broker, "early"));
  ASSERT_TRUE(client.wait_losses(1));
  EXPECT_EQ(client.state(), MqttState::retrying);
}

// By address: a minimal system does not know the name "localhost".
class MqttTls : public testing::Test {
 protected:
  Mosquitto broker{
      "allow_anonymous true\ncafile FOLDER/ca.pem\ncertfile FOLDER/server.pem\nkeyfile FOLDER/server.key\n"};
  // subject: what the server's certificate says it is for.
  void start_as(const std::string& subject) {
    broker.run(
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=test-ca -keyout ca.key "
        "-out ca.pem && "
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=broker -keyout server.key -out "
        "server.csr && "
        "printf 'subjectAltName=" +
        subject +
        "' > san && "
        "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san -out "
        "server.pem && "
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=other-ca -keyout "
        "other.key -out other.pem");
    broker.start();
  }
  MqttOptions secure(const char* ca) {
    auto out = options(broker, "secure");
    out.url = broker.url("mqtts", "127.0.0.1");
    out.ca_file = broker.folder() / ca;
    return out;
  }
};

TEST_F(MqttTls, AServerThatTheCaKnowsIsTrusted) {
  start_as("IP:127.0.0.1");
  auto both = secure("ca.pem");
  both.subscriptions = {"a"};
  MqttClient client(both);
  ASSERT_TRUE(client.wait_connects(1)) << client.reason();
  EXPECT_TRUE(reaches(client, client, "a", "over TLS"));
}

TEST_F(MqttTls, OldProtocolsAreRefused) {
  broker.also("tls_version tlsv1.1\nciphers ALL:@SECLEVEL=0\n");
  broker.limit_openssl("MinProtocol = TLSv1\nMaxProtocol = TLSv1.1\n");
  start_as("IP:127.0.0.1");
  // It does speak with whoever still speaks TLS 1.1.
  broker.run("openssl s_client -connect 127.0.0.1:" + std::to_string(broker.port()) +
             " -tls1_1 -cipher ALL:@SECLEVEL=0 < /dev/null | grep 'Cipher is ECDHE'");
  MqttClient client(secure("ca.pem"));
  EXPECT_TRUE(client.wait_losses(2));
  EXPECT_EQ(client.state(), MqttState::retrying);
}

// What OpenSSL's own defaults let through: a suite of TLS 1.0, under TLS 1.2.
TEST_F(MqttTls, NoCipherSuiteIsOfferedThatIsOlderThanTls12) {
  broker.also("tls_version tlsv1.2\nciphers ECDHE-ECDSA-AES128-SHA\n");
  broker.limit_openssl("MaxProtocol = TLSv1.2\n");
  start_as("IP:127.0.0.1");
  broker.run("openssl s_client -connect 127.0.0.1:" + std::to_string(broker.port()) +
             " < /dev/null | grep 'Cipher is ECDHE-ECDSA-AES128-SHA$'");
  MqttClient client(secure("ca.pem"));
  EXPECT_TRUE(client.wait_losses(2));
}

TEST_F(MqttTls, ABrokerOfTls12IsFine) {
  broker.also("tls_version tlsv1.2\nciphers ECDHE-ECDSA-AES128-GCM-SHA256\n");
  broker.limit_openssl("MaxProtocol = TLSv1.2\n");
  start_as("IP:127.0.0.1");
  MqttClient client(secure("ca.pem"));
  EXPECT_TRUE(client.wait_connects(1)) << client.reason();
}

TEST_F(MqttTls, AServerOfAnotherCaIsRefused) {
  start_as("IP:127.0.0.1");
  MqttClient client(secure("other.pem"));
  EXPECT_TRUE(client.wait_losses(2));
  EXPECT_FALSE(client.session().publish("a", "b", false));
}

TEST_F(MqttTls, ACertificateForAnotherNameIsRefused) {
  start_as("DNS:broker.example,IP:127.0.0.2");
  MqttClient client(secure("ca.pem"));
  EXPECT_TRUE(client.wait_losses(2));
  EXPECT_FALSE(client.session().publish("a", "b", false));
}

}  // namespace
}  // namespace gateway

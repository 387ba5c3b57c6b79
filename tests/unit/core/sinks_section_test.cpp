#include <cstdlib>
#include <fstream>

#include <gtest/gtest.h>

#include "core/site_reader.hpp"
#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

std::expected<Site, Problems> read(const std::string& keys) {
  return parse_site("[site]\nid = \"s\"\n[[sink]]\nid = \"central\"\n" + keys, "/etc/gateway/site.toml",
                    test::FakeCatalogue{});
}
Sink sink(const std::string& keys) {
  auto site = read(keys);
  if (site) return site->sinks.front();
  for (const Problem& problem : site.error()) ADD_FAILURE() << problem.text();
  return {};
}
std::string problems(const std::string& keys) {
  const auto site = read(keys);
  if (site) return "none";
  std::string all;
  for (const Problem& problem : site.error()) all += problem.text().substr(std::string{"/etc/gateway/"}.size()) + "\n";
  return all;
}

TEST(Sinks, EveryKindIsReadWithWhatItNeeds) {
  for (const std::string keys : {
           "kind = \"influx1\"\nurl = \"http://h:8086\"\ndatabase = \"d\"\nuser = \"u\"\npassword_file = \"p\"\n",
           "kind = \"influx2\"\nurl = \"https://h\"\norganisation = \"o\"\nbucket = \"b\"\ntoken_file = \"t\"\n",
           "kind = \"influx3\"\nurl = \"https://h:8181\"\ndatabase = \"d\"\ntoken_file = \"t\"\n",
           "kind = \"victoriametrics\"\nurl = \"http://h:8480/insert/0/influx\"\n",
           "kind = \"victoriametrics\"\nurl = \"http://h\"\ndatabase = \"d\"\ntoken_file = \"t\"\n",
           "kind = \"questdb\"\nurl = \"http://h:9000\"\ntoken_file = \"t\"\n",
           "kind = \"greptimedb\"\nurl = \"http://h:4000\"\nuser = \"u\"\npassword_file = \"p\"\n",
           "kind = \"tdengine\"\nurl = \"http://h:6041\"\ndatabase = \"d\"\nuser = \"u\"\npassword_file = \"p\"\n",
           "kind = \"line_protocol\"\nurl = \"https://h/i?precision=ms\"\ntoken_file = \"t\"\ntoken_scheme = 'Token'\n",
           "kind = \"mqtt\"\nurl = \"mqtts://h:8883\"\nuser = \"u\"\npassword_file = \"p\"\nca_file = \"ca.pem\"\n",
       }) {
    EXPECT_EQ(problems(keys), "none") << keys;
  }
}

TEST(Sinks, DefaultsAreWhatTheDocsSay) {
  const Sink influx = sink("kind = \"influx1\"\nurl = \"http://h:8086\"\ndatabase = \"d\"\n");
  EXPECT_EQ(influx.timeout, 10s);
  EXPECT_EQ(influx.backlog_bytes_per_s, 4'000'000U);
  EXPECT_TRUE(influx.gzip);
  EXPECT_FALSE(sink("kind = \"questdb\"\nurl = \"http://h:9000\"\n").gzip);
  EXPECT_EQ(sink("kind = \"greptimedb\"\nurl = \"http://h:4000\"\n").database, "public");
  const Sink mqtt = sink("kind = \"mqtt\"\nurl = \"mqtt://h:1883\"\n");
  EXPECT_EQ(mqtt.topic, "compound-gateway/s/points");
  EXPECT_EQ(mqtt.client_id, "gateway-s-central");
  EXPECT_EQ(mqtt.most_message_bytes, 64'000U);
}

TEST(Sinks, AFingerprintIsTakenAsOpensslPrintsIt) {
  std::string printed;
  for (int i = 0; i < 32; ++i) printed += (i > 0 ? ":" : "") + std::string{"AB"};
  std::string wanted;
  for (int i = 0; i < 32; ++i) wanted += "ab";
  EXPECT_EQ(
      sink("kind = \"questdb\"\nurl = \"https://h\"\ncertificate_sha256 = \"" + printed + "\"\n").certificate_sha256,
      wanted);
}

TEST(Sinks, AFileIsACredentialOrLiesBesideTheSite) {
  const std::string keys = "kind = \"influx3\"\nurl = \"https://h\"\ndatabase = \"d\"\ntoken_file = ";
  ::unsetenv("CREDENTIALS_DIRECTORY");
  EXPECT_EQ(sink(keys + "\"token\"\n").token_file, "/etc/gateway/credentials/token") << "it belongs there";
  EXPECT_EQ(sink(keys + "\"secrets/token\"\n").token_file, "/etc/gateway/secrets/token");
  EXPECT_EQ(sink(keys + "\"/run/token\"\n").token_file, "/run/token");
  const test::TemporaryFolder credentials;
  std::ofstream{credentials.path() / "token"} << "t";
  std::ofstream{credentials.path() / "site_password"} << "p";
  ::setenv("CREDENTIALS_DIRECTORY", credentials.path().c_str(), 1);
  EXPECT_EQ(sink(keys + "\"token\"\n").token_file, credentials.path() / "token");
  EXPECT_EQ(sink(keys + "\"password\"\n").token_file, credentials.path() / "site_password");
  EXPECT_EQ(sink(keys + "\"secrets/token\"\n").token_file, "/etc/gateway/secrets/token");
  EXPECT_EQ(sink(keys + "\"none-such\"\n").token_file, "/etc/gateway/credentials/none-such");
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

// `gateway sink test` is run by a person, without a service that hands the credentials over.
TEST(Sinks, OutsideOfTheServiceACredentialIsFoundWhereTheServiceHasItFrom) {
  const test::TemporaryFolder folder;
  const auto token_of = [&](const std::string& name) {
    const auto site = parse_site(
        "[site]\nid = \"s\"\n[[sink]]\nid = \"central\"\nkind = \"influx3\"\nurl = \"https://h\"\ndatabase = "
        "\"d\"\ntoken_file = \"" +
            name + "\"\n",
        folder.path() / "site.toml", test::FakeCatalogue{});
    return site ? site->sinks.front().token_file : std::filesystem::path{};
  };
  ::unsetenv("CREDENTIALS_DIRECTORY");
  std::filesystem::create_directory(folder.path() / "credentials");
  std::ofstream{folder.path() / "credentials" / "token"} << "t";
  std::ofstream{folder.path() / "beside"} << "t";
  EXPECT_EQ(token_of("token"), folder.path() / "credentials" / "token");
  EXPECT_EQ(token_of("beside"), folder.path() / "beside");
  std::ofstream{folder.path() / "token"} << "t";
  EXPECT_EQ(token_of("token"), folder.path() / "credentials" / "token") << "the same one that the service takes";
  EXPECT_EQ(token_of("./token"), folder.path() / "./token") << "with a slash it is no credential";
  EXPECT_EQ(token_of("none-such"), folder.path() / "credentials" / "none-such");
  const test::TemporaryFolder handed_over;
  std::ofstream{handed_over.path() / "site_token"} << "t";
  ::setenv("CREDENTIALS_DIRECTORY", handed_over.path().c_str(), 1);
  EXPECT_EQ(token_of("token"), handed_over.path() / "site_token");
  ::unsetenv("CREDENTIALS_DIRECTORY");
}

TEST(Sinks, OfACopyOfTheSiteFilesLieWhereTheOriginalIs) {
  const test::TemporaryFolder data;
  std::ofstream{data.path() / "site.last-good.toml"} << "[site]\nid = \"s\"\n[[sink]]\nid = \"central\"\nkind = "
                                                        "\"questdb\"\nurl = \"https://h\"\nca_file = \"ca.pem\"\n";
  const auto site = read_site(data.path() / "site.last-good.toml", "/etc/gateway/site.toml", test::FakeCatalogue{});
  ASSERT_TRUE(site);
  EXPECT_EQ(site->sinks.front().ca_file, "/etc/gateway/ca.pem");
}

TEST(Sinks, EachMistakeIsToldWithItsPlaceAndWhatWouldBeRight) {
  const std::string influx = "kind = \"influx1\"\ndatabase = \"d\"\n";
  EXPECT_EQ(problems(influx + "url = \"h:8086\"\n"),
            "site.toml:7:7: 'h:8086' is not an HTTP address; write http://host:8086 or https://host:8086\n");
  EXPECT_EQ(problems(influx + "url = \"http://h:80x\"\n"),
            "site.toml:7:7: 'http://h:80x' is no address to write to; '80x' is no port\n");
  EXPECT_NE(problems(influx + "url = \"http://h/write?db=x\"\n").find("line_protocol"), std::string::npos);
  EXPECT_NE(problems(influx + "url = \"http://[::1\"\n").find("the host is missing"), std::string::npos);
  EXPECT_NE(problems(influx + "url = \"http://h\"\nuser = \"u\"\n").find("add password_file"), std::string::npos);
  EXPECT_NE(problems(influx + "url = \"http://h\"\npassword_file = \"p\"\n").find("add user"), std::string::npos);
  EXPECT_NE(problems(influx + "url = \"http://h\"\nca_file = \"p\"\n").find("write https://"), std::string::npos);
  EXPECT_NE(problems(influx + "url = \"https://h\"\ncertificate_sha256 = \"abc\"\n").find("64 hexadecimal digits"),
            std::string::npos);
  EXPECT_NE(problems(influx + "url = \"http://h\"\nbacklog_rate = \"10 B/s\"\n").find("less than 1 kB/s"),
            std::string::npos);
  EXPECT_EQ(problems("kind = \"influx2\"\nurl = \"http://h\"\nbucket = \"b\"\ndatabase = \"d\"\n").find("'database'") !=
                std::string::npos,
            true);
  EXPECT_NE(problems("kind = \"line_protocol\"\nurl = \"http://h/write\"\n").find("?precision=ms"), std::string::npos);
  EXPECT_NE(problems("kind = \"mqtt\"\nurl = \"http://h\"\n").find("mqtt://host:1883"), std::string::npos);
  EXPECT_NE(problems("kind = \"mqtt\"\nurl = \"mqtt://h\"\ntopic = \"a/#\"\n").find("has no '+' or '#'"),
            std::string::npos);
  EXPECT_NE(problems("kind = \"tdengine\"\nurl = \"http://h\"\ndatabase = \"d\"\nuser = \"u\"\npassword_file = "
                     "\"p\"\ntoken_file = \"t\"\n")
                .find("not with both"),
            std::string::npos);
  EXPECT_NE(problems("kind = \"influxdb\"\nurl = \"http://h\"\n").find("influx1"), std::string::npos);
}

// Mistakes go to the log, and to whoever may look at the system page.
TEST(Sinks, APasswordInAnAddressIsRefusedAndNotRepeated) {
  const std::string expected =
      "site.toml:7:7: there is a user, a password or a token in the address; addresses are shown on pages and told in "
      "the log: take it out, and write user and password_file, or token_file\n";
  EXPECT_EQ(problems("kind = \"influx1\"\ndatabase = \"d\"\nurl = \"http://me:secret@h\"\n"), expected);
  EXPECT_EQ(problems("kind = \"influx1\"\ndatabase = \"d\"\nurl = \"me:secret@h\"\n"), expected);
  for (const std::string login :
       {"u=me&p=secret", "precision=ms&Token=secret", "access_token=secret", "db=d&password=secret", "key=secret",
        "apikey=secret", "api_key=secret", "x-api-key=secret", "auth=secret", "sign=secret", "sig=secret", "pwd=secret",
        "passwd=secret", "client_secret=secret", "accessToken=secret", "precision=ms;token=secret"})
    EXPECT_EQ(problems("kind = \"line_protocol\"\n#\nurl = \"http://h/write?" + login + "\"\n"), expected) << login;
  EXPECT_EQ(problems("kind = \"line_protocol\"\nurl = \"http://h/write?precision=ms&up=1&author=me&keys=2\"\n"),
            "none");
}

// They would write lines of their own into a request's head, and into the log.
TEST(Sinks, AnAddressHoldsNoControlCharacters) {
  for (const std::string stray : {" ", "\\r\\nX-Evil: 1", "\\n", "\\t", "\\u0000", "\\u001b[2J", "\\u007f"}) {
    const auto told = problems("kind = \"line_protocol\"\n#\nurl = \"http://h/x" + stray + "?precision=ms\"\n");
    EXPECT_NE(told.find("another control character in the address"), std::string::npos) << told;
    EXPECT_EQ(told.find("Evil"), std::string::npos) << told;
  }
}

// What a mistake in an address says of it is where it leads, not what may be a secret behind.
TEST(Sinks, AMistakeInAnAddressDoesNotRepeatItsQuery) {
  for (const std::string keys : {"kind = \"line_protocol\"\nurl = \"http://h/write?tenant=mine\"\n",
                                 "kind = \"line_protocol\"\nurl = \"htp://h/write?precision=ms&tenant=mine\"\n",
                                 "kind = \"line_protocol\"\nurl = \"http://h:x/write?precision=ms&tenant=mine\"\n",
                                 "kind = \"influx1\"\ndatabase = \"d\"\nurl = \"http://h/write?tenant=mine\"\n"}) {
    EXPECT_NE(problems(keys), "none");
    EXPECT_EQ(problems(keys).find("mine"), std::string::npos) << problems(keys);
  }
}

TEST(Sinks, NorMayTheBrokerOrWhoTellsPeopleHaveOne) {
  const auto told = [](const std::string& text) {
    const auto site = parse_site("[site]\nid = \"s\"\nname = \"S\"\n" + text, "site.toml", test::FakeCatalogue{});
    std::string all;
    if (!site)
      for (const auto& problem : site.error()) all += problem.text() + "\n";
    return all;
  };
  for (const std::string text :
       {"[broker]\nurl = \"mqtt://me:secret@h\"\n", "[broker]\nurl = \"tcp://me:secret@h\"\n",
        "[[notify]]\nid = \"m\"\nkind = \"mqtt\"\nurl = \"mqtt://me:secret@h\"\n",
        "[[notify]]\nid = \"m\"\nkind = \"webhook\"\nurl = \"https://me:secret@h\"\n",
        "[[notify]]\nid = \"m\"\nkind = \"email\"\nfrom = \"a@b\"\nto = [\"a@b\"]\nurl = \"smtps://me:secret@h\"\n"}) {
    EXPECT_NE(told(text).find("in the address"), std::string::npos) << text << told(text);
    EXPECT_EQ(told(text).find("secret"), std::string::npos) << told(text);
  }
  // A robot's address is its secret, all of it but the host.
  for (const std::string url : {"htps://h/services/secret", "h/hook?key=secret", "https://h/hook?key=secret\\nX: 1"}) {
    const auto text = "[[notify]]\nid = \"m\"\nkind = \"webhook\"\nurl = \"" + url + "\"\n";
    EXPECT_NE(told(text), "") << url;
    EXPECT_EQ(told(text).find("secret"), std::string::npos) << told(text);
  }
  EXPECT_NE(told("[broker]\nurl = \"mqtt://h\\r\\nx\"\n").find("control character in the address"), std::string::npos);
}

}  // namespace
}  // namespace gateway

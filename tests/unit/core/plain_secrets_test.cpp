#include "core/plain_secrets.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/site.hpp"
#include "core/site_reader.hpp"
#include "tests/support/fake_catalogue.hpp"

namespace gateway {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::StartsWith;

std::vector<std::string> told(const std::string& text) {
  const auto site = parse_site("[site]\nid = \"s\"\n" + text, "site.toml", test::FakeCatalogue{});
  if (!site) {
    for (const auto& problem : site.error()) ADD_FAILURE() << problem.text();
    return {};
  }
  return plain_secrets(*site);
}

TEST(PlainSecrets, EachThatGoesOverTheNetworkWithoutTlsIsTold) {
  const auto lines = [](const std::string& scheme, const std::string& mqtt, const std::string& host) {
    return told("[broker]\nurl = \"" + mqtt + host + "\"\nuser = \"u\"\npassword_file = \"p\"\n" +
                "[[sink]]\nid = \"a\"\nkind = \"influx2\"\nbucket = \"b\"\ntoken_file = \"t\"\nurl = \"" + scheme +
                host + "\"\n[[sink]]\nid = \"b\"\nkind = \"influx1\"\ndatabase = \"d\"\nuser = \"u\"\n" +
                "password_file = \"p\"\nurl = \"" + scheme + host + "/x\"\n" +
                "[[notify]]\nid = \"c\"\nkind = \"webhook\"\ntoken_file = \"t\"\nurl = \"" + scheme + host +
                "/y\"\n[[notify]]\nid = \"d\"\nkind = \"webhook\"\nurl = \"" + scheme + host + "/y?key=z\"\n" +
                "[[notify]]\nid = \"e\"\nkind = \"mqtt\"\n");
  };
  EXPECT_THAT(lines("http://", "mqtt://", "10.0.0.5"),
              ElementsAre("[broker]: its password goes to mqtt://10.0.0.5 in plain text, for everybody on the way to "
                          "read; mqtts:// would be right",
                          StartsWith("sink a: its token goes to http://10.0.0.5 in plain text"),
                          StartsWith("sink b: its password goes to http://10.0.0.5 in plain text"),
                          StartsWith("notify c: its token goes to http://10.0.0.5 in plain text"),
                          StartsWith("notify d: what its address has behind the '?' goes to http://10.0.0.5 in"),
                          StartsWith("notify e: its password goes to mqtt://10.0.0.5 in plain text")));
  EXPECT_THAT(lines("https://", "mqtts://", "10.0.0.5"), IsEmpty());
  EXPECT_THAT(lines("http://", "mqtt://", "localhost"), IsEmpty());
}

TEST(PlainSecrets, ADashboardOnTheNetworkWithoutTlsIsTold) {
  EXPECT_THAT(told("[web]\nlisten = \"0.0.0.0:8080\"\n"),
              ElementsAre(StartsWith("[web]: passwords of the dashboard go over the network in plain text")));
  EXPECT_THAT(told("[web]\nlisten = \"0.0.0.0:8080\"\ntls = \"self-signed\"\n"), IsEmpty());
  EXPECT_THAT(told("[web]\nlisten = \"127.0.0.1:8080\"\n"), IsEmpty());
  EXPECT_THAT(told("[web]\nlisten = \"[::1]:8080\"\n"), IsEmpty());
}

TEST(PlainSecrets, WhatSendsNoSecretIsNotTold) {
  EXPECT_THAT(told("[broker]\nurl = \"mqtt://10.0.0.5\"\n"
                   "[[sink]]\nid = \"a\"\nkind = \"influx1\"\ndatabase = \"d\"\nurl = \"http://10.0.0.5\"\n"
                   // What a message is signed with is not sent; mail needs TLS.
                   "[[notify]]\nid = \"c\"\nkind = \"webhook\"\nsecret_file = \"t\"\nurl = \"http://10.0.0.5\"\n"
                   "[[notify]]\nid = \"d\"\nkind = \"email\"\nurl = \"smtp://10.0.0.5\"\nuser = \"u\"\n"
                   "password_file = \"p\"\nfrom = \"a@b\"\nto = [\"a@b\"]\n"),
              IsEmpty());
}

TEST(PlainSecrets, ALoopbackIsNoNetwork) {
  for (const auto* url :
       {"http://127.0.0.1:8086", "http://127.1.2.3", "http://localhost:80/x", "http://[::1]:8086", "mqtt://localhost"})
    EXPECT_TRUE(is_loopback(url)) << url;
  for (const auto* url : {"http://127.example.org", "http://localhost.example.org", "http://10.0.0.5/127.0.0.1",
                          "http://[fe80::1]", "http://[::12]"})
    EXPECT_FALSE(is_loopback(url)) << url;
}

}  // namespace
}  // namespace gateway

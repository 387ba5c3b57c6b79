#include "cloud-sync/influx/endpoint.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "tests/support/store_site.hpp"

namespace gateway {
namespace {

Sink sink(std::string url) {
  Sink made;
  made.id = "central";
  made.kind = Sink::Kind::influx1;
  made.url = std::move(url);
  made.database = "energy & water";
  return made;
}

TEST(Endpoint, TakesUrlsApart) {
  const auto plain = endpoint_of(sink("http://store.example:8086"));
  ASSERT_TRUE(plain);
  EXPECT_FALSE(plain->tls);
  EXPECT_EQ(plain->host, "store.example");
  EXPECT_EQ(plain->authority(), "store.example:8086");
  EXPECT_EQ(plain->target, "/write?precision=ms&db=energy%20%26%20water");
  const auto secure = endpoint_of(sink("https://[2001:db8::1]/insert/7/influx/"));
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->port, "443");
  EXPECT_EQ(secure->authority(), "[2001:db8::1]");
  EXPECT_TRUE(secure->target.starts_with("/insert/7/influx/write?precision=ms&db="));
}

TEST(Endpoint, Influx2NamesOrganisationAndBucket) {
  Sink two = sink("http://h:1");
  two.kind = Sink::Kind::influx2;
  two.organisation = "区";
  two.bucket = "b";
  EXPECT_EQ(endpoint_of(two)->target, "/api/v2/write?precision=ms&org=%E5%8C%BA&bucket=b");
}

TEST(Endpoint, EveryKindHasItsWriteApi) {
  const std::tuple<Sink::Kind, const char*, const char*> table[] = {
      {Sink::Kind::influx3, "http://h:8181",
       "/api/v3/write_lp?precision=millisecond&accept_partial=false&no_sync=false&db=d"},
      {Sink::Kind::victoriametrics, "http://vminsert:8480/insert/7/influx", "/insert/7/influx/write?precision=ms&db=d"},
      {Sink::Kind::questdb, "http://h:9000/", "/write?precision=ms"},
      {Sink::Kind::greptimedb, "http://h:4000", "/v1/influxdb/api/v2/write?precision=ms&bucket=d"},
      {Sink::Kind::tdengine, "http://h:6041", "/influxdb/v1/write?precision=ms&db=d"},
      {Sink::Kind::line_protocol, "https://h/ingest?precision=ms&key=a%20b", "/ingest?precision=ms&key=a%20b"},
      {Sink::Kind::line_protocol, "https://h?precision=ms", "/?precision=ms"},
  };
  for (const auto& [kind, url, target] : table) {
    Sink made = sink(url);
    made.kind = kind;
    made.database = "d";
    const auto endpoint = endpoint_of(made);
    ASSERT_TRUE(endpoint) << url;
    EXPECT_EQ(endpoint->target, target);
  }
}

TEST(Endpoint, WhatIsNoUrlIsSaidSo) {
  for (const char* url :
       {"", "ftp://x", "http://", "http://h:80x", "http://user:secret@h", "http://h/?q=1", "http://[::1"})
    EXPECT_FALSE(endpoint_of(sink(url))) << url;
}

TEST(Authorization, ReadsTheSecretAnewWhenItsFileChanges) {
  const test::TemporaryFolder folder;
  Sink two = sink("http://h");
  two.kind = Sink::Kind::influx2;
  two.token_file = folder.path() / "token";
  Authorization authorization{two};
  EXPECT_FALSE(authorization.header());
  EXPECT_FALSE(authorization.changed());
  std::ofstream{two.token_file} << "abc\n";
  EXPECT_TRUE(authorization.changed());
  EXPECT_EQ(authorization.header(), "Token abc");
  EXPECT_FALSE(authorization.changed());
  std::ofstream{two.token_file} << "longer\n";
  EXPECT_TRUE(authorization.changed());
  EXPECT_EQ(authorization.header(), "Token longer");
}

TEST(Authorization, ASecretCantWriteHeadersOfItsOwn) {
  const test::TemporaryFolder folder;
  Sink two = sink("http://h");
  two.kind = Sink::Kind::influx2;
  two.token_file = folder.path() / "token";
  std::ofstream{two.token_file} << "abc\r\nX-Evil: 1\n";
  EXPECT_FALSE(Authorization{two}.header());
}

TEST(Authorization, EveryKindSaysItsSecretAsItsEngineWantsIt) {
  const test::TemporaryFolder folder;
  const auto file = folder.path() / "secret";
  std::ofstream{file} << "s";
  const auto with_token = [&](Sink::Kind kind) {
    Sink made = sink("http://h");
    made.kind = kind;
    made.token_file = file;
    return Authorization{made}.header().value_or("none");
  };
  EXPECT_EQ(with_token(Sink::Kind::influx2), "Token s");
  EXPECT_EQ(with_token(Sink::Kind::influx3), "Bearer s");
  EXPECT_EQ(with_token(Sink::Kind::victoriametrics), "Bearer s");
  EXPECT_EQ(with_token(Sink::Kind::questdb), "Bearer s");
  EXPECT_EQ(with_token(Sink::Kind::tdengine), "Bearer s");
  Sink any = sink("http://h");
  any.kind = Sink::Kind::line_protocol;
  any.token_file = file;
  any.token_scheme = "Token";
  EXPECT_EQ(Authorization{any}.header(), "Token s");
  Sink greptime = sink("http://h");
  greptime.kind = Sink::Kind::greptimedb;
  greptime.user = "u";
  greptime.password_file = file;
  EXPECT_EQ(Authorization{greptime}.header(), "token u:s");
}

TEST(Authorization, BasicIsBase64OfUserAndPassword) {
  const test::TemporaryFolder folder;
  Sink one = sink("http://h");
  one.user = "Aladdin";
  one.password_file = folder.path() / "password";
  std::ofstream{one.password_file} << "open sesame";
  EXPECT_EQ(Authorization{one}.header(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");  // RFC 7617
}

}  // namespace
}  // namespace gateway

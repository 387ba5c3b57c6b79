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
  EXPECT_EQ(plain->target, "/write?db=energy%20%26%20water&precision=ms");
  const auto secure = endpoint_of(sink("https://[2001:db8::1]/insert/7/influx/"));
  ASSERT_TRUE(secure);
  EXPECT_TRUE(secure->tls);
  EXPECT_EQ(secure->port, "443");
  EXPECT_EQ(secure->authority(), "[2001:db8::1]");
  EXPECT_TRUE(secure->target.starts_with("/insert/7/influx/write?db="));
}

TEST(Endpoint, Influx2NamesOrganisationAndBucket) {
  Sink two = sink("http://h:1");
  two.kind = Sink::Kind::influx2;
  two.organisation = "区";
  two.bucket = "b";
  EXPECT_EQ(endpoint_of(two)->target, "/api/v2/write?org=%E5%8C%BA&bucket=b&precision=ms");
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

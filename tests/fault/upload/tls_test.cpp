// FAULTS 23: whom the upload trusts. A certificate that is not right is refused before a word is said, the data is
// kept, the reason is visible, and there is no way to plain text.
#include <netdb.h>

#include "tests/fault/upload/upload_fault.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::ScriptedStore;
using test::WriteRequest;

class UploadTls : public test::UploadFault {
 protected:
  Site site_with(const ScriptedStore& far_end, const std::string& trust, std::string_view host = "127.0.0.1") const {
    return test::store_site(sink_for(far_end.port(), "central", "database = \"energy\"\ntimeout = \"2s\"\n" + trust,
                                     "influx1", "https", host));
  }
  // Trusts `authority`.
  std::string ca_file() const {
    authority.write(folder.path() / "ca.pem");
    return "ca_file = \"" + (folder.path() / "ca.pem").string() + "\"\n";
  }
  void expect_delivered(const Certificate& shown, const std::string& trust, std::string_view host = "127.0.0.1") {
    ScriptedStore far_end(accepting, &shown);
    const Site site = site_with(far_end, trust, host);
    test::Pushing gateway{site, clock, folder.path() / "data"};
    keep(gateway, site, 4);
    ASSERT_TRUE(gateway.delivered_everything()) << gateway.status().last_error;
    expect_whole(gateway, far_end);
  }
  // Returns what the sync page says.
  std::string expect_refused(const Certificate& shown, const std::string& trust, std::string_view reason,
                             std::string_view host = "127.0.0.1") {
    ScriptedStore far_end(accepting, &shown);
    const Site site = site_with(far_end, trust, host);
    test::Pushing gateway{site, clock, folder.path() / "data"};
    keep(gateway, site, 4);
    EXPECT_TRUE(gateway.kept_everything());
    EXPECT_TRUE(test::eventually([&] { return gateway.status().retries >= 2; }));
    const SinkStatus status = gateway.status();
    EXPECT_EQ(status.state, SinkStatus::State::refused);
    EXPECT_NE(status.last_error.find(reason), std::string::npos) << status.last_error;
    EXPECT_EQ(far_end.requests(), 0);
    EXPECT_EQ(far_end.clear_text(), "");
    EXPECT_EQ(gateway.figures().queued_lines, 4U);
    expect_whole(gateway, far_end);
    return status.last_error;
  }
  // A minimal system does not know the name.
  static bool knows_localhost() {
    addrinfo* found = nullptr;
    if (::getaddrinfo("localhost", nullptr, nullptr, &found) != 0) return false;
    ::freeaddrinfo(found);
    return true;
  }

  static std::string accepting(const WriteRequest&) { return std::string{ScriptedStore::accept}; }
  const Certificate authority = Certificate::authority("test-ca");
};

TEST_F(UploadTls, WhatTheGivenAuthorityIssuedForThisAddressIsTrusted) {
  expect_delivered(authority.issue("IP:127.0.0.1"), ca_file());
}

TEST_F(UploadTls, AndForThisName) {
  if (!knows_localhost()) GTEST_SKIP() << "this system does not know the name localhost";
  expect_delivered(authority.issue("DNS:localhost"), ca_file(), "localhost");
}

TEST_F(UploadTls, ExpiredIsRefused) {
  expect_refused(authority.issue("IP:127.0.0.1", {-30, -1}), ca_file(), "certificate has expired");
}

TEST_F(UploadTls, NotYetValidIsRefusedAndTellsWhatTimeThisBoxTakesItToBe) {
  const std::string told =
      expect_refused(authority.issue("IP:127.0.0.1", {5, 30}), ca_file(), "certificate is not yet valid");
  EXPECT_NE(told.find("this box's clock says 20"), std::string::npos) << told;
}

TEST_F(UploadTls, ForAnotherAddressIsRefused) {
  expect_refused(authority.issue("IP:10.0.0.5"), ca_file(), "IP address mismatch");
}

TEST_F(UploadTls, ForAnotherNameIsRefused) {
  if (!knows_localhost()) GTEST_SKIP() << "this system does not know the name localhost";
  expect_refused(authority.issue("DNS:store.example"), ca_file(), "hostname mismatch", "localhost");
}

TEST_F(UploadTls, FromAnUnknownAuthorityIsRefused) {
  const Certificate other = Certificate::authority("other-ca");
  expect_refused(other.issue("IP:127.0.0.1"), ca_file(), "unable to get local issuer certificate");
}

TEST_F(UploadTls, OfTheSystemsAuthoritiesNoneKnowsIt) {
  expect_refused(authority.issue("IP:127.0.0.1"), "", "certificate refused");
}

TEST_F(UploadTls, APinnedCertificateIsTrustedWhoeverSignedItAndForWhomever) {
  const Certificate own = Certificate::authority("some-box");  // signed by itself, with no address in it
  expect_delivered(own, "certificate_sha256 = \"" + own.sha256() + "\"\n");
}

TEST_F(UploadTls, AnotherThanThePinnedIsRefusedAlsoWhenAnAuthorityKnowsIt) {
  const Certificate pinned = authority.issue("IP:127.0.0.1");
  expect_refused(authority.issue("IP:127.0.0.1"), "certificate_sha256 = \"" + pinned.sha256() + "\"\n",
                 "it is not the pinned one; its SHA-256 is");
}

TEST_F(UploadTls, APinnedCertificateThatHasExpiredIsRefused) {
  const Certificate old = authority.issue("IP:127.0.0.1", {-30, -1});
  expect_refused(old, "certificate_sha256 = \"" + old.sha256() + "\"\n", "certificate has expired");
}

// The certificate says that it is the server that was meant: its empty 200 may be an engine's.
TEST_F(UploadTls, AnEmpty200OfAnUnknownEngineThatIsProvenIsAnAcknowledgement) {
  const Certificate shown = authority.issue("IP:127.0.0.1");
  ScriptedStore far_end([](const WriteRequest&) { return test::http_answer(200, ""); }, &shown);
  const Site site =
      test::store_site("\n[[sink]]\nid = \"central\"\nkind = \"line_protocol\"\nurl = \"https://127.0.0.1:" +
                       std::to_string(far_end.port()) + "/in?precision=ms\"\n" + ca_file());
  test::Pushing gateway{site, clock, folder.path() / "data"};
  keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything()) << gateway.status().last_error;
}

TEST_F(UploadTls, AMissingCaFileIsSaidSoAndARightOneCountsWithoutARestart) {
  const Certificate shown = authority.issue("IP:127.0.0.1");
  ScriptedStore far_end(accepting, &shown);
  const Site site = site_with(far_end, "ca_file = \"" + (folder.path() / "ca.pem").string() + "\"\n");
  test::Pushing gateway{site, clock, folder.path() / "data"};
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().state == SinkStatus::State::refused; }));
  EXPECT_NE(gateway.status().last_error.find("ca.pem"), std::string::npos);
  authority.write(folder.path() / "ca.pem");
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

// Somebody in between who takes TLS away: https stays https.
TEST_F(UploadTls, AServerWithoutTlsIsSpokenToInTlsOnly) {
  ScriptedStore far_end([](const WriteRequest&) { return test::http_answer(400, "plain HTTP request"); });
  const Site site = site_with(far_end, ca_file());
  test::Pushing gateway{site, clock, folder.path() / "data"};
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().retries >= 1; }));
  EXPECT_EQ(far_end.requests(), 0);
  expect_whole(gateway, far_end);
}

}  // namespace
}  // namespace gateway

#include "cloud-sync/influx/tls.hpp"

#include <array>
#include <ctime>
#include <memory>

#include <boost/asio/ip/address.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace gateway {
namespace {

namespace ssl = boost::asio::ssl;

struct FreeCertificate {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
using Certificate = std::unique_ptr<X509, FreeCertificate>;

// With a pin the chain and the name do not matter, the dates still do.
int look_at_dates_only(int preverified, X509_STORE_CTX* verification) {
  if (preverified != 0) return 1;
  switch (X509_STORE_CTX_get_error(verification)) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return 0;
    default:
      X509_STORE_CTX_set_error(verification, X509_V_OK);
      return 1;
  }
}

std::string fingerprint(const X509& certificate) {
  constexpr std::string_view hex = "0123456789abcdef";
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  std::string text;
  if (X509_digest(&certificate, EVP_sha256(), digest.data(), &length) != 1) return text;
  for (unsigned i = 0; i < length; ++i) text += {hex[digest[i] >> 4], hex[digest[i] & 15]};
  return text;
}

std::string when(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return "?";
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts)};
}

// What OpenSSL compares with; only for the words of the refusal.
std::string box_time() {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::array<char, 32> text{};
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M UTC", &parts)};
}

}  // namespace

Expected<ssl::context> tls_context(const Sink& sink) {
  ssl::context context{ssl::context::tls_client};
  boost::system::error_code error;
  context.set_options(ssl::context::default_workarounds | ssl::context::no_tlsv1 | ssl::context::no_tlsv1_1, error);
  context.set_verify_mode(ssl::verify_peer, error);
  if (sink.ca_file.empty()) {
    context.set_default_verify_paths(error);
  } else {
    context.load_verify_file(sink.ca_file.string(), error);
  }
  if (error)
    return failure(std::errc::permission_denied, "certificates " + sink.ca_file.string() + ": " + error.message());
  return context;
}

Expected<void> expect_host(SSL* connection, const std::string& host, const Sink& sink) {
  boost::system::error_code no_address;
  boost::asio::ip::make_address(host, no_address);
  const bool name = static_cast<bool>(no_address);
  // RFC 6066 allows names only.
  if (name) SSL_set_tlsext_host_name(connection, host.c_str());
  if (!sink.certificate_sha256.empty()) {
    SSL_set_verify(connection, SSL_VERIFY_PEER, look_at_dates_only);
    return {};
  }
  X509_VERIFY_PARAM* expected = SSL_get0_param(connection);
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const int set = name ? X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size())
                       : X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str());
  if (set != 1) return failure(std::errc::invalid_argument, "host " + host);
  return {};
}

std::string certificate_problem(SSL* connection, const Sink& sink) {
  const Certificate certificate{SSL_get1_peer_certificate(connection)};
  const long verified = SSL_get_verify_result(connection);
  switch (verified) {
    case X509_V_OK:
      break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: {
      std::string why = X509_verify_cert_error_string(verified);
      if (certificate)
        why += " (valid from " + when(X509_get0_notBefore(certificate.get())) + " to " +
               when(X509_get0_notAfter(certificate.get())) + ")";
      return why + "; this box's clock says " + box_time();
    }
    default:
      return X509_verify_cert_error_string(verified);
  }
  if (sink.certificate_sha256.empty()) return {};
  if (!certificate) return "the server shows none";
  const std::string shown = fingerprint(*certificate);
  return shown == sink.certificate_sha256 ? std::string{} : "it is not the pinned one; its SHA-256 is " + shown;
}

}  // namespace gateway

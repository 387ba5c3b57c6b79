#include "firmware-gateway/web/certificate.hpp"

#include <array>
#include <memory>

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "core/replace_file.hpp"

namespace gateway {
namespace {

template <auto Free>
struct FreedBy {
  template <class T>
  void operator()(T* thing) const noexcept {
    Free(thing);
  }
};
using Key = std::unique_ptr<EVP_PKEY, FreedBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreedBy<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreedBy<X509_EXTENSION_free>>;
using Number = std::unique_ptr<BIGNUM, FreedBy<BN_free>>;
using Memory = std::unique_ptr<BIO, FreedBy<BIO_free_all>>;

bool is_address(const std::string& name) {
  std::array<unsigned char, 16> bytes{};
  return ::inet_pton(AF_INET, name.c_str(), bytes.data()) == 1 ||
         ::inet_pton(AF_INET6, name.c_str(), bytes.data()) == 1;
}

// "DNS:box,IP:10.0.0.5"
std::string alternative_names(const std::vector<std::string>& names) {
  std::string text;
  for (const auto& name : names) {
    if (!text.empty()) text += ',';
    text.append(is_address(name) ? "IP:" : "DNS:").append(name);
  }
  return text;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str())};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> random{};
  if (RAND_bytes(random.data(), random.size()) != 1) return false;
  random[0] &= 0x7F;
  const Number number{BN_bin2bn(random.data(), random.size(), nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool set_name(X509* certificate, const std::string& name) {
  auto* subject = X509_get_subject_name(certificate);
  const auto add = [&](const char* field, std::string_view value) {
    return X509_NAME_add_entry_by_txt(subject, field, MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(value.data()),
                                      static_cast<int>(value.size()), -1, 0) == 1;
  };
  return add("O", "Compound Gateway") && add("CN", std::string_view{name}.substr(0, 64)) &&
         X509_set_issuer_name(certificate, subject) == 1;
}

Certificate make(EVP_PKEY* key, const std::vector<std::string>& names) {
  Certificate certificate{X509_new()};
  if (!certificate) return {};
  auto* raw = certificate.get();
  const bool good = X509_set_version(raw, 2) == 1 && set_serial(raw) && set_name(raw, names.front()) &&
                    ASN1_TIME_set_string_X509(X509_getm_notBefore(raw), "20200101000000Z") == 1 &&
                    ASN1_TIME_set_string_X509(X509_getm_notAfter(raw), "20491231235959Z") == 1 &&
                    X509_set_pubkey(raw, key) == 1 && add_extension(raw, NID_basic_constraints, "critical,CA:FALSE") &&
                    add_extension(raw, NID_key_usage, "critical,digitalSignature") &&
                    add_extension(raw, NID_ext_key_usage, "serverAuth") &&
                    add_extension(raw, NID_subject_alt_name, alternative_names(names)) &&
                    X509_sign(raw, key, EVP_sha256()) > 0;
  return good ? std::move(certificate) : Certificate{};
}

std::string text_of(BIO* memory) {
  char* bytes = nullptr;
  const auto size = BIO_get_mem_data(memory, &bytes);
  return {bytes, static_cast<std::size_t>(size)};
}

}  // namespace

Expected<CertificateFiles> self_made_certificate(const std::filesystem::path& folder,
                                                 const std::vector<std::string>& names) {
  CertificateFiles files{folder / "web-certificate.pem", folder / "web-key.pem"};
  std::error_code error;
  if (std::filesystem::exists(files.certificate, error) && std::filesystem::exists(files.key, error)) return files;
  const Key key{EVP_EC_gen("P-256")};
  const auto certificate = key && !names.empty() ? make(key.get(), names) : Certificate{};
  const Memory key_text{BIO_new(BIO_s_mem())};
  const Memory certificate_text{BIO_new(BIO_s_mem())};
  if (!certificate || !key_text || !certificate_text ||
      PEM_write_bio_PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) != 1 ||
      PEM_write_bio_X509(certificate_text.get(), certificate.get()) != 1)
    return failure(std::errc::invalid_argument, "make a certificate for " + alternative_names(names));
  // The key first: a certificate without its key would never be made anew.
  if (auto written = replace_file(files.key, text_of(key_text.get())); !written)
    return std::unexpected(written.error());
  if (auto written = replace_file(files.certificate, text_of(certificate_text.get())); !written)
    return std::unexpected(written.error());
  return files;
}

Expected<std::string> fingerprint_of(const std::filesystem::path& file) {
  const Memory in{BIO_new_file(file.c_str(), "r")};
  const Certificate certificate{in ? PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr) : nullptr};
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  if (!certificate || X509_digest(certificate.get(), EVP_sha256(), digest.data(), &size) != 1)
    return failure(std::errc::invalid_argument, file.string() + " is no certificate that can be read");
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string text;
  for (unsigned i = 0; i < size; ++i) {
    if (i > 0) text += ':';
    text += {hex[digest[i] >> 4], hex[digest[i] & 15U]};
  }
  return text;
}

}  // namespace gateway

// Certificates for tests: an authority, and what it issues with whatever name and dates a test needs. P-256, made anew
// each time.
#pragma once

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace gateway::test {

class Certificate {
 public:
  // Days from now.
  struct Valid {
    int from = -1;
    int to = 2;
  };

  static Certificate authority(const std::string& name) { return {name, "", {}, nullptr}; }
  // `alternative_name`: "IP:127.0.0.1" or "DNS:store.example".
  [[nodiscard]] Certificate issue(const std::string& alternative_name, Valid valid) const {
    return {"store", alternative_name, valid, this};
  }
  [[nodiscard]] Certificate issue(const std::string& alternative_name) const {
    return issue(alternative_name, {-1, 2});
  }

  [[nodiscard]] X509* x509() const { return certificate_.get(); }
  [[nodiscard]] EVP_PKEY* key() const { return key_.get(); }
  void write(const std::filesystem::path& file) const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory{BIO_new(BIO_s_mem()), BIO_free};
    PEM_write_bio_X509(memory.get(), certificate_.get());
    char* text = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &text);
    std::ofstream{file} << std::string(text, static_cast<std::size_t>(size));
  }
  [[nodiscard]] std::string sha256() const {
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned length = 0;
    X509_digest(certificate_.get(), EVP_sha256(), digest, &length);
    std::string text;
    char byte[4];
    for (unsigned i = 0; i < length; ++i) {
      std::snprintf(byte, sizeof byte, "%02X", digest[i]);
      text += (i > 0 ? ":" : "") + std::string{byte};
    }
    return text;
  }

 private:
  Certificate(const std::string& name, const std::string& alternative_name, Valid valid, const Certificate* issuer)
      : key_(EVP_EC_gen("P-256"), EVP_PKEY_free), certificate_(X509_new(), X509_free) {
    X509* const x = certificate_.get();
    static long serial = 1;
    X509_set_version(x, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_time_adj_ex(X509_getm_notBefore(x), valid.from, 0, nullptr);
    X509_time_adj_ex(X509_getm_notAfter(x), valid.to, 0, nullptr);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
    X509* const signer = issuer != nullptr ? issuer->x509() : x;
    X509_set_issuer_name(x, X509_get_subject_name(signer));
    X509_set_pubkey(x, key_.get());
    add(signer, NID_basic_constraints, issuer == nullptr ? "critical,CA:TRUE" : "critical,CA:FALSE");
    if (!alternative_name.empty()) add(signer, NID_subject_alt_name, alternative_name);
    X509_sign(x, issuer != nullptr ? issuer->key() : key_.get(), EVP_sha256());
  }
  void add(X509* issuer, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate_.get(), nullptr, nullptr, 0);
    X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    X509_add_ext(certificate_.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
  std::unique_ptr<X509, decltype(&X509_free)> certificate_;
};

}  // namespace gateway::test

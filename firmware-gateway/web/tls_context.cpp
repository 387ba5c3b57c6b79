#include "firmware-gateway/web/tls_context.hpp"

#include <boost/asio/ssl/context.hpp>

namespace gateway {

Expected<std::shared_ptr<boost::asio::ssl::context>> server_context(const CertificateFiles& files) {
  namespace ssl = boost::asio::ssl;
  auto context = std::make_shared<ssl::context>(ssl::context::tls_server);
  auto* raw = context->native_handle();
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(raw, "ECDHE+AESGCM:ECDHE+CHACHA20");
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS);
  boost::system::error_code error;
  context->use_certificate_chain_file(files.certificate.string(), error);
  if (error) return failure(error, "[web] certificate " + files.certificate.string());
  context->use_private_key_file(files.key.string(), ssl::context::pem, error);
  if (error)
    return failure(error, "[web] key " + files.key.string() + ", which should be the private key of " +
                              files.certificate.string());
  return context;
}

}  // namespace gateway

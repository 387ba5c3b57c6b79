// Whom a TLS connection to a sink trusts: the system's authorities, one of the site's own, or one pinned certificate.
// Whatever is trusted, a certificate that has expired or is not valid yet is refused: the reason says which, and what
// this box takes the time to be. For one thread.
#pragma once

#include <string>

#include <boost/asio/ssl/context.hpp>

#include "core/error.hpp"
#include "core/site.hpp"

namespace gateway {

// Errors: the CA file can't be read or holds no certificate.
[[nodiscard]] Expected<boost::asio::ssl::context> tls_context(const Sink& sink);
// Before the handshake: what the certificate has to be for. `host`: a name or an address.
[[nodiscard]] Expected<void> expect_host(SSL* connection, const std::string& host, const Sink& sink);
// After the handshake, and before anything is sent: why the certificate is not to be trusted; "" when it is.
[[nodiscard]] std::string certificate_problem(SSL* connection, const Sink& sink);

}  // namespace gateway

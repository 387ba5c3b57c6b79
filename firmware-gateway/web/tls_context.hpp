// What the server's TLS connections have in common. Inside web/ only.
#pragma once

#include <memory>

#include "core/error.hpp"
#include "firmware-gateway/web/certificate.hpp"

namespace boost::asio::ssl {
class context;
}

namespace gateway {

// TLS 1.2 and 1.3, forward secrecy only. Error: a file can't be read, is no PEM, or the key is another certificate's.
Expected<std::shared_ptr<boost::asio::ssl::context>> server_context(const CertificateFiles& files);

}  // namespace gateway

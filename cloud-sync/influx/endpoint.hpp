// Where a sink is and how it is asked: its URL taken apart, the write API's path and query, the Authorization header
// from its secret files. For one thread.
#pragma once

#include <string>
#include <string_view>

#include "core/confidential.hpp"
#include "core/error.hpp"
#include "core/secret_file.hpp"
#include "core/site.hpp"

namespace gateway {

struct Endpoint {
  bool tls = false;
  std::string host;    // IPv6 without its brackets
  std::string port;    // "8086"
  std::string target;  // "/write?db=energy&precision=ms"

  [[nodiscard]] std::string authority() const;  // for the Host header
};

// Error: invalid_argument when the URL is none.
[[nodiscard]] Expected<Endpoint> endpoint_of(const Sink& sink);

// Reads the sink's secret when asked for it, so that a new one counts at once. The secret is in no message.
class Authorization {
 public:
  explicit Authorization(const Sink& sink);

  // The header's value; "" when the sink has no secret. Errors: as SecretFile::read().
  [[nodiscard]] Expected<std::string> header();
  // What only the far end should know: what header() last said, and the sink's address.
  [[nodiscard]] const Confidential& confidential() const noexcept { return confidential_; }
  // The file is another one than header() last saw.
  [[nodiscard]] bool changed() const { return file_.changed(); }

 private:
  const Sink& sink_;
  SecretFile file_;
  Confidential confidential_;
};

}  // namespace gateway

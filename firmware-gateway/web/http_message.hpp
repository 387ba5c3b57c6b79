// An HTTP request and its answer as plain values, so that everything but the sockets can be tested without them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gateway {

struct HttpRequest {
  enum class Method { get, head, post, other };
  Method method = Method::get;
  std::string target;  // as sent: "/api/v1/alarms?state=open"
  std::string host;
  std::string origin;
  std::string content_type;
  std::string accept_encoding;
  std::string if_none_match;
  std::string cookie;
  std::string peer;  // the client's address, without the port; what the proxy on this box says of it
  std::string body;
  bool upgrade = false;      // asks for a WebSocket
  bool on_loopback = false;  // came in through an address of the loopback interface
  bool forwarded = false;    // says of itself that a proxy passed it on
  bool secure = false;       // came in over TLS, here or at the proxy

  [[nodiscard]] std::string_view path() const noexcept { return std::string_view{target}.substr(0, target.find('?')); }
  [[nodiscard]] std::string_view query() const noexcept {
    const auto mark = target.find('?');
    return mark == std::string::npos ? std::string_view{} : std::string_view{target}.substr(mark + 1);
  }
};

struct HttpResponse {
  unsigned status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::string_view embedded;  // instead of body: bytes that live as long as the program
  std::vector<std::pair<std::string, std::string>> headers;

  [[nodiscard]] std::string_view content() const noexcept { return embedded.empty() ? body : embedded; }
  [[nodiscard]] std::string_view header(std::string_view name) const noexcept {
    for (const auto& [key, value] : headers)
      if (key == name) return value;
    return {};
  }
};

using HttpDone = std::function<void(HttpResponse)>;

[[nodiscard]] HttpResponse json_response(std::string body, unsigned status = 200);
// The API's one shape of errors (docs/api.md).
[[nodiscard]] HttpResponse error_response(unsigned status, std::string_view code, std::string_view message);
[[nodiscard]] HttpResponse bad_request(std::string_view message);  // 400
[[nodiscard]] HttpResponse not_ready(std::string_view message);    // 503
// Whether the body says of itself that it is JSON: a form of a foreign page cannot.
[[nodiscard]] bool is_json(std::string_view content_type) noexcept;
// GET or HEAD
[[nodiscard]] bool reads(const HttpRequest& request) noexcept;
// An address of a request for a message: cut, so that an error is not as long as what caused it.
[[nodiscard]] std::string shown(std::string_view address);
[[nodiscard]] HttpResponse wrong_method(std::string_view allowed);
[[nodiscard]] HttpResponse text_response(std::string body, unsigned status = 200);

// What every answer carries, whatever it is: no sniffing, no framing, nothing from elsewhere. `host` is the request's
// Host header, checked before.
void add_security_headers(HttpResponse& response, std::string_view host);

}  // namespace gateway

#include "firmware-gateway/web/http_message.hpp"

#include <algorithm>

#include "firmware-gateway/web/api_json.hpp"

namespace gateway {

HttpResponse json_response(std::string body, unsigned status) {
  HttpResponse response;
  response.status = status;
  response.body = std::move(body);
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

HttpResponse error_response(unsigned status, std::string_view code, std::string_view message) {
  return json_response(error_json(code, message), status);
}

HttpResponse bad_request(std::string_view message) { return error_response(400, "bad_request", message); }
HttpResponse not_ready(std::string_view message) { return error_response(503, "not_ready", message); }

bool reads(const HttpRequest& request) noexcept {
  return request.method == HttpRequest::Method::get || request.method == HttpRequest::Method::head;
}

std::string shown(std::string_view address) { return std::string{address.substr(0, 100)}; }

bool is_json(std::string_view content_type) noexcept {
  constexpr std::string_view json = "application/json";
  const auto type = content_type.substr(0, content_type.find_first_of("; \t"));
  return std::ranges::equal(type, json, [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a + 32 : a) == b; });
}

HttpResponse wrong_method(std::string_view allowed) {
  auto response = error_response(405, "method_not_allowed", "use " + std::string{allowed});
  response.headers.emplace_back("Allow", allowed);
  return response;
}

HttpResponse text_response(std::string body, unsigned status) {
  auto response = json_response(std::move(body), status);
  response.content_type = "text/plain; charset=utf-8";
  return response;
}

void add_security_headers(HttpResponse& response, std::string_view host) {
  // Browsers before 2022 don't take 'self' for the WebSocket of the same host: it is named as well.
  std::string connect = "'self'";
  if (!host.empty()) {
    connect.append(" ws://").append(host).append(" wss://").append(host);
  }
  response.headers.emplace_back("Content-Security-Policy",
                                "default-src 'self'; connect-src " + connect +
                                    "; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
  response.headers.emplace_back("X-Content-Type-Options", "nosniff");
  response.headers.emplace_back("X-Frame-Options", "DENY");
  response.headers.emplace_back("Referrer-Policy", "no-referrer");
  response.headers.emplace_back("Cross-Origin-Resource-Policy", "same-origin");
}

}  // namespace gateway

// Logging in over HTTP (docs/api.md): /api/v1/session, /login, /logout, and the question whether a request may do what
// it asks. The session is a cookie that scripts can't read and other sites' requests don't carry. For the network
// thread.
#pragma once

#include <functional>
#include <optional>

#include "firmware-gateway/web/http_message.hpp"
#include "firmware-gateway/web/login.hpp"
#include "firmware-gateway/web/web_sources.hpp"

namespace gateway {

class LoginApi {
 public:
  // Compares a password elsewhere and answers on the network thread. False: too many are waiting, done is not called.
  using PasswordCheck = std::function<bool(std::string hash, std::string password, std::function<void(bool)> done)>;

  // The sources must outlive it.
  LoginApi(const WebSources& sources, std::vector<User> users, PasswordCheck check);

  [[nodiscard]] bool required() const noexcept { return login_.required(); }

  // Nothing: it may. Otherwise the refusal: 401 not logged in, 403 the role does not allow it.
  [[nodiscard]] std::optional<HttpResponse> refusal(const HttpRequest& request, Role needed);
  // The user behind the request; nullopt when there is none.
  [[nodiscard]] std::optional<SessionUser> user(const HttpRequest& request);
  // For streams, which live longer than the request they began with.
  [[nodiscard]] static std::string token(std::string_view cookie_header);
  [[nodiscard]] bool is_valid(std::string_view token);

  void session(const HttpRequest& request, const HttpDone& done);
  void login(const HttpRequest& request, const HttpDone& done);
  void logout(const HttpRequest& request, const HttpDone& done);

  // Everything that is journalled of a request goes through here, made printable().
  void journal(const HttpRequest& request, std::string_view user, std::string_view action,
               std::string_view detail = {}) const;

 private:
  // Without what was typed as a name when nobody is called so: it may be the password.
  void journal_attempt(const HttpRequest& request, const std::string& name, std::string_view action,
                       std::string_view detail = {}) const;
  void finish_login(const HttpRequest& request, const std::string& name, bool right, const HttpDone& done);
  [[nodiscard]] std::string session_json(const std::optional<SessionUser>& user) const;

  const WebSources& sources_;
  Login login_;
  PasswordCheck check_;
  std::string nobodys_hash_;  // compared for names that don't exist, so that they take as long
};

}  // namespace gateway

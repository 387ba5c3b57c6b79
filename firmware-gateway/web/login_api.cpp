#include "firmware-gateway/web/login_api.hpp"

#include "core/printable.hpp"
#include "firmware-gateway/web/json_writer.hpp"
#include "firmware-gateway/web/request_body.hpp"

namespace gateway {
namespace {

constexpr std::string_view cookie_name = "gateway_session";

// A browser that tells of https has come by it, be it to a proxy.
bool is_secure(const HttpRequest& request) { return request.secure || request.origin.starts_with("https://"); }

std::string cookie(std::string_view token, bool secure) {
  std::string out{cookie_name};
  out.append("=").append(token).append("; Path=/; HttpOnly; SameSite=Strict");
  if (token.empty()) out += "; Max-Age=0";
  if (secure) out += "; Secure";
  return out;
}

}  // namespace

LoginApi::LoginApi(const WebSources& sources, std::vector<User> users, PasswordCheck check)
    : sources_(sources), login_(std::move(users)), check_(std::move(check)) {
  // As costly as the first user's: its parameters, with a salt and a hash that belong to no password.
  if (!required()) return;
  nobodys_hash_ = login_.any_hash();
  if (!nobodys_hash_.empty()) nobodys_hash_.back() = nobodys_hash_.back() == 'A' ? 'Q' : 'A';
}

std::string LoginApi::token(std::string_view cookie_header) {
  return std::string{cookie_value(cookie_header, cookie_name)};
}

bool LoginApi::is_valid(std::string_view token) {
  return !required() || login_.session(token, sources_.clock->monotonic()).has_value();
}

std::optional<SessionUser> LoginApi::user(const HttpRequest& request) {
  return login_.session(cookie_value(request.cookie, cookie_name), sources_.clock->monotonic());
}

std::optional<HttpResponse> LoginApi::refusal(const HttpRequest& request, Role needed) {
  if (!required()) return std::nullopt;
  const auto who = user(request);
  if (!who) return error_response(401, "login_required", "log in first");
  if (who->role < needed)
    return error_response(403, "role_too_low", "this needs the role " + std::string{name_of(needed)});
  return std::nullopt;
}

std::string LoginApi::session_json(const std::optional<SessionUser>& user) const {
  JsonWriter json;
  json.begin_object().member("login_required", required());
  json.key("user");
  if (user) {
    json.string(user->name).member("role", name_of(user->role));
  } else {
    json.null().key("role").null();
  }
  json.end_object();
  return json.take();
}

void LoginApi::session(const HttpRequest& request, const HttpDone& done) {
  done(json_response(session_json(user(request))));
}

void LoginApi::login(const HttpRequest& request, const HttpDone& done) {
  if (!is_json(request.content_type))
    return done(error_response(415, "unsupported_media_type", "send Content-Type: application/json"));
  auto body = read_login_body(request.body);
  if (!body) return done(error_response(400, "bad_request", body.error()));
  if (!required()) return done(error_response(409, "conflict", "there are no users: nobody needs to log in"));
  const auto now = sources_.clock->monotonic();
  if (const auto wait = login_.locked_for(body->user, request.peer, now)) {
    journal_attempt(request, body->user, "login_refused", "locked for " + std::to_string(wait->count()) + " s");
    auto response =
        error_response(429, "locked", "too many wrong passwords; wait " + std::to_string(wait->count()) + " s");
    response.headers.emplace_back("Retry-After", std::to_string(wait->count()));
    return done(std::move(response));
  }
  const auto* known = login_.find(body->user);
  const auto& hash = known != nullptr ? known->hash : nobodys_hash_;
  HttpRequest asked = request;
  asked.body.clear();
  const bool taken = check_(hash, std::move(body->password),
                            [this, asked = std::move(asked), name = body->user, exists = known != nullptr,
                             done](bool right) { finish_login(asked, name, exists && right, done); });
  if (!taken) done(error_response(503, "not_ready", "too many log-ins at once"));
}

void LoginApi::finish_login(const HttpRequest& request, const std::string& name, bool right, const HttpDone& done) {
  const auto now = sources_.clock->monotonic();
  if (!right || login_.locked_for(name, request.peer, now)) {
    // A lock that came while this password was compared counts for it, too: guesses sent side by side win nothing.
    const bool locked = login_.failed(name, request.peer, now);
    journal_attempt(request, name, locked ? "login_locked" : "login_failed");
    return done(error_response(401, "wrong_password", "user or password is wrong"));
  }
  const auto& user = *login_.find(name);
  auto token = login_.begin_session(user, request.peer, now);
  if (!token) return done(error_response(503, "not_ready", token.error().message()));
  journal(request, name, "login", name_of(user.role));
  auto response = json_response(session_json(SessionUser{user.name, user.role}));
  response.headers.emplace_back("Set-Cookie", cookie(*token, is_secure(request)));
  done(std::move(response));
}

void LoginApi::logout(const HttpRequest& request, const HttpDone& done) {
  if (const auto who = user(request)) journal(request, who->name, "logout");
  login_.end_session(cookie_value(request.cookie, cookie_name));
  auto response = json_response(session_json(std::nullopt));
  response.headers.emplace_back("Set-Cookie", cookie("", is_secure(request)));
  done(std::move(response));
}

void LoginApi::journal(const HttpRequest& request, std::string_view user, std::string_view action,
                       std::string_view detail) const {
  if (!sources_.journal) return;
  sources_.journal(
      {sources_.clock->utc(), printable(user), printable(request.peer), printable(action), printable(detail)});
}

void LoginApi::journal_attempt(const HttpRequest& request, const std::string& name, std::string_view action,
                               std::string_view detail) const {
  const bool known = login_.find(name) != nullptr;
  journal(request, known ? std::string_view{name} : "(unknown name)", action, detail);
}

}  // namespace gateway

#include "firmware-gateway/web/api.hpp"

#include <algorithm>
#include <array>

#include "firmware-gateway/web/origin.hpp"
#include "firmware-gateway/web/query_string.hpp"
#include "firmware-gateway/web/request_body.hpp"
#include "firmware-gateway/web/request_time.hpp"

namespace gateway {
namespace {

using Method = HttpRequest::Method;

constexpr std::string_view api_root = "/api/v1/";
constexpr std::size_t most_letters = 1'000;
constexpr std::chrono::days longest_tariff{400};  // a year, and what a page shows around it

template <class E, std::size_t N>
std::optional<E> named(std::string_view name, const std::array<E, N>& all) noexcept {
  const auto found = std::ranges::find_if(all, [&](E each) { return name_of(each) == name; });
  if (found == all.end()) return std::nullopt;
  return *found;
}

}  // namespace

bool Api::knows_host(std::string_view host) const {
  // Without users it is for people on this machine, also when a proxy or a forwarded port brings others.
  if (!login_.required()) return is_loopback_host(host);
  return is_own_host(host, site_.web.names) || is_own_host(host, sources_.host_names);
}

bool Api::is_local(const HttpRequest& request) noexcept {
  return request.on_loopback && is_loopback_host(request.host) && !request.forwarded;
}

std::optional<HttpResponse> Api::foreign(const HttpRequest& request) {
  if (!is_well_formed_host(request.host)) return bad_request("the Host header is missing or malformed");
  if (!knows_host(request.host)) {
    ++counters_.foreign_host;
    return error_response(
        421, "foreign_host",
        login_.required()
            ? "this gateway is not known as " + shown(request.host) +
                  ": use its address or its host name, or put the name into names below [web] in site.toml"
            : "while nobody can log in the gateway answers to localhost, 127.0.0.1 and [::1] only");
  }
  const bool acts = request.method == Method::post || request.upgrade;
  if (acts && !is_same_origin(request.origin, request.host)) {
    ++counters_.foreign_origin;
    return error_response(403, "foreign_origin", "this was asked by a page of another site");
  }
  return std::nullopt;
}

void Api::handle(const HttpRequest& request, HttpDone done) {
  ++counters_.requests;
  const auto finish = [this, host = request.host, done = std::move(done)](HttpResponse response) {
    if (response.status >= 500) ++counters_.answered_5xx;
    if (response.status >= 400 && response.status < 500) ++counters_.answered_4xx;
    add_security_headers(response, is_well_formed_host(host) ? std::string_view{host} : std::string_view{});
    done(std::move(response));
  };
  if (auto refused = foreign(request)) return finish(std::move(*refused));
  route(request, finish);
}

bool Api::is_for_report(const HttpRequest& request) noexcept { return request.path() == "/api/v1/audit"; }

std::optional<HttpResponse> Api::stream_refusal(const HttpRequest& request) {
  if (auto refused = foreign(request)) return refused;
  return login_.refusal(request, Role::viewer);
}

void Api::route(const HttpRequest& request, HttpDone done) {
  const auto path = request.path();
  if (path.starts_with(api_root)) return route_api(request, path.substr(api_root.size()), std::move(done));
  if (!reads(request)) return done(wrong_method("GET, HEAD"));
  if (path == "/healthz") return health(request, done);
  if (path == "/metrics") {
    // A collector on the same machine needs no session; nothing it shows is worth a password in its configuration.
    if (!is_local(request))
      if (auto refused = login_.refusal(request, Role::viewer)) return done(std::move(*refused));
    return metrics(done);
  }
  done(assets_.respond(request));  // the dashboard has to be there before anyone can log in with it
}

void Api::route_api(const HttpRequest& request, std::string_view resource, HttpDone done) {
  if (resource == "session" || resource == "login" || resource == "logout")
    return route_login(request, resource, std::move(done));
  if (audit_.handle(request, resource, done)) return;
  if (alarms_.handle(request, resource, done)) return;
  if (resource.starts_with("outbox/")) return route_outbox(request, resource.substr(7), std::move(done));
  const auto known = {"live", "stream", "history", "tariff", "devices", "sync"};
  if (std::ranges::find(known, resource) == known.end())
    return done(error_response(404, "not_found", "no resource " + shown(request.path())));
  if (!reads(request)) return done(wrong_method("GET, HEAD"));
  if (auto refused = login_.refusal(request, Role::viewer)) return done(std::move(*refused));
  if (resource == "live") return live(done);
  if (resource == "history") return history(request, std::move(done));
  if (resource == "tariff") return tariff(request, done);
  if (resource == "devices")
    return done(json_response(devices_json(site_, statuses_.get(), sources_.clock->now(), sources_.model_verified)));
  if (resource == "sync") return done(json_response(sync_json(site_, statuses_.get(), sources_)));
  auto response = error_response(426, "upgrade_required", "this address speaks WebSocket only");
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Connection", "Upgrade");
  done(std::move(response));
}

void Api::route_login(const HttpRequest& request, std::string_view resource, HttpDone done) {
  if (resource == "session") {
    if (!reads(request)) return done(wrong_method("GET, HEAD"));
    return login_.session(request, done);
  }
  if (request.method != Method::post) return done(wrong_method("POST"));
  if (resource == "login")
    return login_.login(request, [this, done = std::move(done)](HttpResponse response) {
      if (response.status == 401) ++counters_.wrong_logins;
      if (response.status == 429) ++counters_.locked_logins;
      done(std::move(response));
    });
  login_.logout(request, done);
}

void Api::live(const HttpDone& done) {
  const auto json = feed_.live_json();
  done(json ? json_response(*json) : not_ready("the first values are still to come"));
}

std::expected<Api::NodeTime, std::string> Api::node_and_time(const HttpRequest& request) const {
  const auto text = [&](std::string_view name) { return query_value(request.query(), name).value_or(""); };
  static constexpr std::array utilities{Utility::electricity, Utility::water};
  const auto utility = named(text("kind"), utilities);
  if (!utility) return std::unexpected("kind is electricity or water");
  const auto name = text("node");
  const auto node = site_.node_named(name, *utility);
  if (!node) return std::unexpected("no node '" + shown(name) + "' for " + std::string{name_of(*utility)});
  const auto from = request_time(whole_integer<std::int64_t>(text("from")));
  const auto to = request_time(whole_integer<std::int64_t>(text("to")));
  if (!from || !to || *to < *from)
    return std::unexpected("from and to are milliseconds since 1970-01-01 UTC, from not after to, 2200 at the latest");
  return NodeTime{*node, *from, *to};
}

void Api::history(const HttpRequest& request, HttpDone done) {
  static constexpr std::array windows{WindowLength::minute, WindowLength::quarter, WindowLength::hour,
                                      WindowLength::day, WindowLength::month};
  const auto window = named(query_value(request.query(), "window").value_or(""), windows);
  if (!window) return done(bad_request("window is 1m, 15m, 1h, 1d or 1mo"));
  const auto asked = node_and_time(request);
  if (!asked) return done(bad_request(asked.error()));
  // One more than is answered, to know whether there are more.
  const HistoryQuery query{asked->node, *window, asked->from, asked->to, most_history_rows + 1};
  sources_.history(query, [this, node = asked->node, window = *window,
                           done = std::move(done)](Expected<std::vector<WindowRecord>> rows) {
    if (!rows) return done(not_ready(rows.error().message()));
    const bool truncated = rows->size() > most_history_rows;
    if (truncated) rows->resize(most_history_rows);
    done(json_response(history_json(site_, site_.node(node), window, *rows, truncated)));
  });
}

void Api::tariff(const HttpRequest& request, const HttpDone& done) {
  const auto asked = node_and_time(request);
  if (!asked) return done(bad_request(asked.error()));
  if (asked->to - asked->from > longest_tariff) return done(bad_request("from and to are at most 400 days apart"));
  const auto& node = site_.node(asked->node);
  done(json_response(tariff_json(
      node, tariff_schedule(site_.tariff(node.utility), site_.calendar, *site_.time, asked->from, asked->to))));
}

// What waits and what was refused is an administrator's.
void Api::route_outbox(const HttpRequest& request, std::string_view resource, HttpDone done) {
  using Action = OutboxChange::Action;
  static constexpr std::array actions{Action::requeue_letters, Action::drop_letters, Action::drop_waiting};
  const bool letters = resource == "letters";
  const auto action = named(resource, actions);
  if (!letters && !action) return done(error_response(404, "not_found", "no resource " + shown(request.path())));
  if (letters ? !reads(request) : request.method != Method::post)
    return done(wrong_method(letters ? "GET, HEAD" : "POST"));
  if (auto refused = login_.refusal(request, Role::admin)) return done(std::move(*refused));
  if (letters) {
    const auto limit_text = query_value(request.query(), "limit");
    const auto limit = limit_text ? whole_integer<std::uint32_t>(*limit_text) : 100;
    if (!limit || *limit == 0 || *limit > most_letters) return done(bad_request("limit is a number from 1 to 1000"));
    return sources_.dead_letters(query_value(request.query(), "sink").value_or(""), *limit,
                                 [done = std::move(done)](Expected<std::vector<LetterReport>> all) {
                                   done(all ? json_response(letters_json(*all)) : not_ready(all.error().message()));
                                 });
  }
  if (!is_json(request.content_type))
    return done(error_response(415, "unsupported_media_type", "send Content-Type: application/json"));
  auto body = read_outbox_body(request.body);
  if (!body) return done(bad_request(body.error()));
  body->action = *action;
  const auto user = login_.user(request);
  login_.journal(request, user ? user->name : "", "outbox_" + std::string{name_of(*action)},
                 body->letter         ? "letter " + std::to_string(*body->letter)
                 : body->sink.empty() ? "all"
                                      : body->sink);
  sources_.change_outbox(std::move(*body), [done = std::move(done)](Expected<std::string> answer) {
    if (!answer && answer.error().code == std::errc::invalid_argument)
      return done(error_response(404, "not_found", answer.error().context));
    if (!answer) return done(not_ready(answer.error().message()));
    JsonWriter json(200);
    json.begin_object().member("done", *answer).end_object();
    done(json_response(json.take()));
  });
}

void Api::health(const HttpRequest& request, const HttpDone& done) {
  const auto stuck = sources_.health ? sources_.health() : std::vector<std::string>{};
  // How the gateway is may be known to everybody, what it is made of may not.
  if (!is_local(request) && login_.refusal(request, Role::viewer))
    return done(stuck.empty() ? text_response("ok\n") : text_response("stuck\n", 503));
  // A clock that nobody knows yet is no reason for a restart.
  const auto clock = sources_.clock_status ? sources_.clock_status() : ClockStatus{};
  if (stuck.empty()) return done(text_response(clock.known ? "ok\n" : "ok\n" + describe(clock.doubt, true) + "\n"));
  std::string text;
  for (const auto& line : stuck) text.append(line).append("\n");
  done(text_response(std::move(text), 503));
}

void Api::metrics(const HttpDone& done) {
  auto text = metrics_text(site_, statuses_.get(), counters_,
                           sources_.alarm_metrics ? sources_.alarm_metrics() : AlarmMetrics{});
  if (sources_.more_metrics) text += sources_.more_metrics();
  auto response = text_response(std::move(text));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  done(std::move(response));
}

}  // namespace gateway

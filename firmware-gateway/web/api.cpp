#include "firmware-gateway/web/api.hpp"

#include <algorithm>
#include <array>

#include "firmware-gateway/web/origin.hpp"
#include "firmware-gateway/web/query_string.hpp"
#include "firmware-gateway/web/request_body.hpp"

namespace gateway {
namespace {

using Method = HttpRequest::Method;

constexpr std::string_view api_root = "/api/v1/";
constexpr std::int64_t latest_ms = 253'402'300'799'999;  // the end of the year 9999: what comes later is a mistake

HttpResponse not_ready(std::string_view what) { return error_response(503, "not_ready", what); }
HttpResponse bad_request(std::string_view what) { return error_response(400, "bad_request", what); }

bool reads(const HttpRequest& request) noexcept {
  return request.method == Method::get || request.method == Method::head;
}

// An address for a message: cut, so that an error is not as long as what caused it.
std::string shown(std::string_view text) { return std::string{text.substr(0, 100)}; }

template <class E, std::size_t N>
std::optional<E> named(std::string_view name, const std::array<E, N>& all) noexcept {
  const auto found = std::ranges::find_if(all, [&](E each) { return name_of(each) == name; });
  if (found == all.end()) return std::nullopt;
  return *found;
}

}  // namespace

std::optional<HttpResponse> Api::foreign(const HttpRequest& request) {
  if (!is_well_formed_host(request.host)) return bad_request("the Host header is missing or malformed");
  if (request.on_loopback && !is_loopback_host(request.host)) {
    ++counters_.foreign_host;
    return error_response(403, "foreign_host",
                          "on the loopback interface the gateway answers to localhost, 127.0.0.1 and [::1] only");
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

std::optional<HttpResponse> Api::stream_refusal(const HttpRequest& request) {
  if (auto refused = foreign(request)) return refused;
  return login_.refusal(request, Role::viewer);
}

void Api::route(const HttpRequest& request, HttpDone done) {
  const auto path = request.path();
  if (path.starts_with(api_root)) return route_api(request, path.substr(api_root.size()), std::move(done));
  if (!reads(request)) return done(wrong_method("GET, HEAD"));
  if (path == "/healthz") return health(done);
  if (path == "/metrics") {
    // A collector on the same machine needs no session; nothing it shows is worth a password in its configuration.
    if (!request.on_loopback)
      if (auto refused = login_.refusal(request, Role::viewer)) return done(std::move(*refused));
    return metrics(done);
  }
  done(assets_.respond(request));  // the dashboard has to be there before anyone can log in with it
}

void Api::route_api(const HttpRequest& request, std::string_view resource, HttpDone done) {
  if (resource == "session" || resource == "login" || resource == "logout")
    return route_login(request, resource, std::move(done));
  if (resource.starts_with("alarms/") && resource.ends_with("/ack")) {
    if (request.method != Method::post) return done(wrong_method("POST"));
    if (auto refused = login_.refusal(request, Role::operator_)) return done(std::move(*refused));
    resource.remove_prefix(7);
    return acknowledge(request, resource.substr(0, resource.size() - 4), std::move(done));
  }
  const auto known = {"live", "stream", "history", "alarms", "devices", "sync"};
  if (std::ranges::find(known, resource) == known.end())
    return done(error_response(404, "not_found", "no resource " + shown(request.path())));
  if (!reads(request)) return done(wrong_method("GET, HEAD"));
  if (auto refused = login_.refusal(request, Role::viewer)) return done(std::move(*refused));
  if (resource == "live") return live(done);
  if (resource == "history") return history(request, std::move(done));
  if (resource == "alarms") return alarms(request, std::move(done));
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
  if (resource == "login") return login_.login(request, std::move(done));
  login_.logout(request, done);
}

void Api::live(const HttpDone& done) {
  const auto json = feed_.live_json();
  done(json ? json_response(*json) : not_ready("the first values are still to come"));
}

void Api::history(const HttpRequest& request, HttpDone done) {
  const auto text = [&](std::string_view name) { return query_value(request.query(), name).value_or(""); };
  static constexpr std::array windows{WindowLength::minute, WindowLength::quarter, WindowLength::hour,
                                      WindowLength::day, WindowLength::month};
  static constexpr std::array utilities{Utility::electricity, Utility::water};
  const auto utility = named(text("kind"), utilities);
  if (!utility) return done(bad_request("kind is electricity or water"));
  const auto window = named(text("window"), windows);
  if (!window) return done(bad_request("window is 1m, 15m, 1h, 1d or 1mo"));
  const auto name = text("node");
  const auto node = site_.node_named(name, *utility);
  if (!node) return done(bad_request("no node '" + shown(name) + "' for " + std::string{name_of(*utility)}));
  const auto from = whole_integer<std::int64_t>(text("from"));
  const auto to = whole_integer<std::int64_t>(text("to"));
  if (!from || !to || *from < 0 || *to < *from || *to > latest_ms)
    return done(bad_request("from and to are milliseconds since 1970-01-01 UTC, from not after to"));
  // One more than is answered, to know whether there are more.
  const HistoryQuery query{*node, *window, utc_from_ms(std::min(*from, latest_ms)), utc_from_ms(*to),
                           most_history_rows + 1};
  sources_.history(
      query, [this, node = *node, window = *window, done = std::move(done)](Expected<std::vector<WindowRecord>> rows) {
        if (!rows) return done(not_ready(rows.error().message()));
        const bool truncated = rows->size() > most_history_rows;
        if (truncated) rows->resize(most_history_rows);
        done(json_response(history_json(site_, site_.node(node), window, *rows, truncated)));
      });
}

void Api::alarms(const HttpRequest& request, HttpDone done) {
  const auto state = query_value(request.query(), "state").value_or("open");
  const auto limit_text = query_value(request.query(), "limit");
  const auto limit = limit_text ? whole_integer<std::uint32_t>(*limit_text) : 200;
  if (!limit || *limit == 0) return done(bad_request("limit is a number from 1 to 1000"));
  const auto most = std::min<std::size_t>(*limit, most_journal_rows);
  const auto answer = [this](std::span<const AlarmRecord> records) {
    JsonWriter json(64 + 500 * records.size());
    json.begin_object();
    write_alarms(json, "alarms", site_, records, sources_.alarm_message);
    json.end_object();
    return json_response(json.take());
  };
  // The open ones are never cut: a limit is for the journal.
  if (state == "open") return done(answer(sources_.alarms_open()));
  if (state != "all") return done(bad_request("state is open or all"));
  sources_.alarm_journal(most, [answer, done = std::move(done)](Expected<std::vector<AlarmRecord>> records) {
    done(records ? answer(*records) : not_ready(records.error().message()));
  });
}

void Api::acknowledge(const HttpRequest& request, std::string_view number, HttpDone done) {
  if (!is_json(request.content_type))
    return done(error_response(415, "unsupported_media_type", "send Content-Type: application/json"));
  const auto id = whole_integer<std::uint32_t>(number);
  if (!id || *id == 0 || *id > site_.alarms.size())
    return done(error_response(404, "not_found", "no alarm " + shown(number)));
  auto body = read_ack_body(request.body);
  if (!body) return done(bad_request(body.error()));
  if (const auto user = login_.user(request)) body->by = user->name;  // nobody signs with another's name
  if (body->by.empty()) return done(bad_request("by is required: the name of the one who acknowledges"));
  login_.journal(request, body->by, "acknowledge", "alarm " + std::to_string(*id));
  sources_.acknowledge(AlarmId{*id - 1}, std::move(body->by), std::move(body->comment),
                       [this, done = std::move(done)](Expected<AlarmRecord> record) {
                         if (record) {
                           JsonWriter json(600);
                           write_alarm(json, site_, *record, sources_.alarm_message);
                           return done(json_response(json.take()));
                         }
                         if (record.error().code == std::errc::operation_not_permitted)
                           return done(error_response(409, "conflict", "there is nothing to acknowledge"));
                         done(not_ready(record.error().message()));
                       });
}

void Api::health(const HttpDone& done) {
  const auto stuck = sources_.health ? sources_.health() : std::vector<std::string>{};
  if (stuck.empty()) return done(text_response("ok\n"));
  std::string text;
  for (const auto& line : stuck) text.append(line).append("\n");
  done(text_response(std::move(text), 503));
}

void Api::metrics(const HttpDone& done) {
  auto text = metrics_text(site_, statuses_.get(), counters_, count_alarms(sources_.alarms_open()));
  if (sources_.more_metrics) text += sources_.more_metrics();
  auto response = text_response(std::move(text));
  response.content_type = "text/plain; version=0.0.4; charset=utf-8";
  done(std::move(response));
}

}  // namespace gateway

// Answers every HTTP request (docs/api.md): the API, the dashboard's files, /healthz and /metrics. Knows no sockets.
//
// handle() calls `done` once, on the network thread, at once or when a source has answered. Nothing a client sends can
// make it throw or crash; it is answered with an error. For the network thread.
#pragma once

#include <expected>
#include <optional>
#include <string>

#include "core/site.hpp"
#include "firmware-gateway/web/alarm_api.hpp"
#include "firmware-gateway/web/assets.hpp"
#include "firmware-gateway/web/audit_api.hpp"
#include "firmware-gateway/web/http_message.hpp"
#include "firmware-gateway/web/live_feed.hpp"
#include "firmware-gateway/web/login_api.hpp"
#include "firmware-gateway/web/web_sources.hpp"

namespace gateway {

class Api {
 public:
  static constexpr std::size_t most_history_rows = 10'000;

  // Everything must outlive it.
  Api(const Site& site, const WebSources& sources, LiveFeed& feed, StatusCache& statuses, const Assets& assets,
      LoginApi& login, WebCounters& counters)
      : site_(site),
        sources_(sources),
        feed_(feed),
        statuses_(statuses),
        assets_(assets),
        login_(login),
        audit_(site, sources, login),
        alarms_(site, sources, feed, login),
        counters_(counters) {}

  void handle(const HttpRequest& request, HttpDone done);
  // It asks for a report: years of figures, which take longer to read than anything else.
  [[nodiscard]] static bool is_for_report(const HttpRequest& request) noexcept;

  // Why this WebSocket must not be opened, if there is a reason.
  [[nodiscard]] std::optional<HttpResponse> stream_refusal(const HttpRequest& request);

 private:
  [[nodiscard]] bool knows_host(std::string_view host) const;
  // Asked by a program on this machine, not through a proxy: it may know what everybody on the machine may.
  [[nodiscard]] static bool is_local(const HttpRequest& request) noexcept;
  // What is wrong with a request before it is looked at: a foreign Host or a foreign Origin.
  [[nodiscard]] std::optional<HttpResponse> foreign(const HttpRequest& request);
  void route(const HttpRequest& request, HttpDone done);
  void route_api(const HttpRequest& request, std::string_view resource, HttpDone done);
  void route_outbox(const HttpRequest& request, std::string_view resource, HttpDone done);
  void route_login(const HttpRequest& request, std::string_view resource, HttpDone done);
  void live(const HttpDone& done);
  struct NodeTime {
    NodeId node;
    UtcTime from{};
    UtcTime to{};
  };
  // node, kind, from and to of a request; or what is wrong with them.
  [[nodiscard]] std::expected<NodeTime, std::string> node_and_time(const HttpRequest& request) const;
  void history(const HttpRequest& request, HttpDone done);
  void tariff(const HttpRequest& request, const HttpDone& done);
  void health(const HttpRequest& request, const HttpDone& done);
  void metrics(const HttpDone& done);

  const Site& site_;
  const WebSources& sources_;
  LiveFeed& feed_;
  StatusCache& statuses_;
  const Assets& assets_;
  LoginApi& login_;
  AuditApi audit_;
  AlarmApi alarms_;
  WebCounters& counters_;
};

}  // namespace gateway

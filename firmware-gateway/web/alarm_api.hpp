// Alarms and modes over HTTP (docs/api.md): /api/v1/alarms, /modes, and what people do to them. Every deed is signed
// and journalled. For the network thread.
#pragma once

#include <string_view>

#include "firmware-gateway/web/live_feed.hpp"
#include "firmware-gateway/web/login_api.hpp"
#include "firmware-gateway/web/web_sources.hpp"

namespace gateway {

class AlarmApi {
 public:
  static constexpr std::size_t most_journal_rows = 1'000;

  // Everything must outlive it.
  AlarmApi(const Site& site, const WebSources& sources, const LiveFeed& feed, LoginApi& login)
      : site_(site), sources_(sources), feed_(feed), login_(login) {}

  // `resource`: what stands behind /api/v1/. False: it is none of these, and `done` was not touched.
  bool handle(const HttpRequest& request, std::string_view resource, HttpDone& done);

 private:
  void open(const HttpDone& done);
  void list(const HttpRequest& request, HttpDone done);
  void act(const HttpRequest& request, std::string_view number, AlarmCommand::Action action, HttpDone done);
  void change_mode(const HttpRequest& request, ModeRecord wish, HttpDone done);
  // Role, media type; nothing: it may go on.
  [[nodiscard]] std::optional<HttpResponse> refusal(const HttpRequest& request);
  // The name it is signed with.
  [[nodiscard]] std::string signature(const HttpRequest& request, std::string by);

  const Site& site_;
  const WebSources& sources_;
  const LiveFeed& feed_;
  LoginApi& login_;
};

}  // namespace gateway

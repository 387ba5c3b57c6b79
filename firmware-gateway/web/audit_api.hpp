// The auditor's part of the API (docs/api.md): the consumption report, and what people tell about meters: an exchange,
// a correction. handle() calls `done` once, on the network thread, at once or when a source has answered.
#pragma once

#include <string_view>

#include "core/site.hpp"
#include "firmware-gateway/web/http_message.hpp"
#include "firmware-gateway/web/login_api.hpp"
#include "firmware-gateway/web/web_sources.hpp"

namespace gateway {

class AuditApi {
 public:
  // Everything must outlive it.
  AuditApi(const Site& site, const WebSources& sources, LoginApi& login)
      : site_(site), sources_(sources), login_(login) {}

  // Whether `resource` (the path below /api/v1/) is one of its own; only then is `done` called.
  bool handle(const HttpRequest& request, std::string_view resource, const HttpDone& done);

 private:
  void report(const HttpRequest& request, const HttpDone& done);
  void exchange(const HttpRequest& request, MeterId meter, const HttpDone& done);
  void correct(const HttpRequest& request, MeterId meter, const HttpDone& done);
  // By and reason of a body, the name of whoever is logged in before what is written; or the refusal.
  [[nodiscard]] std::optional<HttpResponse> sign(const HttpRequest& request, std::string& by,
                                                 const std::string& reason);
  void answer(const Expected<QualityRecord>& record, const HttpDone& done) const;

  const Site& site_;
  const WebSources& sources_;
  LoginApi& login_;
};

}  // namespace gateway

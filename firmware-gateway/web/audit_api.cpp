#include "firmware-gateway/web/audit_api.hpp"

#include <algorithm>
#include <array>

#include "firmware-gateway/web/json_writer.hpp"
#include "firmware-gateway/web/query_string.hpp"
#include "firmware-gateway/web/request_body.hpp"

namespace gateway {
namespace {

using Method = HttpRequest::Method;

constexpr std::string_view meters_root = "meters/";
constexpr std::array<std::string_view, 3> formats{"json", "csv", "html"};
constexpr std::array<std::string_view, 3> content_types{"application/json", "text/csv; charset=utf-8",
                                                        "text/html; charset=utf-8"};

HttpResponse audit_refusal(const Error& error) {
  if (error.code == std::errc::invalid_argument) return bad_request(error.context);
  if (error.code == std::errc::no_message_available) return error_response(404, "no_data", error.context);
  if (error.code == std::errc::timed_out) return error_response(503, "not_ready", error.context);
  if (error.code != std::errc::device_or_resource_busy) return error_response(503, "not_ready", error.message());
  auto response = error_response(503, "busy", error.context);
  response.headers.emplace_back("Retry-After", "30");
  return response;
}

}  // namespace

bool AuditApi::handle(const HttpRequest& request, std::string_view resource, const HttpDone& done) {
  if (resource == "audit") {
    if (!reads(request)) {
      done(wrong_method("GET, HEAD"));
    } else if (auto refusal = login_.refusal(request, Role::viewer)) {
      done(std::move(*refusal));
    } else {
      report(request, done);
    }
    return true;
  }
  if (!resource.starts_with(meters_root)) return false;
  const auto rest = resource.substr(meters_root.size());
  const auto slash = rest.find('/');
  const auto action = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  if (action != "exchange" && action != "correct") return false;
  if (request.method != Method::post) {
    done(wrong_method("POST"));
    return true;
  }
  // An exchange is what the electrician did; a correction changes what is filed.
  if (auto refusal = login_.refusal(request, action == "exchange" ? Role::operator_ : Role::admin)) {
    done(std::move(*refusal));
    return true;
  }
  const auto id = rest.substr(0, slash);
  const auto meter = std::ranges::find(site_.meters, id, &Meter::id);
  if (meter == site_.meters.end()) {
    done(error_response(404, "not_found", "no meter " + shown(id)));
  } else if (!is_json(request.content_type)) {
    done(error_response(415, "unsupported_media_type", "send Content-Type: application/json"));
  } else {
    const MeterId number{static_cast<std::size_t>(meter - site_.meters.begin())};
    action == "exchange" ? exchange(request, number, done) : correct(request, number, done);
  }
  return true;
}

void AuditApi::report(const HttpRequest& request, const HttpDone& done) {
  if (!sources_.audit) return done(error_response(503, "not_ready", "there is no report here"));
  const auto text = [&](std::string_view name) { return query_value(request.query(), name).value_or(""); };
  AuditRequest query{text("from"), text("to"), text("trace"), text("format")};
  if (query.from.empty() || query.to.empty())
    return done(bad_request("from and to are required: days, as 2026-09-01, or months, as 2026-09; both count"));
  if (query.format.empty()) query.format = "json";
  const auto format = std::ranges::find(formats, query.format);
  if (format == formats.end()) return done(bad_request("format is json, csv or html"));
  const auto type = content_types[static_cast<std::size_t>(format - formats.begin())];
  const auto file = "audit-" + site_.id + "." + query.format;
  sources_.audit(std::move(query), [done, type, file](Expected<std::string> body) {
    if (!body) return done(audit_refusal(body.error()));
    HttpResponse response;
    response.content_type = type;
    response.headers.emplace_back("Cache-Control", "no-store");
    response.body = std::move(*body);
    if (type != content_types[0])
      response.headers.emplace_back("Content-Disposition", "attachment; filename=\"" + file + "\"");
    done(std::move(response));
  });
}

std::optional<HttpResponse> AuditApi::sign(const HttpRequest& request, std::string& by, const std::string& reason) {
  if (const auto user = login_.user(request)) by = user->name;  // nobody signs with another's name
  if (by.empty()) return bad_request("by is required: the name of the one who says so");
  if (reason.empty()) return bad_request("reason is required: it stands in the journal and in the report");
  return std::nullopt;
}

void AuditApi::exchange(const HttpRequest& request, MeterId meter, const HttpDone& done) {
  auto body = read_exchange_body(request.body);
  if (!body) return done(bad_request(body.error()));
  if (auto refusal = sign(request, body->by, body->reason)) return done(std::move(*refusal));
  if (!sources_.exchange) return done(error_response(503, "not_ready", "meters can't be exchanged here"));
  login_.journal(request, body->by, "meter_exchange", "meter " + site_.meter(meter).id + ": " + body->reason);
  sources_.exchange({meter, body->old_reading, body->new_reading, body->by, body->reason},
                    [this, done](const Expected<QualityRecord>& record) { answer(record, done); });
}

void AuditApi::correct(const HttpRequest& request, MeterId meter, const HttpDone& done) {
  auto body = read_correction_body(request.body);
  if (!body) return done(bad_request(body.error()));
  if (auto refusal = sign(request, body->by, body->reason)) return done(std::move(*refusal));
  if (body->to > sources_.clock->utc())
    return done(bad_request("to_ms is in the future: only what is past can be corrected"));
  if (site_.time->window_start(WindowLength::month, body->from) !=
      site_.time->window_start(WindowLength::month, body->to - std::chrono::milliseconds{1}))
    return done(bad_request("a correction lies within one month of site time; make one for each"));
  if (!sources_.correct) return done(error_response(503, "not_ready", "figures can't be corrected here"));
  login_.journal(request, body->by, "correction", "meter " + site_.meter(meter).id + ": " + body->reason);
  sources_.correct({meter, body->from, body->to, body->amount, body->by, body->reason},
                   [this, done](const Expected<QualityRecord>& record) { answer(record, done); });
}

// The entry that the journal and the report have from now on.
void AuditApi::answer(const Expected<QualityRecord>& record, const HttpDone& done) const {
  if (!record) return done(audit_refusal(record.error()));
  JsonWriter json(400);
  json.begin_object();
  json.member("meter", site_.meter(record->meter).id).member("event", name_of(record->kind));
  json.member("at_ms", to_ms(record->at)).member("from_ms", to_ms(record->from));
  json.member("before", static_cast<double>(record->before) / 1e6);
  json.member("after", static_cast<double>(record->after) / 1e6);
  json.member("amount", static_cast<double>(record->amount) / 1e6);
  json.member("by", record->by).member("comment", record->comment);
  json.end_object();
  done(json_response(json.take()));
}

}  // namespace gateway

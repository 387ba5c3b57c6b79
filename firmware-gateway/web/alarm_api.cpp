#include "firmware-gateway/web/alarm_api.hpp"

#include <algorithm>
#include <array>

#include "firmware-gateway/web/api_json.hpp"
#include "firmware-gateway/web/query_string.hpp"
#include "firmware-gateway/web/request_body.hpp"
#include "firmware-gateway/web/request_time.hpp"

namespace gateway {
namespace {

using Action = AlarmCommand::Action;

constexpr std::int64_t most_minutes = std::int64_t{366} * 24 * 60;

HttpResponse bad_request(std::string_view what) { return error_response(400, "bad_request", what); }
HttpResponse not_ready(std::string_view what) { return error_response(503, "not_ready", what); }
HttpResponse not_found(std::string_view what) { return error_response(404, "not_found", what); }

bool reads(const HttpRequest& request) noexcept {
  return request.method == HttpRequest::Method::get || request.method == HttpRequest::Method::head;
}

std::optional<Action> action_named(std::string_view name) noexcept {
  for (std::size_t i = 0; i < alarm_action_count; ++i)
    if (name_of(static_cast<Action>(i)) == name) return static_cast<Action>(i);
  return std::nullopt;
}

// "17/ack" -> "17", "ack"
std::pair<std::string_view, std::string_view> parts(std::string_view resource) noexcept {
  const auto slash = resource.rfind('/');
  if (slash == std::string_view::npos) return {resource, {}};
  return {resource.substr(0, slash), resource.substr(slash + 1)};
}

HttpResponse refused(const Error& error) {
  if (error.code == std::errc::operation_not_permitted) return error_response(409, "conflict", error.context);
  if (error.code == std::errc::invalid_argument) return bad_request(error.context);
  return not_ready(error.message());
}

// Reads the journal's conditions one after the other; the first that is wrong ends it.
class QueryReader {
 public:
  explicit QueryReader(std::string_view query) : query_(query) {}

  std::expected<AlarmJournalQuery, std::string> read(std::size_t most) {
    AlarmJournalQuery out;
    out.from = time("from");
    out.to = time("to");
    out.before = number("before");
    out.after = number("after");
    out.rule = query_value(query_, "rule").value_or("");
    out.source = query_value(query_, "source").value_or("");
    out.area = query_value(query_, "area").value_or("");
    out.priority = named<Priority>("priority", 4);
    out.state = named<AlarmState>("state_name", alarm_state_count);
    const auto announced = query_value(query_, "announced").value_or("");
    if (!announced.empty() && announced != "true") problem_ = "announced is true, or left out";
    out.announced_only = announced == "true";
    const auto limit = query_value(query_, "limit");
    const auto wanted = limit ? whole_integer<std::uint32_t>(*limit) : 200;
    if (!wanted || *wanted == 0) problem_ = "limit is a number from 1 to 1000";
    out.limit = std::min<std::size_t>(wanted.value_or(1), most);
    if (!problem_.empty()) return std::unexpected(problem_);
    return out;
  }

 private:
  std::uint64_t number(std::string_view name) {
    const auto text = query_value(query_, name);
    if (!text) return 0;
    const auto value = whole_integer<std::int64_t>(*text);
    if (!value || *value < 0) problem_ = std::string{name} + " is the number of an event";
    return static_cast<std::uint64_t>(std::max<std::int64_t>(value.value_or(0), 0));
  }
  std::optional<UtcTime> time(std::string_view name) {
    const auto text = query_value(query_, name);
    if (!text) return std::nullopt;
    const auto time = request_time(whole_integer<std::int64_t>(*text));
    if (!time) problem_ = std::string{name} + " is a time in milliseconds since 1970-01-01 UTC, 2200 at the latest";
    return time;
  }
  template <class E>
  std::optional<E> named(std::string_view key, std::size_t count) {
    const auto text = query_value(query_, key);
    if (!text) return std::nullopt;
    std::string known;
    for (std::size_t i = 0; i < count; ++i) {
      const auto value = static_cast<E>(i);
      if (name_of(value) == *text) return value;
      known.append(i == 0 ? "" : ", ").append(name_of(value));
    }
    problem_ = std::string{key} + " is one of " + known;
    return std::nullopt;
  }

  std::string_view query_;
  std::string problem_;
};

}  // namespace

bool AlarmApi::handle(const HttpRequest& request, std::string_view resource, HttpDone& done) {
  if (resource == "alarms" || resource == "modes" || resource == "modes/journal") {
    if (!reads(request)) return done(wrong_method("GET, HEAD")), true;
    if (auto no = login_.refusal(request, Role::viewer)) return done(std::move(*no)), true;
    if (resource == "alarms") return list(request, std::move(done)), true;
    if (resource == "modes") {
      done(
          json_response(modes_json(site_, sources_.mode(), [this](SensorId sensor) { return feed_.is_open(sensor); })));
      return true;
    }
    sources_.mode_journal(most_journal_rows, [done = std::move(done)](Expected<std::vector<ModeRecord>> records) {
      if (!records) return done(not_ready(records.error().message()));
      JsonWriter json(64 + 150 * records->size());
      json.begin_object().key("entries").begin_array();
      for (const auto& record : *records) write_mode_record(json, record);
      json.end_array().end_object();
      done(json_response(json.take()));
    });
    return true;
  }
  const auto [subject, verb] = parts(resource);
  const auto [folder, name] = parts(subject);
  std::optional<Action> action;
  if (folder == "alarms") action = action_named(verb);
  const bool mode = resource == "mode";
  const bool arms = folder == "areas" && (verb == "arm" || verb == "disarm");
  const bool patrols = folder == "patrol" && (verb == "check" || verb == "uncheck");
  if (!action && !mode && !arms && !patrols) return false;
  if (request.method != HttpRequest::Method::post) return done(wrong_method("POST")), true;
  if (auto no = refusal(request)) return done(std::move(*no)), true;
  if (action) return act(request, name, *action, std::move(done)), true;
  ModeRecord wish;
  if (!mode) {
    wish.kind = arms ? ModeRecord::Kind::armed : ModeRecord::Kind::patrol;
    wish.subject = name;
    wish.value = verb == "arm" || verb == "check" ? "1" : "";
  }
  change_mode(request, std::move(wish), std::move(done));
  return true;
}

std::optional<HttpResponse> AlarmApi::refusal(const HttpRequest& request) {
  if (auto no = login_.refusal(request, Role::operator_)) return no;
  if (!is_json(request.content_type))
    return error_response(415, "unsupported_media_type", "send Content-Type: application/json");
  return std::nullopt;
}

std::string AlarmApi::signature(const HttpRequest& request, std::string by) {
  if (const auto user = login_.user(request)) return user->name;  // nobody signs with another's name
  return by;
}

void AlarmApi::open(const HttpDone& done) {
  const auto records = sources_.alarms_open();
  const auto pending = sources_.alarms_pending ? sources_.alarms_pending() : std::vector<PendingAlarm>{};
  JsonWriter json(1024 + 700 * records.size() + 300 * pending.size());
  json.begin_object();
  write_alarms(json, "alarms", site_, records, sources_.alarm_message);
  write_pending_alarms(json, site_, pending);
  write_alarm_metrics(json, sources_.alarm_metrics ? sources_.alarm_metrics() : AlarmMetrics{});
  json.end_object();
  done(json_response(json.take()));
}

void AlarmApi::list(const HttpRequest& request, HttpDone done) {
  const auto state = query_value(request.query(), "state").value_or("open");
  auto query = QueryReader(request.query()).read(most_journal_rows);
  if (!query) return done(bad_request(query.error()));
  // The open ones are never cut: a limit is for the journal.
  if (state == "open") return open(done);
  if (state != "all") return done(bad_request("state is open or all"));
  sources_.alarm_journal(*query, [this, done = std::move(done)](Expected<std::vector<AlarmRecord>> records) {
    if (!records) return done(not_ready(records.error().message()));
    JsonWriter json(64 + 700 * records->size());
    json.begin_object();
    write_alarms(json, "alarms", site_, *records, sources_.alarm_message);
    json.end_object();
    done(json_response(json.take()));
  });
}

void AlarmApi::act(const HttpRequest& request, std::string_view number, Action action, HttpDone done) {
  const auto id = whole_integer<std::uint32_t>(number);
  if (!id || *id == 0 || *id > site_.alarms.size())
    return done(not_found("no alarm " + std::string{number.substr(0, 100)}));
  auto body = read_alarm_action_body(request.body);
  if (!body) return done(bad_request(body.error()));
  AlarmCommand command;
  command.action = action;
  command.alarm = AlarmId{*id - 1};
  command.by = signature(request, std::move(body->by));
  command.comment = std::move(body->comment);
  if (command.by.empty()) return done(bad_request("by is required: the name of the one who does this"));
  if (action == Action::shelve) {
    if (!body->minutes || *body->minutes < 1 || *body->minutes > most_minutes)
      return done(bad_request("minutes is required: for how long it is shelved"));
    command.duration = std::chrono::minutes{*body->minutes};
  }
  login_.journal(request, command.by, name_of(action), "alarm " + std::to_string(*id));
  sources_.alarm_command(std::move(command), [this, done = std::move(done)](Expected<AlarmRecord> record) {
    if (!record) return done(refused(record.error()));
    JsonWriter json(800);
    write_alarm(json, site_, *record, sources_.alarm_message);
    done(json_response(json.take()));
  });
}

void AlarmApi::change_mode(const HttpRequest& request, ModeRecord wish, HttpDone done) {
  auto body = read_mode_body(request.body);
  if (!body) return done(bad_request(body.error()));
  if (wish.kind == ModeRecord::Kind::mode) {
    if (!body->mode) return done(bad_request("mode is required: the id of a mode, or \"usual\""));
    wish.value = *body->mode == usual_mode ? std::string{} : std::move(*body->mode);
  }
  wish.by = signature(request, std::move(body->by));
  wish.comment = std::move(body->comment);
  if (wish.by.empty()) return done(bad_request("by is required: the name of the one who does this"));
  if (auto fine = sources_.mode().check(wish); !fine) return done(not_found(fine.error().context));
  login_.journal(request, wish.by, name_of(wish.kind), wish.subject + " " + wish.value);
  sources_.mode_command(std::move(wish), [done = std::move(done)](Expected<ModeRecord> record) {
    if (!record) return done(refused(record.error()));
    JsonWriter json(200);
    write_mode_record(json, *record);
    done(json_response(json.take()));
  });
}

}  // namespace gateway

#include "firmware-gateway/web/request_body.hpp"

#include <cmath>

#include <boost/json.hpp>

#include "core/printable.hpp"
#include "firmware-gateway/web/request_time.hpp"
#include "firmware-gateway/web/users.hpp"

namespace gateway {
namespace {

constexpr std::size_t longest_by = 100;
constexpr std::size_t longest_comment = 1000;
constexpr std::size_t longest_user = 64;

using Read = std::expected<std::string, std::string>;

std::expected<boost::json::object, std::string> read_object(std::string_view text) {
  boost::system::error_code error;
  auto value = boost::json::parse(boost::json::string_view{text.data(), text.size()}, error);
  if (error) return std::unexpected("the body is not JSON: " + error.message());
  auto* object = value.if_object();
  if (object == nullptr) return std::unexpected("the body is a JSON object");
  return std::move(*object);
}

// A text of the object; empty when it is missing or null.
Read read_text(const boost::json::object& object, const char* key, std::size_t longest) {
  const auto* value = object.if_contains(key);
  if (value == nullptr || value->is_null()) return std::string{};
  if (!value->is_string()) return std::unexpected(std::string{key} + " is a text");
  const std::string_view text{value->get_string().data(), value->get_string().size()};
  if (text.size() > longest)
    return std::unexpected(std::string{key} + " is longer than " + std::to_string(longest) + " bytes");
  return std::string{text};
}

// A number of the object in millionths: kWh in thousandths of Wh, m3 in thousandths of L.
std::expected<std::int64_t, std::string> read_millionths(const boost::json::object& object, const char* key,
                                                         double low) {
  constexpr double most = 1e9;  // above it a double has no sixth decimal
  const auto* value = object.if_contains(key);
  if (value == nullptr || !value->is_number()) return std::unexpected(std::string{key} + " is required: a number");
  const auto number = value->to_number<double>();
  if (!(number >= low) || number > most)
    return std::unexpected(std::string{key} + " is out of range: " + (low < 0 ? "" : "not negative, ") + "1e9 at most");
  return std::llround(number * 1e6);
}

std::expected<UtcTime, std::string> read_time(const boost::json::object& object, const char* key) {
  const auto* value = object.if_contains(key);
  const auto time = value == nullptr || !value->is_int64() ? std::nullopt : request_time(value->get_int64());
  if (!time) return std::unexpected(std::string{key} + " is required: milliseconds since 1970-01-01 UTC");
  return *time;
}

// Who did it, and what they say about it.
std::expected<void, std::string> read_signature(const boost::json::object& object, std::string& by,
                                                std::string& comment, const char* comment_key = "comment") {
  const auto name = read_text(object, "by", longest_by);
  if (!name) return std::unexpected(name.error());
  const auto text = read_text(object, comment_key, longest_comment);
  if (!text) return std::unexpected(text.error());
  by = printable(*name);
  comment = printable(*text);
  return {};
}

}  // namespace

std::expected<ExchangeBody, std::string> read_exchange_body(std::string_view json) {
  const auto object = read_object(json);
  if (!object) return std::unexpected(object.error());
  ExchangeBody body;
  for (const auto& [key, place] :
       {std::pair{"old_reading", &body.old_reading}, std::pair{"new_reading", &body.new_reading}}) {
    const auto reading = read_millionths(*object, key, 0);
    if (!reading) return std::unexpected(reading.error());
    *place = *reading;
  }
  if (auto signature = read_signature(*object, body.by, body.reason, "reason"); !signature)
    return std::unexpected(signature.error());
  return body;
}

std::expected<CorrectionBody, std::string> read_correction_body(std::string_view json) {
  const auto object = read_object(json);
  if (!object) return std::unexpected(object.error());
  CorrectionBody body;
  for (const auto& [key, place] : {std::pair{"from_ms", &body.from}, std::pair{"to_ms", &body.to}}) {
    const auto time = read_time(*object, key);
    if (!time) return std::unexpected(time.error());
    *place = *time;
  }
  if (body.to <= body.from) return std::unexpected("to_ms is later than from_ms");
  const auto amount = read_millionths(*object, "amount", -1e9);
  if (!amount) return std::unexpected(amount.error());
  if (*amount == 0) return std::unexpected("amount is 0: there is nothing to correct");
  body.amount = *amount;
  if (auto signature = read_signature(*object, body.by, body.reason, "reason"); !signature)
    return std::unexpected(signature.error());
  return body;
}

std::expected<AlarmActionBody, std::string> read_alarm_action_body(std::string_view json) {
  const auto object = read_object(json);
  if (!object) return std::unexpected(object.error());
  AlarmActionBody body;
  if (auto signature = read_signature(*object, body.by, body.comment); !signature)
    return std::unexpected(signature.error());
  if (const auto* minutes = object->if_contains("minutes"); minutes != nullptr && !minutes->is_null()) {
    if (!minutes->is_int64()) return std::unexpected("minutes is a whole number");
    body.minutes = minutes->get_int64();
  }
  return body;
}

std::expected<ModeBody, std::string> read_mode_body(std::string_view json) {
  const auto object = read_object(json);
  if (!object) return std::unexpected(object.error());
  ModeBody body;
  if (auto signature = read_signature(*object, body.by, body.comment); !signature)
    return std::unexpected(signature.error());
  if (object->contains("mode")) {
    auto mode = read_text(*object, "mode", longest_user);
    if (!mode) return std::unexpected(mode.error());
    body.mode = std::move(*mode);
  }
  return body;
}

std::expected<OutboxChange, std::string> read_outbox_body(std::string_view json) {
  const auto object = read_object(json);
  if (!object) return std::unexpected(object.error());
  OutboxChange change;
  const auto sink = read_text(*object, "sink", longest_by);
  if (!sink) return std::unexpected(sink.error());
  change.sink = *sink;
  const auto* all = object->if_contains("all");
  const auto* letter = object->if_contains("letter");
  const bool everything = all != nullptr && all->is_bool() && all->get_bool();
  if (letter != nullptr && !letter->is_null()) {
    if (!letter->is_int64() || letter->get_int64() <= 0) return std::unexpected("letter is a number from 1 on");
    change.letter = letter->get_int64();
  }
  if ((change.letter ? 1 : 0) + (change.sink.empty() ? 0 : 1) + (everything ? 1 : 0) != 1)
    return std::unexpected("say one of letter, sink or \"all\": true");
  return change;
}

std::expected<LoginBody, std::string> read_login_body(std::string_view json) {
  const auto object = read_object(json);
  if (!object) return std::unexpected(object.error());
  auto user = read_text(*object, "user", longest_user);
  if (!user) return std::unexpected(user.error());
  auto password = read_text(*object, "password", longest_password);
  if (!password) return std::unexpected(password.error());
  if (user->empty() || password->empty()) return std::unexpected("user and password are required");
  return LoginBody{std::move(*user), std::move(*password)};
}

}  // namespace gateway

// The JSON that comes with a POST, read strictly. Pure; any thread. On failure: what is wrong, for the person who wrote
// the client. Unknown keys are ignored.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/outbox.hpp"

namespace gateway {

// `by` is 100 bytes at most, `comment` 1,000; control characters become spaces, for both end up in the journal.

// {"by": "name", "comment": "text", "minutes": 60}; what is done to an alarm.
struct AlarmActionBody {
  std::string by;
  std::string comment;
  std::optional<std::int64_t> minutes;
};
[[nodiscard]] std::expected<AlarmActionBody, std::string> read_alarm_action_body(std::string_view json);

// {"mode": "typhoon", "by": "name", "comment": "text"}
struct ModeBody {
  std::optional<std::string> mode;
  std::string by;
  std::string comment;
};
[[nodiscard]] std::expected<ModeBody, std::string> read_mode_body(std::string_view json);

// {"sink": "id", "letter": 17}: one of them, or {"all": true}. The action is the address's.
[[nodiscard]] std::expected<OutboxChange, std::string> read_outbox_body(std::string_view json);

// {"old_reading": 12345.6, "new_reading": 0, "by": "name", "reason": "text"}: what the old meter's display said last
// and the new one's first, in kWh or m3. In thousandths of Wh or L.
struct ExchangeBody {
  std::int64_t old_reading = 0;
  std::int64_t new_reading = 0;
  std::string by;
  std::string reason;
};
[[nodiscard]] std::expected<ExchangeBody, std::string> read_exchange_body(std::string_view json);

// {"from_ms": 0, "to_ms": 1, "amount": -12.5, "by": "name", "reason": "text"}: kWh or m3 that are added to a meter's
// figure for that time, or taken away.
struct CorrectionBody {
  UtcTime from{};
  UtcTime to{};
  std::int64_t amount = 0;
  std::string by;
  std::string reason;
};
[[nodiscard]] std::expected<CorrectionBody, std::string> read_correction_body(std::string_view json);

// {"user": "name", "password": "..."}
struct LoginBody {
  std::string user;
  std::string password;
};
[[nodiscard]] std::expected<LoginBody, std::string> read_login_body(std::string_view json);

}  // namespace gateway

// The JSON that comes with a POST, read strictly. Pure; any thread. On failure: what is wrong, for the person who wrote
// the client. Unknown keys are ignored.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace gateway {

// {"by": "name", "comment": "text"}
struct AckBody {
  std::string by;  // empty: not given
  std::string comment;
};
// `by` is 100 bytes at most, `comment` 1,000; control characters become spaces, for both end up in the journal.
[[nodiscard]] std::expected<AckBody, std::string> read_ack_body(std::string_view json);

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

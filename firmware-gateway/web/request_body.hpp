// The JSON that comes with a POST, read strictly. Pure; any thread. On failure: what is wrong, for the person who wrote
// the client. Unknown keys are ignored.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "core/outbox.hpp"

namespace gateway {

// {"by": "name", "comment": "text"}
struct AckBody {
  std::string by;  // empty: not given
  std::string comment;
};
// `by` is 100 bytes at most, `comment` 1,000; control characters become spaces, for both end up in the journal.
[[nodiscard]] std::expected<AckBody, std::string> read_ack_body(std::string_view json);

// {"sink": "id", "letter": 17}: one of them, or {"all": true}. The action is the address's.
[[nodiscard]] std::expected<OutboxChange, std::string> read_outbox_body(std::string_view json);

// {"user": "name", "password": "..."}
struct LoginBody {
  std::string user;
  std::string password;
};
[[nodiscard]] std::expected<LoginBody, std::string> read_login_body(std::string_view json);

}  // namespace gateway

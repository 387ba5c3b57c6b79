// What comes with an acknowledgement: {"by": "name", "comment": "text"}. Pure; any thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>

namespace gateway {

struct AckBody {
  std::string by;
  std::string comment;
};

// On failure: what is wrong, for the person who wrote the client. Unknown keys are ignored. `by` is 1 to 100 bytes,
// `comment` at most 1,000; control characters become spaces, for both end up in the journal.
[[nodiscard]] std::expected<AckBody, std::string> read_ack_body(std::string_view json);

}  // namespace gateway

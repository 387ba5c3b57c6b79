// What an answer of a line-protocol endpoint means: the one table of it in the program (docs: operations). Pure; any
// thread.
//
// | answer                                   | verdict       | what the uploader does                                |
// | ---------------------------------------- | ------------- | ----------------------------------------------------- |
// | 204; 200-206 with an empty or JSON body  | accepted      | acknowledge                                           |
// | 2xx with HTML, 3xx                       | not_the_store | a captive portal or a wrong address: keep, retry slowly
// | | 400, 422                                 | bad_lines     | split until the bad line stands alone: dead letter |
// | 401, 403, 404                            | refused       | keep everything, retry slowly, tell somebody          |
// | 413                                      | too_large     | halve, remember the size                              |
// | 408, 429, 502, 503, 504                  | busy          | back off; Retry-After is honoured within bounds       |
// | 500, other 5xx                           | server_error  | back off; poison if others pass                       |
// | any other                                | refused       | as 404                                                |
//
// TDengine's adapter answers 500 for every parse error, InfluxDB for points outside its retention: a batch that fails
// again and again while others pass is treated as bad_lines (DOMAIN 5.3).
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"

namespace gateway {

struct Answer {
  unsigned status = 0;
  std::string content_type;
  std::string retry_after;
  std::string body;  // its beginning
};

enum class Verdict : std::uint8_t { accepted, bad_lines, refused, not_the_store, too_large, busy, server_error };

[[nodiscard]] Verdict verdict(const Answer& answer) noexcept;
// One line for the sync page and for dead letters: "400: unable to parse ...". At most 300 bytes, no control
// characters.
[[nodiscard]] std::string reason(const Answer& answer);

// Retry-After as seconds or as an HTTP date (RFC 9110 10.2.3); nullopt for rubbish, and for what lies in the past.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(std::string_view text, UtcTime now) noexcept;

}  // namespace gateway

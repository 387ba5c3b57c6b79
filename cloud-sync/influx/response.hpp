// What an answer of a write API means: the one table of it in the program; docs/central-stores.md shows the same to
// people. Pure; any thread.
//
// TDengine's adapter answers 500 for every parse error, InfluxDB for points outside its retention: a batch that fails
// again and again while others pass is treated as bad_lines (DOMAIN 5.3).
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/site.hpp"
#include "core/status.hpp"

namespace gateway {

struct WriteAnswer {
  Sink::Kind kind{};  // of whom it was asked
  unsigned status = 0;
  std::string content_type;
  std::string retry_after;
  std::string body;  // its beginning
  // The server has shown the certificate that was expected: nobody else can have answered.
  bool proven = false;
};

enum class Verdict : std::uint8_t {
  accepted,       // acknowledge
  bad_lines,      // split until the bad line stands alone: dead letter, with the far end's reason
  refused,        // keep everything, retry slowly, somebody has to mend something
  not_the_store,  // the same: it is a log-in page or another service that answers
  too_large,      // halve, and remember the size
  busy,           // back off; Retry-After is honoured within bounds
  server_error    // back off; the row's fault only when others pass
};

struct AnswerMeaning {
  unsigned first;  // status codes, both included; the first row that fits counts
  unsigned last;
  Verdict verdict;
};
inline constexpr std::array<AnswerMeaning, 13> answer_meanings{{
    {204, 204, Verdict::accepted},  // what every engine of ours answers to a write (DOMAIN 5.2, 5.4)
    // Of kind line_protocol, with an empty or a JSON body, from a server that is proven: an engine that we don't know,
    // or a proxy that changes the code. Else not_the_store: captive portals and health pages answer 200, with an empty
    // body or JSON as they please.
    {200, 299, Verdict::accepted},
    {300, 399, Verdict::not_the_store},
    {400, 400, Verdict::bad_lines},
    {422, 422, Verdict::bad_lines},
    {408, 408, Verdict::busy},
    {413, 413, Verdict::too_large},
    {425, 425, Verdict::busy},
    {429, 429, Verdict::busy},
    {511, 511, Verdict::not_the_store},  // a captive portal that says so (RFC 6585)
    {502, 504, Verdict::busy},
    {500, 599, Verdict::server_error},
    {0, 999, Verdict::refused},  // 401, 403, 404 and whatever else
}};

[[nodiscard]] Verdict verdict(const WriteAnswer& answer) noexcept;
// One line for the sync page and for dead letters: "400: unable to parse ...". At most 300 bytes, no control
// characters.
[[nodiscard]] std::string reason(const WriteAnswer& answer);

// The same for pages that choose their own words: of an answer that is no acknowledgement, and of none at all.
[[nodiscard]] SinkFailure failure_of(const WriteAnswer& answer) noexcept;
[[nodiscard]] SinkFailure failure_of(const Error& error) noexcept;

// Retry-After as seconds or as an HTTP date (RFC 9110 10.2.3); nullopt for rubbish, and for what lies in the past.
[[nodiscard]] std::optional<std::chrono::seconds> retry_after(std::string_view text, UtcTime now) noexcept;

}  // namespace gateway

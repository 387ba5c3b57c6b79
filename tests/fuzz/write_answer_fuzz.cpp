// What a central store answers, behind HTTP: the first lines are the status, the content type and Retry-After, the rest
// is the body. Whatever it says has one meaning, is one short line for people, and repeats nothing that is secret.
#include <charconv>

#include "cloud-sync/influx/response.hpp"
#include "core/confidential.hpp"
#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gateway;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  const auto status = fuzz::line_of(rest);
  WriteAnswer answer;
  (void)std::from_chars(status.data(), status.data() + status.size(), answer.status);
  answer.content_type = fuzz::line_of(rest);
  answer.retry_after = fuzz::line_of(rest);
  Confidential confidential;
  confidential.add_address("https://tsdb.example/ingest-here?db=energy&tenant=0123456789");
  confidential.add_secret("s3cret");
  answer.body = confidential.taken_out_of(rest);
  for (const auto* secret : {"s3cret", "ingest-here", "0123456789"})
    GATEWAY_CHECK(answer.body.find(secret) == std::string::npos);
  for (const auto kind : {Sink::Kind::influx1, Sink::Kind::line_protocol})
    for (const bool proven : {false, true}) {
      answer.kind = kind;
      answer.proven = proven;
      const auto means = verdict(answer);
      GATEWAY_CHECK((failure_of(answer) == SinkFailure::none) == (means == Verdict::accepted));
      if (means == Verdict::accepted)
        GATEWAY_CHECK(answer.status == 204 || (proven && kind == Sink::Kind::line_protocol));
      const auto said = reason(answer);
      GATEWAY_CHECK(said.size() <= 300);
      for (const char c : said) GATEWAY_CHECK(static_cast<unsigned char>(c) >= 0x20);
    }
  const UtcTime now{std::chrono::hours{24 * 365 * 56}};
  if (const auto wait = retry_after(answer.retry_after, now)) GATEWAY_CHECK(wait->count() >= 0);
  return 0;
}

#include "cloud-sync/influx/response.hpp"

#include <gtest/gtest.h>

namespace gateway {
namespace {

using namespace std::chrono_literals;

WriteAnswer answer(unsigned status, std::string body = "", std::string type = "application/json",
                   Sink::Kind kind = Sink::Kind::line_protocol) {
  return {.kind = kind,
          .status = status,
          .content_type = std::move(type),
          .retry_after = "",
          .body = std::move(body),
          .proven = true};
}
WriteAnswer over_plain_http(WriteAnswer answer) {
  answer.proven = false;
  return answer;
}

TEST(Response, EveryStatusHasItsVerdict) {
  const std::pair<unsigned, Verdict> table[] = {
      {204, Verdict::accepted},      {200, Verdict::accepted},      {301, Verdict::not_the_store},
      {302, Verdict::not_the_store}, {307, Verdict::not_the_store}, {400, Verdict::bad_lines},
      {422, Verdict::bad_lines},     {401, Verdict::refused},       {403, Verdict::refused},
      {404, Verdict::refused},       {405, Verdict::refused},       {411, Verdict::refused},
      {413, Verdict::too_large},     {408, Verdict::busy},          {429, Verdict::busy},
      {503, Verdict::busy},          {502, Verdict::busy},          {504, Verdict::busy},
      {500, Verdict::server_error},  {507, Verdict::server_error},  {425, Verdict::busy},
      {511, Verdict::not_the_store}, {100, Verdict::refused},       {999, Verdict::refused}};
  for (const auto& [status, wanted] : table) EXPECT_EQ(verdict(answer(status)), wanted) << status;
}

TEST(Response, APortalsPageIsNoAcknowledgement) {
  EXPECT_EQ(verdict(answer(200, "<!DOCTYPE html><html>", "text/html; charset=utf-8")), Verdict::not_the_store);
  EXPECT_EQ(verdict(answer(200, "  \n<html>", "text/plain")), Verdict::not_the_store);
  EXPECT_EQ(verdict(answer(200, "", "TEXT/HTML")), Verdict::not_the_store);
  EXPECT_EQ(verdict(answer(200, "{}")), Verdict::accepted);
}

// A captive portal, a health page behind a wrong path, a proxy that says OK: every engine that we know answers 204.
TEST(Response, OfAnEngineThatWeKnowOnly204IsAnAcknowledgement) {
  for (const auto kind : {Sink::Kind::influx1, Sink::Kind::influx2, Sink::Kind::influx3, Sink::Kind::victoriametrics,
                          Sink::Kind::questdb, Sink::Kind::greptimedb, Sink::Kind::tdengine}) {
    EXPECT_EQ(verdict(answer(204, "", "", kind)), Verdict::accepted);
    for (const std::string body : {"", "{}", "[]", "ok", R"({"status":"ok"})"}) {
      EXPECT_EQ(verdict(answer(200, body, "application/json", kind)), Verdict::not_the_store) << body;
      EXPECT_EQ(verdict(answer(202, body, "text/plain", kind)), Verdict::not_the_store) << body;
    }
  }
}

// Of an engine that we don't know, too: a portal, or a proxy in between, says 200 with nothing in it as well.
TEST(Response, OverPlainHttpOnly204IsAnAcknowledgementOfAnyEngine) {
  EXPECT_EQ(verdict(over_plain_http(answer(204))), Verdict::accepted);
  for (const std::string body : {"", "{}", "[]", "ok", R"({"status":"ok"})"})
    for (const unsigned status : {200U, 201U, 202U}) {
      const WriteAnswer unproven = over_plain_http(answer(status, body));
      EXPECT_EQ(verdict(unproven), Verdict::not_the_store) << status << body;
      EXPECT_NE(reason(unproven).find("only 204"), std::string::npos) << reason(unproven);
      EXPECT_EQ(verdict(answer(status, body)), Verdict::accepted) << status << body;
    }
  EXPECT_NE(reason(over_plain_http(answer(200, "<html>"))).find("log-in page"), std::string::npos);
}

TEST(Response, TheReasonIsOneShortLine) {
  const std::string text = reason(answer(400, "unable to parse\n'x'" + std::string(1000, 'x')));
  EXPECT_TRUE(text.starts_with("400: unable to parse 'x'"));
  EXPECT_LE(text.size(), 300U);
}

TEST(Response, EveryFailureHasAKindForPagesInOtherLanguages) {
  const std::pair<unsigned, SinkFailure> answers[] = {
      {204, SinkFailure::none},         {302, SinkFailure::not_the_store}, {400, SinkFailure::bad_lines},
      {401, SinkFailure::not_allowed},  {403, SinkFailure::not_allowed},   {404, SinkFailure::refused},
      {413, SinkFailure::too_large},    {429, SinkFailure::busy},          {503, SinkFailure::busy},
      {500, SinkFailure::server_error}, {999, SinkFailure::refused}};
  for (const auto& [status, wanted] : answers) EXPECT_EQ(failure_of(answer(status)), wanted) << status;
  const std::pair<std::errc, SinkFailure> errors[] = {{std::errc::timed_out, SinkFailure::timeout},
                                                      {std::errc::connection_refused, SinkFailure::unreachable},
                                                      {std::errc::host_unreachable, SinkFailure::unreachable},
                                                      {std::errc::connection_reset, SinkFailure::cut_off},
                                                      {std::errc::permission_denied, SinkFailure::not_allowed},
                                                      {std::errc::no_such_file_or_directory, SinkFailure::settings}};
  for (const auto& [code, wanted] : errors) EXPECT_EQ(failure_of(Error{std::make_error_code(code), ""}), wanted);
}

TEST(RetryAfter, TakesSecondsAndDates) {
  const UtcTime now = std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + 8h + 49min;
  EXPECT_EQ(retry_after("120", now), 120s);
  EXPECT_EQ(retry_after(" 0 ", now), 0s);
  EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", now), 37s);
}

TEST(RetryAfter, RubbishAndThePastSayNothing) {
  const UtcTime now = std::chrono::sys_days{std::chrono::year{2025} / 11 / 6};
  for (const char* text : {"", "soon", "-5", "12x", "Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 99 Nov 2030 08:49:37 GMT",
                           "Sun, 06 Foo 2030 08:49:37 GMT", "Sun, 06 Nov 9999 08:49:37 GMT", "99999999999999999999"})
    EXPECT_EQ(retry_after(text, now), std::nullopt) << text;
}

}  // namespace
}  // namespace gateway

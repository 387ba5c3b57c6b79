// What a chat robot answers with HTTP 200: only an errcode of 0 is a message that was taken.
#include "cloud-sync/notify/way.hpp"
#include "tests/fuzz/check.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gateway;
  const std::string body(reinterpret_cast<const char*>(data), size);
  for (const auto kind : {Notify::Kind::wecom, Notify::Kind::dingtalk}) {
    Reply http;
    http.outcome = Reply::Outcome::taken;
    http.status = 200;
    http.said = "HTTP 200";
    http.body = body;
    const auto reply = robot_answer(kind, std::move(http));
    if (reply.outcome == Reply::Outcome::taken)
      GATEWAY_CHECK(body.find('{') != std::string::npos && body.find('0') != std::string::npos);
  }
  return 0;
}

// Bytes that a client sends instead of an HTTP request: an answer that is one, never a 5xx, or a closed connection.
#include <array>
#include <cstdint>

#include "tests/fuzz/check.hpp"
#include "tests/fuzz/web_client.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static gateway::fuzz::WebClient client;
  const auto answer = client.exchange({reinterpret_cast<const char*>(data), size});
  GATEWAY_CHECK(answer.empty() || answer.starts_with("HTTP/1."));
  GATEWAY_CHECK(!answer.starts_with("HTTP/1.1 5"));
  return 0;
}

// Bytes that a client sends instead of WebSocket frames, once its stream is open: the stream ends, and nothing else
// does.
#include <array>
#include <cstdint>

#include "tests/fuzz/check.hpp"
#include "tests/fuzz/web_client.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static gateway::fuzz::WebClient client;
  std::string bytes =
      "GET /api/v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: "
      "Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
  bytes.append(reinterpret_cast<const char*>(data), size);
  const auto answer = client.exchange(bytes);
  GATEWAY_CHECK(answer.starts_with("HTTP/1.1 101 "));
  return 0;
}

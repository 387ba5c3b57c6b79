// A plain blocking HTTP and WebSocket client for tests: shows every byte, and can misbehave on purpose. Every wait ends
// after `patience`, so a server that hangs fails the test instead of hanging it.
#pragma once

#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gateway::test {

inline constexpr std::chrono::milliseconds patience{10'000};

class TcpClient {
 public:
  // `from`: the address that the server sees, one of 127.x.x.x.
  explicit TcpClient(std::uint16_t port, int receive_buffer = 0, const char* from = nullptr)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (from != nullptr) {
      sockaddr_in own{};
      own.sin_family = AF_INET;
      own.sin_addr.s_addr = inet_addr(from);
      if (bind(socket_, reinterpret_cast<sockaddr*>(&own), sizeof own) != 0) throw std::runtime_error("bind");
    }
    if (receive_buffer > 0) setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      ::close(socket_);
      throw std::runtime_error("connect");
    }
  }
  TcpClient(TcpClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}
  TcpClient& operator=(TcpClient&&) = delete;
  ~TcpClient() {
    if (socket_ >= 0) ::close(socket_);
  }

  // False when the server has closed.
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void end_sending() { ::shutdown(socket_, SHUT_WR); }

  // At least `size` bytes in the buffer; false when the connection ended before. Throws when patience ran out.
  bool fill(std::size_t size) {
    while (buffer_.size() < size)
      if (!receive()) return false;
    return true;
  }
  bool fill_until(std::string_view mark) {
    while (buffer_.find(mark) == std::string::npos)
      if (!receive()) return false;
    return true;
  }
  // True when the server ends the connection (what it still sends is kept).
  bool ends() {
    while (receive()) {
    }
    return true;
  }
  std::string take(std::size_t size) {
    auto out = buffer_.substr(0, size);
    buffer_.erase(0, size);
    return out;
  }
  std::string& buffer() noexcept { return buffer_; }

 private:
  bool receive() {
    pollfd waiting{socket_, POLLIN, 0};
    if (poll(&waiting, 1, static_cast<int>(patience.count())) != 1) throw std::runtime_error("the server says nothing");
    char bytes[65536];
    const auto size = recv(socket_, bytes, sizeof bytes, 0);
    if (size <= 0) return false;
    buffer_.append(bytes, static_cast<std::size_t>(size));
    return true;
  }
  int socket_;
  std::string buffer_;
};

struct HttpAnswer {
  unsigned status = 0;
  std::string head;  // status line and headers
  std::string body;
  [[nodiscard]] std::string header(std::string_view name) const {
    const auto at = head.find("\r\n" + std::string{name} + ": ");
    if (at == std::string::npos) return {};
    const auto begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

// The next answer on the connection; nullopt when the server closed without one.
inline std::optional<HttpAnswer> read_answer(TcpClient& client, bool to_head = false) {
  if (!client.fill_until("\r\n\r\n")) return std::nullopt;
  HttpAnswer answer;
  answer.head = client.take(client.buffer().find("\r\n\r\n") + 4);
  if (!answer.head.starts_with("HTTP/1.")) throw std::runtime_error("not HTTP: " + answer.head);
  answer.status = static_cast<unsigned>(std::stoul(answer.head.substr(9, 3)));
  const auto length = answer.header("Content-Length");
  if (to_head || length.empty()) return answer;
  const auto size = std::stoul(length);
  if (!client.fill(size)) throw std::runtime_error("the body ended early");
  answer.body = client.take(size);
  return answer;
}

inline std::string get_request(std::string_view target, std::string_view more = "") {
  return "GET " + std::string{target} + " HTTP/1.1\r\nHost: 127.0.0.1\r\n" + std::string{more} + "\r\n";
}

inline std::optional<HttpAnswer> get(std::uint16_t port, std::string_view target, std::string_view more = "") {
  TcpClient client{port};
  client.send(get_request(target, more));
  return read_answer(client);
}

class StreamSocket {
 public:
  static constexpr std::string_view handshake =
      "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

  explicit StreamSocket(std::uint16_t port, int receive_buffer = 0, std::string_view more = "")
      : client_(port, receive_buffer) {
    client_.send(get_request("/api/v1/stream", std::string{handshake} + std::string{more}));
    const auto answer = read_answer(client_);
    if (!answer || answer->status != 101) throw std::runtime_error("no WebSocket");
  }

  struct Message {
    enum class Kind { text, close, ended };
    Kind kind{};
    std::string text;
    unsigned close_code = 0;
  };
  // The next text frame, the closing frame, or that the connection ended. Pings are answered.
  Message next() {
    for (;;) {
      if (!client_.fill(2)) return {Message::Kind::ended, "", 0};
      const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(client_.buffer()[i]); };
      const unsigned opcode = byte(0) & 15U;
      std::uint64_t size = byte(1) & 127U;
      std::size_t head = 2;
      if (size >= 126) {
        head = size == 126 ? 4 : 10;
        if (!client_.fill(head)) return {Message::Kind::ended, "", 0};
        size = 0;
        for (std::size_t i = 2; i < head; ++i) size = size << 8 | byte(i);
      }
      if (!client_.fill(head + size)) return {Message::Kind::ended, "", 0};
      client_.take(head);
      auto payload = client_.take(size);
      if (opcode == 1) return {Message::Kind::text, std::move(payload), 0};
      if (opcode == 8) {
        const auto code = payload.size() < 2
                              ? 0U
                              : static_cast<unsigned char>(payload[0]) * 256U + static_cast<unsigned char>(payload[1]);
        return {Message::Kind::close, std::move(payload), code};
      }
      if (opcode == 9) send(10, payload);
    }
  }
  // Masked with zeros, as a client must.
  bool send(unsigned opcode, std::string_view payload) {
    std::string frame{static_cast<char>(0x80U | opcode)};
    if (payload.size() < 126) {
      frame += static_cast<char>(0x80U | payload.size());
    } else {
      frame += static_cast<char>(0x80U | 126U);
      frame += static_cast<char>(payload.size() >> 8);
      frame += static_cast<char>(payload.size() & 255U);
    }
    frame.append(4, '\0').append(payload);
    return client_.send(frame);
  }
  TcpClient& tcp() noexcept { return client_; }

 private:
  TcpClient client_;
};

}  // namespace gateway::test

#include "tests/simulator/bench_server.hpp"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gateway::simulator {
namespace {

void put32(std::uint8_t* at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) at[i] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

// A read of the 20 registers of generic-10, whatever was asked for within them.
std::size_t make_answer(const std::uint8_t* query, std::uint8_t* reply, std::uint32_t watt_hours) {
  static constexpr float gauges[9] = {1234.5f, 230.1f, 229.8f, 231.2f, 1.8f, 1.9f, 1.7f, 50.01f, 0.93f};
  std::uint8_t image[40];
  for (int i = 0; i < 9; ++i)
    // A power factor stays below 1.
    put32(image + 4 * i, std::bit_cast<std::uint32_t>(gauges[i] + (i == 8 ? 0 : static_cast<float>(watt_hours % 7))));
  put32(image + 36, watt_hours);
  const unsigned address = static_cast<unsigned>(query[8] << 8 | query[9]),
                 count = static_cast<unsigned>(query[10] << 8 | query[11]);
  std::memcpy(reply, query, 8);
  if (address + count > 20 || count == 0) {
    reply[4] = 0;
    reply[5] = 3;
    reply[7] = query[7] | 0x80;
    reply[8] = 2;
    return 9;
  }
  const auto bytes = 2 * count;
  reply[4] = 0;
  reply[5] = static_cast<std::uint8_t>(3 + bytes);
  reply[8] = static_cast<std::uint8_t>(bytes);
  std::memcpy(reply + 9, image + 2 * address, bytes);
  return 9 + bytes;
}

}  // namespace

std::expected<std::unique_ptr<BenchServer>, std::string> BenchServer::start(const std::string& host, int port,
                                                                            std::size_t endpoints) {
  std::unique_ptr<BenchServer> server(new BenchServer);
  for (std::size_t i = 0; i < endpoints; ++i) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int on = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    // Only the first has to be where the caller says; the others are told in the site that is written.
    address.sin_port = htons(static_cast<std::uint16_t>(i == 0 ? port : 0));
    ::inet_pton(AF_INET, host.c_str(), &address.sin_addr);
    socklen_t size = sizeof address;
    if (listener < 0 || ::bind(listener, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
        ::listen(listener, 64) != 0)
      return std::unexpected(host + ": " + std::strerror(errno));
    ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size);
    server->listeners_.push_back(listener);
    server->places_.push_back(host + ":" + std::to_string(ntohs(address.sin_port)));
  }
  server->thread_ = std::thread([raw = server.get()] { raw->run(); });
  return server;
}

BenchServer::~BenchServer() {
  stopping_ = true;
  if (thread_.joinable()) thread_.join();
  for (const int listener : listeners_) ::close(listener);
}

void BenchServer::run() {
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  const auto watch = [&](int file) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = file;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, file, &event);
  };
  for (const int listener : listeners_) watch(listener);
  const auto start = std::chrono::steady_clock::now();
  epoll_event events[64];
  while (!stopping_) {
    const int ready = ::epoll_wait(poll, events, 64, 100);
    for (int i = 0; i < ready; ++i) {
      const int file = events[i].data.fd;
      if (std::ranges::find(listeners_, file) != listeners_.end()) {
        const int client = ::accept4(file, nullptr, nullptr, SOCK_CLOEXEC);
        const int on = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        watch(client);
        continue;
      }
      std::uint8_t query[260], reply[260];
      const auto got = ::recv(file, query, sizeof query, 0);
      if (got < 12) {  // a request of function 3 or 4 has 12 bytes and comes in one segment here
        ::close(file);
        continue;
      }
      const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      const auto size = make_answer(query, reply, 1'000'000 + static_cast<std::uint32_t>(seconds * 10));
      [[maybe_unused]] const auto sent = ::send(file, reply, size, MSG_NOSIGNAL);
    }
  }
  ::close(poll);
}

}  // namespace gateway::simulator

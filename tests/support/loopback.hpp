// Sockets of tests on 127.0.0.1. All throw std::runtime_error where the system gives none.
#pragma once

#include <cstdint>
#include <stdexcept>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace gateway::test {

inline sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

// `flags`: SOCK_NONBLOCK, or none.
inline int tcp_socket(int flags = 0) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (socket < 0) throw std::runtime_error("no socket");
  return socket;
}

// To a port that is free; returns it.
inline std::uint16_t bind_to_loopback(int socket) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(socket, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

inline std::uint16_t listen_on_loopback(int socket, int queue) {
  const auto port = bind_to_loopback(socket);
  if (::listen(socket, queue) != 0) throw std::runtime_error("nothing to listen on");
  return port;
}

// A port that was free a moment ago.
inline std::uint16_t free_port() {
  const int socket = tcp_socket();
  const auto port = bind_to_loopback(socket);
  ::close(socket);
  return port;
}

}  // namespace gateway::test

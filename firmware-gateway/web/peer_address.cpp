#include "firmware-gateway/web/peer_address.hpp"

#include <algorithm>
#include <array>

#include <arpa/inet.h>
#include <netinet/in.h>

namespace gateway {
namespace {

std::string text_of(const in6_addr& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(AF_INET6, &address, text.data(), text.size());
  return text.data();
}

}  // namespace

std::string counted_address(const std::string& peer) {
  in6_addr address{};
  if (::inet_pton(AF_INET6, peer.substr(0, peer.find('%')).c_str(), &address) != 1) return peer;
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    std::array<char, INET_ADDRSTRLEN> text{};
    ::inet_ntop(AF_INET, &address.s6_addr[12], text.data(), text.size());
    return text.data();
  }
  if (IN6_IS_ADDR_LOOPBACK(&address)) return "::1";
  std::fill(std::begin(address.s6_addr) + 8, std::end(address.s6_addr), 0);
  return text_of(address) + "/64";
}

bool is_loopback_address(const std::string& peer) {
  const auto counted = counted_address(peer);
  return counted == "::1" || counted.starts_with("127.");
}

}  // namespace gateway

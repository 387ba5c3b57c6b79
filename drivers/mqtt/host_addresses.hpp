// Looks a broker's name up on a thread that nobody joins: with a name server that is away getaddrinfo hangs for half a
// minute, and nothing ends it. Paho would do it itself, with the one lock of all its clients held: neither would a
// message of another broker come in meanwhile, nor one go out, nor a session end.
//
// For one thread, save the one that asks; that one may outlive everything.
#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gateway {

class HostAddresses {
 public:
  // Each as it stands in a URL: IPv6 in brackets. Or why there are none, for people.
  using Addresses = std::expected<std::vector<std::string>, std::string>;

  explicit HostAddresses(std::string host) : host_(std::move(host)) {}

  // Asks anew; one question that has no answer yet is left to be answered.
  void ask();
  // The answer, if it comes in time.
  [[nodiscard]] std::optional<Addresses> wait_for(std::chrono::milliseconds longest);

 private:
  struct Asked;
  std::string host_;
  std::shared_ptr<Asked> asked_;
};

// "mqtts://host:8883" has "host", "mqtt://[::1]:1883" has "::1".
[[nodiscard]] std::string host_of(const std::string& url);
[[nodiscard]] bool is_address(const std::string& host);

}  // namespace gateway

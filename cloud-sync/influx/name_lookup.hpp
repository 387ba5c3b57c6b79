// Looks up a host's addresses on a thread of its own. getaddrinfo can't be ended: with a name server that is away it
// takes half a minute, whatever the deadline says. One that hangs is left behind, and holds up nobody else: neither
// other sinks nor the end of the program. For one thread (or strand) of the executor.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/steady_timer.hpp>

#include "core/error.hpp"

namespace gateway {

class NameLookup {
 public:
  using Addresses = std::vector<boost::asio::ip::address>;
  // Blocks as long as it likes; on a thread of its own.
  using Find = std::function<Expected<Addresses>(const std::string& host)>;
  // As the system does: /etc/hosts, DNS, in its order of preference.
  static Expected<Addresses> of_system(const std::string& host);

  explicit NameLookup(boost::asio::any_io_executor executor, Find find = of_system);
  ~NameLookup();

  // A literal address needs no look-up. One thread at most: while an earlier one still hangs, its result is waited for.
  // Errors: timed_out at the deadline; what the system says.
  boost::asio::awaitable<Expected<Addresses>> find(std::string host, std::chrono::steady_clock::time_point deadline);
  // Who waits is told timed_out now.
  void cancel();

 private:
  struct Running;
  boost::asio::any_io_executor executor_;
  Find find_;
  std::shared_ptr<Running> running_;
  std::weak_ptr<boost::asio::steady_timer> waiting_;
};

}  // namespace gateway

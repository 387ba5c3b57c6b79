// Keeps the dashboard's server up: starts it, and where that fails (its port is taken, its address is not there yet,
// its certificate or its list of users can't be read) says so once, with what would mend it, and tries again every ten
// seconds. That there is no dashboard is a fault, and no reason not to read meters.
//
// begin() is for the main thread before the network thread runs; everything else but served() and address() for the
// network thread. Of the name of a host that is looked up it waits for nobody: a name server that is away takes half a
// minute to say so.
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/clock.hpp"
#include "core/error.hpp"
#include "core/site.hpp"
#include "firmware-gateway/web/web_server.hpp"

namespace gateway {

// What would mend a server that can't start, for the person who reads the log; "": the error says enough.
[[nodiscard]] std::string remedy_for(const Error& error, const Web& web);

class WebStarter {
 public:
  // A server that was not started. Called for every try, because users and certificates are read anew.
  using Make = std::function<std::unique_ptr<WebServer>()>;
  // The addresses of a name; blocks as long as it likes, on a thread of its own that nobody joins.
  using Find = std::function<Expected<std::vector<std::string>>(const std::string& host)>;
  static Expected<std::vector<std::string>> ask_system(const std::string& host);

  static constexpr std::chrono::seconds every{10};
  // begin() waits so long for a name: one that stands in /etc/hosts is there at once.
  static constexpr std::chrono::milliseconds first_patience{500};

  WebStarter(const Web& web, Make make, Find find = ask_system, std::chrono::milliseconds patience = first_patience);

  // The first try.
  void begin(MonotonicTime now);
  // About once a second: the next try, if one is due.
  void look(MonotonicTime now);
  void stop();

  // The server, whether it could be started or not; another one after a look() that tried again.
  [[nodiscard]] WebServer& server() noexcept { return *server_; }
  // nullopt: not known yet. Any thread.
  [[nodiscard]] std::optional<bool> served() const;
  // Where the dashboard is, or that it is nowhere. Any thread.
  [[nodiscard]] std::string address() const;

 private:
  using Addresses = Expected<std::vector<std::string>>;
  void attempt(const std::vector<std::string>& addresses);
  void take(Addresses found);
  void search(MonotonicTime now);
  void failed(const Error& error);

  const Web& web_;
  Make make_;
  Find find_;
  std::chrono::milliseconds patience_;
  std::unique_ptr<WebServer> server_;
  std::future<Addresses> searching_;
  MonotonicTime searching_since_{};
  MonotonicTime next_try_{};
  std::string told_;  // the trouble that the log has told
  mutable std::mutex mutex_;
  std::optional<bool> served_;
  std::string address_;
};

}  // namespace gateway

// What all connections of one server share. Inside web/ only; for the network thread.
#pragma once

#include <list>
#include <memory>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>

#include "firmware-gateway/web/api.hpp"
#include "firmware-gateway/web/live_feed.hpp"
#include "firmware-gateway/web/places.hpp"
#include "firmware-gateway/web/web_server.hpp"

namespace boost::asio::ssl {
class context;
}

namespace gateway {

struct ServerState : std::enable_shared_from_this<ServerState> {
  ServerState(boost::asio::io_context& io, const Site& the_site, WebSources the_sources,
              std::span<const EmbeddedFile> dashboard, WebLimits the_limits, std::vector<User> users)
      : site(the_site),
        sources(std::move(the_sources)),
        limits(the_limits),
        statuses(sources),
        login(sources, std::move(users), password_check(io)),
        feed(site, sources, statuses, counters, [this](std::string_view token) { return login.is_valid(token); }),
        assets(dashboard),
        api(site, sources, feed, statuses, assets, login, counters),
        farewell(io) {}
  LoginApi::PasswordCheck password_check(boost::asio::io_context& io);
  // Whether this log-in has as many streams as it may. Where nobody logs in there is only this machine.
  [[nodiscard]] bool has_most_streams(std::string_view session) const {
    return login.required() && feed.streams_of(session) >= limits.streams_of_session;
  }

  const Site& site;
  WebSources sources;
  WebLimits limits;
  WebCounters counters;
  StatusCache statuses;
  // Compares passwords, one at a time, so that guessing costs the gateway one thread and one hash's memory at most.
  std::optional<boost::asio::thread_pool> passwords;
  std::size_t passwords_waiting = 0;
  LoginApi login;
  LiveFeed feed;
  Assets assets;
  Api api;

  std::shared_ptr<boost::asio::ssl::context> tls;  // null: plain HTTP
  bool strict_transport = false;                   // browsers are told to insist on TLS

  std::list<Connection*> connections;  // oldest first
  bool stopping = false;
  boost::asio::steady_timer farewell;  // runs out: close what is still there
};

// Keeps a connection in the list for as long as it lives.
class Registration {
 public:
  Registration(std::shared_ptr<ServerState> state, Connection& connection) : state_(std::move(state)) {
    place_ = state_->connections.insert(state_->connections.end(), &connection);
    ++state_->counters.connections;
  }
  ~Registration() {
    state_->connections.erase(place_);
    --state_->counters.connections;
    boost::system::error_code none;  // instead of an exception; there is no reason for one
    if (state_->stopping && state_->connections.empty()) state_->farewell.cancel(none);
  }
  Registration(const Registration&) = delete;
  Registration& operator=(const Registration&) = delete;

 private:
  std::shared_ptr<ServerState> state_;
  std::list<Connection*>::iterator place_;
};

// Serves one accepted connection until it ends.
void serve(std::shared_ptr<ServerState> state, boost::asio::ip::tcp::socket socket);

}  // namespace gateway

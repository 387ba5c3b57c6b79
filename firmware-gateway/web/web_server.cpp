#include "firmware-gateway/web/web_server.hpp"

#include <algorithm>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <unistd.h>

#include "firmware-gateway/web/origin.hpp"
#include "firmware-gateway/web/peer_address.hpp"
#include "firmware-gateway/web/server_state.hpp"
#include "firmware-gateway/web/tls_context.hpp"

namespace gateway {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;
constexpr auto awaited = asio::as_tuple(asio::use_awaitable);

// Makes room for the one who comes, if need be by closing another's connection; false when there is none for it.
bool make_room(ServerState& state, const tcp::socket& socket) {
  error_code error;
  const auto address = counted_address(socket.remote_endpoint(error).address().to_string());
  const bool counted = state.limits.count_loopback || !is_loopback_address(address);
  const auto place = find_place(state.connections, address, state.limits.connections,
                                counted ? state.limits.connections_of_address : 0);
  if (!place.free || place.instead != nullptr) ++state.counters.crowded_out;
  if (place.instead != nullptr) place.instead->close();
  return place.free;
}

asio::awaitable<void> accept_loop(std::shared_ptr<ServerState> state, std::shared_ptr<tcp::acceptor> acceptor) {
  asio::steady_timer pause{acceptor->get_executor()};
  while (acceptor->is_open()) {
    auto [error, socket] = co_await acceptor->async_accept(awaited);
    if (state->stopping) co_return;
    if (error) {
      // Out of descriptors, most likely: the connection stays in the kernel's queue, and trying at once would spin.
      pause.expires_after(std::chrono::milliseconds{100});
      co_await pause.async_wait(awaited);
      continue;
    }
    ++state->counters.accepted;
    if (make_room(*state, socket)) serve(state, std::move(socket));
  }
}

Expected<std::shared_ptr<tcp::acceptor>> listen(asio::io_context& io, const tcp::endpoint& endpoint) {
  auto acceptor = std::make_shared<tcp::acceptor>(io);
  error_code error;
  const auto step = [&](auto&& action) {
    if (!error) action();
  };
  step([&] { acceptor->open(endpoint.protocol(), error); });
  step([&] { acceptor->set_option(tcp::acceptor::reuse_address(true), error); });
  step([&] { acceptor->bind(endpoint, error); });
  step([&] { acceptor->listen(asio::socket_base::max_listen_connections, error); });
  if (error)
    return failure(error, "listen on " + endpoint.address().to_string() + " port " + std::to_string(endpoint.port()));
  return acceptor;
}

// What the system calls this machine, with its domain if it has one, without, and as it announces itself (mDNS).
std::vector<std::string> host_names() {
  std::vector<std::string> names;
  char host[256] = {};
  if (::gethostname(host, sizeof host - 1) != 0 || !is_well_formed_host(host)) return names;
  names.emplace_back(host);
  const auto plain = names.front().substr(0, names.front().find('.'));
  if (plain != names.front()) names.push_back(plain);
  names.push_back(plain + ".local");
  return names;
}

// Under which a browser may know it.
std::vector<std::string> names_of_this_box(const Web& web) {
  auto names = host_names();
  names.insert(names.end(), web.names.begin(), web.names.end());
  names.emplace_back("localhost");
  names.emplace_back("127.0.0.1");
  error_code error;
  const auto listens = asio::ip::make_address(web.host, error);
  if (!error && !listens.is_unspecified() && !listens.is_loopback()) names.push_back(web.host);
  return names;
}

}  // namespace

LoginApi::PasswordCheck ServerState::password_check(asio::io_context& io) {
  return [this, &io](std::string hash, std::string password, std::function<void(bool)> done) {
    constexpr std::size_t most_waiting = 8;
    if (stopping || passwords_waiting == most_waiting) return false;
    if (!passwords) passwords.emplace(1);
    ++passwords_waiting;
    asio::post(*passwords, [weak = weak_from_this(), &io, hash = std::move(hash), password = std::move(password),
                            done = std::move(done), work = asio::make_work_guard(io)]() mutable {
      const bool right = password_matches(hash, password);
      asio::post(io, [weak, right, done = std::move(done)] {
        const auto state = weak.lock();
        if (!state) return;
        --state->passwords_waiting;
        done(right);
      });
    });
    return true;
  };
}

struct WebServer::Parts {
  Parts(asio::io_context& the_io, const Site& site, WebSources sources, std::span<const EmbeddedFile> dashboard,
        WebLimits limits, const WebAccess& access)
      : io(the_io) {
    auto users = access.users_file.empty() ? Expected<std::vector<User>>{} : read_users(access.users_file);
    if (!users) problem = users.error();
    certificate_folder = access.certificate_folder;
    if (sources.host_names.empty()) sources.host_names = host_names();
    state = std::make_shared<ServerState>(io, site, std::move(sources), dashboard, limits,
                                          users ? std::move(*users) : std::vector<User>{});
  }

  Expected<void> prepare_tls(const Web& web) {
    if (!web.tls()) return {};
    CertificateFiles files{web.certificate, web.key};
    if (web.self_signed) {
      auto made = self_made_certificate(certificate_folder, names_of_this_box(web));
      if (!made) return std::unexpected(made.error());
      files = std::move(*made);
      auto print = fingerprint_of(files.certificate);
      if (!print) return std::unexpected(print.error());
      fingerprint = std::move(*print);
    }
    auto context = server_context(files);
    if (!context) return std::unexpected(context.error());
    state->tls = std::move(*context);
    state->strict_transport = !web.self_signed;
    return {};
  }

  asio::io_context& io;
  std::shared_ptr<ServerState> state;
  std::vector<std::shared_ptr<tcp::acceptor>> acceptors;
  std::uint16_t port = 0;
  std::string notice;
  std::string fingerprint;
  std::filesystem::path certificate_folder;
  std::optional<Error> problem;  // that start() is to tell
};

WebServer::WebServer(asio::io_context& io, const Site& site, WebSources sources,
                     std::span<const EmbeddedFile> dashboard, WebLimits limits, const WebAccess& access)
    : parts_(std::make_unique<Parts>(io, site, std::move(sources), dashboard, limits, access)) {}

WebServer::~WebServer() {
  try {
    stop();
  } catch (const std::exception&) {
    // There is no memory to tell the connections with: they end with their context.
  }
}

Expected<void> WebServer::start(const std::vector<std::string>& addresses) {
  if (parts_->problem) return std::unexpected(*parts_->problem);
  const auto& web = parts_->state->site.web;
  if (auto ready = parts_->prepare_tls(web); !ready) return ready;
  tcp::resolver resolver{parts_->io};
  std::vector<asio::ip::address> found;
  for (const auto& host : addresses.empty() ? std::vector{web.host} : addresses) {
    error_code error;
    const auto results = resolver.resolve(host, "", tcp::resolver::passive, error);
    if (error) return failure(error, "look up " + host);
    for (const auto& result : results) found.push_back(result.endpoint().address());
  }
  std::optional<Error> first_error;
  parts_->port = web.port;
  // A name may have an address of each family; it is enough that one of them can be listened on.
  for (auto address : found) {
    if (!parts_->state->login.required() && !address.is_loopback()) {
      if (!parts_->notice.empty()) continue;
      parts_->notice = "nobody can log in yet, so the dashboard is served on 127.0.0.1 only, not on " + web.host +
                       "; add a user with `gateway user add NAME --role admin` and reload";
      address = asio::ip::address_v4::loopback();
    }
    auto acceptor = listen(parts_->io, {address, parts_->port});
    if (!acceptor) {
      if (!first_error) first_error = acceptor.error();
      continue;
    }
    parts_->port = (*acceptor)->local_endpoint().port();
    parts_->acceptors.push_back(std::move(*acceptor));
  }
  if (parts_->acceptors.empty()) return std::unexpected(first_error.value_or(Error{}));
  for (const auto& acceptor : parts_->acceptors)
    asio::co_spawn(parts_->io, accept_loop(parts_->state, acceptor), asio::detached);
  return {};
}

const std::string& WebServer::notice() const noexcept { return parts_->notice; }
const std::string& WebServer::fingerprint() const noexcept { return parts_->fingerprint; }
std::uint16_t WebServer::port() const noexcept { return parts_->port; }

void WebServer::stop() {
  const auto& state = parts_->state;
  if (state->stopping) return;
  state->stopping = true;
  for (const auto& acceptor : parts_->acceptors) {
    error_code ignored;
    acceptor->close(ignored);
  }
  state->passwords.reset();  // waits for the one that is being compared
  if (state->connections.empty()) return;
  state->farewell.expires_after(state->limits.farewell);
  state->farewell.async_wait([state](error_code) {
    const auto left = state->connections;  // closing takes them out
    for (auto* connection : left) connection->close();
  });
  const auto now = state->connections;
  for (auto* connection : now) connection->shut_down();
}

void WebServer::publish(std::shared_ptr<const LiveSnapshot> snapshot) {
  parts_->state->feed.publish(std::move(snapshot));
}
void WebServer::publish_points(std::span<const Reading> readings) { parts_->state->feed.publish_points(readings); }
void WebServer::publish_alarm(const AlarmRecord& record) { parts_->state->feed.publish_alarm(record); }

}  // namespace gateway

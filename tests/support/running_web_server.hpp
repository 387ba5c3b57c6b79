// A WebServer on a free port with its network thread, for tests that come in through real sockets.
#pragma once

#include <future>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "firmware-gateway/web/web_server.hpp"
#include "tests/support/web_site.hpp"

namespace gateway::test {

class RunningWebServer {
 public:
  explicit RunningWebServer(WebFixture& web, WebLimits limits = {}, std::span<const EmbeddedFile> files = {},
                            WebAccess access = {})
      : work_(boost::asio::make_work_guard(io_)),
        server_(io_, web.site, web.sources, files, limits, std::move(access)) {
    const auto started = server_.start();
    if (!started) throw std::runtime_error(started.error().message());
    thread_ = std::thread{[this] { io_.run(); }};
  }
  ~RunningWebServer() { stop(); }

  // Runs fn on the network thread and waits for it.
  template <class Fn>
  auto on_network(Fn fn) {
    std::packaged_task<decltype(fn(server_))()> task{[&] { return fn(server_); }};
    auto result = task.get_future();
    boost::asio::post(io_, [&] { task(); });
    return result.get();
  }
  // Returns how long the server needed to end.
  std::chrono::nanoseconds stop() {
    if (!thread_.joinable()) return {};
    const auto begin = std::chrono::steady_clock::now();
    boost::asio::post(io_, [this] {
      server_.stop();
      work_.reset();
    });
    thread_.join();
    return std::chrono::steady_clock::now() - begin;
  }
  [[nodiscard]] std::uint16_t port() const noexcept { return server_.port(); }

 private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  WebServer server_;
  std::thread thread_;
};

}  // namespace gateway::test

// The gateway's HTTP and WebSocket server: dashboard, API, live stream (docs/api.md).
//
// All of it runs on the one thread that runs the io_context, the network thread. start() may be called before that
// thread runs; everything else is called on it. A client can make the server neither block nor grow without bound:
// requests have limits and deadlines, slow streams get fewer frames, and connections are counted.
//
//   WebServer server{io, site, sources, embedded::dashboard};
//   server.start();                          // binds [web] listen
//   server.publish(snapshot);                // once a second
//   server.publish_points(readings);         // sensor points that changed, at once
//   server.publish_alarm(record);            // at once
//   server.stop();                           // about a second later at most, nothing of it is left in the io_context
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/embedded_file.hpp"
#include "core/error.hpp"
#include "core/live.hpp"
#include "core/site.hpp"
#include "firmware-gateway/web/web_sources.hpp"

namespace boost::asio {
class io_context;
}

namespace gateway {

struct WebLimits {
  // Beyond it one that waits, still sends or does not take its answer goes (places.hpp).
  std::size_t connections = 200;
  // Of one address, of IPv6 one /64: a third, so that no machine alone keeps the others out. Not of this machine
  // itself: a reverse proxy on it brings everybody from there.
  std::size_t connections_of_address = 66;
  bool count_loopback = false;
  std::size_t streams = 160;           // of all places; the others are for requests
  std::size_t streams_of_session = 8;  // of one log-in
  std::uint32_t header_bytes = 16 * 1024;
  std::uint64_t body_bytes = std::uint64_t{64} * 1024;
  std::chrono::milliseconds request{10'000};         // for a request to come whole
  std::chrono::milliseconds keep_alive{60'000};      // between requests
  std::chrono::milliseconds answer{10'000};          // for a source to answer; then 503
  std::chrono::milliseconds report{60'000};          // for a report to be made
  std::chrono::milliseconds write{60'000};           // for a client to take an answer
  std::chrono::milliseconds prompt_write{2'000};     // and so long nobody else gets its place meanwhile
  std::chrono::milliseconds stream_silence{30'000};  // a stream client that does not even answer a ping is gone
  std::chrono::milliseconds farewell{1'000};         // for the closing handshakes when the server stops
  int stream_send_buffer = 64 * 1024;  // in the kernel: what has gone there is old by the time a slow client reads it
};

struct WebAccess {
  std::filesystem::path users_file;               // see users.hpp; empty or missing: nobody has to log in
  std::filesystem::path certificate_folder = {};  // where a self-made certificate is kept, if [web] asks for one
};

class WebServer {
 public:
  // Site, the dashboard's bytes and what the sources refer to must live until the io_context has been destroyed or has
  // run out of work.
  WebServer(boost::asio::io_context& io, const Site& site, WebSources sources, std::span<const EmbeddedFile> dashboard,
            WebLimits limits = {}, const WebAccess& access = {});
  ~WebServer();
  WebServer(const WebServer&) = delete;
  WebServer& operator=(const WebServer&) = delete;

  // Binds site.web; without users the loopback interface instead, then notice() says so. Error: the address can't be
  // resolved or is taken, the users' file is damaged, or the certificate can't be used, with the reason; then nothing
  // is served, and another server has to be made for another try. addresses: those of site.web.host, of whoever has
  // looked them up already; none: it looks itself, which for a name may take as long as a name server likes.
  Expected<void> start(const std::vector<std::string>& addresses = {});
  // SHA-256 of a self-made certificate, for people to compare; empty: there is none.
  [[nodiscard]] const std::string& fingerprint() const noexcept;
  // What the person who started it has to know; empty: nothing.
  [[nodiscard]] const std::string& notice() const noexcept;
  // The port that was bound; asked for with port 0, the one that the system gave.
  [[nodiscard]] std::uint16_t port() const noexcept;
  // Closes listeners at once, then the connections: streams get a closing handshake, answers under way are finished,
  // within WebLimits::farewell. Idempotent.
  void stop();

  void publish(std::shared_ptr<const LiveSnapshot> snapshot);
  void publish_points(std::span<const Reading> readings);
  void publish_alarm(const AlarmRecord& record);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace gateway

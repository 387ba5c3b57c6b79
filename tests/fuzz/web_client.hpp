// The real web server in this thread, and a client that sends it bytes through a socket and reads until the end.
#pragma once

#include <cerrno>
#include <chrono>
#include <stdexcept>
#include <string>
#include <string_view>

#include <arpa/inet.h>
#include <boost/asio/io_context.hpp>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "firmware-gateway/audit/audit_period.hpp"
#include "firmware-gateway/web/web_server.hpp"
#include "tests/support/web_site.hpp"

namespace gateway::fuzz {

class WebClient {
 public:
  WebClient() : server_(io_, web_.site, (prepare(), web_.sources), files_) {
    if (!server_.start()) throw std::runtime_error("no web server");
    server_.publish(web_.snapshot());
  }

  // What the server answers to these bytes, after which the client says no more.
  std::string exchange(std::string_view bytes) {
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server_.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(client, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
      throw std::runtime_error("connect");
    std::string answer;
    bool sent = false;
    // A second is far more than it needs; an answer that never ends is found by the fuzzer's own time limit.
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{1};
    while (std::chrono::steady_clock::now() < end) {
      if (!sent) sent = send_some(client, bytes);
      io_.restart();
      io_.poll();
      if (!receive(client, answer)) break;
    }
    ::close(client);
    io_.restart();
    io_.poll();
    return answer;
  }

 private:
  void prepare() {
    web_.answer = web_.alarm(AlarmState::acknowledged);
    // As the gateway does it, up to where the store is asked.
    web_.sources.audit = [this](const AuditRequest& request, auto done) {
      const auto period = parse_audit_period(request.from, request.to);
      if (!period) return done(failure(std::errc::invalid_argument, period.error()));
      done(std::to_string(months_of(*period, *web_.site.time).size()));
    };
    web_.sources.exchange = [](const ExchangeRequest& request, auto done) {
      done(QualityRecord{.meter = request.meter, .kind = QualityKind::announced_exchange});
    };
    web_.sources.correct = [](const CorrectionRequest& request, auto done) {
      done(QualityRecord{.meter = request.meter, .kind = QualityKind::correction});
    };
  }
  static bool send_some(int client, std::string_view& bytes) {
    const auto done = ::send(client, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (done < 0 && errno != EAGAIN) return true;
    if (done > 0) bytes.remove_prefix(static_cast<std::size_t>(done));
    if (!bytes.empty()) return false;
    ::shutdown(client, SHUT_WR);
    return true;
  }
  // False at the end.
  static bool receive(int client, std::string& answer) {
    char part[16384];
    const auto size = ::recv(client, part, sizeof part, MSG_DONTWAIT);
    if (size > 0) answer.append(part, static_cast<std::size_t>(size));
    return size > 0 || (size < 0 && errno == EAGAIN);
  }

  static constexpr std::string_view page_ = "<html></html>";
  static constexpr EmbeddedFile file_{"index.html", page_.data(), page_.data() + page_.size()};
  std::array<EmbeddedFile, 1> files_{file_};
  boost::asio::io_context io_{1};
  test::WebFixture web_;
  WebServer server_;
};

}  // namespace gateway::fuzz

// Logging in over real sockets, with a users' file as `gateway user add` writes it.

#include "firmware-gateway/web/login.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <mutex>

#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/support/http_client.hpp"
#include "tests/support/loopback.hpp"
#include "tests/support/running_web_server.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using test::HttpAnswer;
using test::read_answer;
using test::StreamSocket;
using test::TcpClient;

class WebLogin : public testing::Test {
 protected:
  WebLogin() {
    std::filesystem::create_directories(folder);
    const auto added = add_user(users, "王伟", Role::operator_, "correct horse", {1, 8});
    EXPECT_TRUE(added);
    web.sources.journal = [this](const WebSources::JournalEntry& entry) {
      const std::scoped_lock lock{mutex};
      journal.push_back(entry.action + ' ' + entry.user + ' ' + entry.address);
    };
  }
  ~WebLogin() override { std::filesystem::remove_all(folder); }

  static std::optional<HttpAnswer> post(std::uint16_t port, const std::string& path, const std::string& body,
                                        const std::string& more = "") {
    TcpClient client{port};
    client.send("POST " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n" + more +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return read_answer(client);
  }
  static std::optional<HttpAnswer> log_in(std::uint16_t port, const std::string& password) {
    return post(port, "/api/v1/login", R"({"user": "王伟", "password": ")" + password + "\"}");
  }
  static std::string cookie_header(const HttpAnswer& answer) {
    const auto set = answer.header("Set-Cookie");
    return "Cookie: " + set.substr(0, set.find(';')) + "\r\n";
  }
  void publish(test::RunningWebServer& server) {
    server.on_network([&](WebServer& web_server) { web_server.publish(web.snapshot()); });
  }

  std::filesystem::path folder = testing::TempDir() + "web_login_" + std::to_string(::getpid());
  std::filesystem::path users = folder / "users";
  test::WebFixture web;
  std::mutex mutex;
  std::vector<std::string> journal;
};

TEST_F(WebLogin, WithoutASessionThereIsNoDataAndNoStream) {
  test::RunningWebServer server{web, {}, {}, {users}};
  publish(server);
  EXPECT_EQ(test::get(server.port(), "/api/v1/live")->status, 401U);
  EXPECT_EQ(test::get(server.port(), "/api/v1/stream", StreamSocket::handshake)->status, 401U);
  EXPECT_EQ(post(server.port(), "/api/v1/alarms/1/ack", R"({"by": "x"})")->status, 401U);
}

TEST_F(WebLogin, ASessionOpensBothAndIsJournalled) {
  test::RunningWebServer server{web, {}, {}, {users}};
  publish(server);
  const auto answer = log_in(server.port(), "correct horse");
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->status, 200U) << answer->body;
  const auto cookie = cookie_header(*answer);
  EXPECT_EQ(test::get(server.port(), "/api/v1/live", cookie)->status, 200U);
  StreamSocket stream{server.port(), 0, cookie};
  EXPECT_EQ(stream.next().kind, StreamSocket::Message::Kind::text);
  const std::scoped_lock lock{mutex};
  EXPECT_EQ(journal, std::vector<std::string>{"login 王伟 127.0.0.1"});
}

TEST_F(WebLogin, LoggingOutEndsTheStream) {
  test::RunningWebServer server{web, {}, {}, {users}};
  publish(server);
  const auto cookie = cookie_header(*log_in(server.port(), "correct horse"));
  StreamSocket stream{server.port(), 0, cookie};
  stream.next();
  EXPECT_EQ(post(server.port(), "/api/v1/logout", "", cookie)->status, 200U);
  publish(server);
  EXPECT_EQ(stream.next().close_code, 1008U);
}

TEST_F(WebLogin, GuessingIsLockedOutAndJournalledAlsoSideBySide) {
  test::RunningWebServer server{web, {}, {}, {users}};
  std::vector<TcpClient> guessers;
  const std::string body = R"({"user": "王伟", "password": "wrong guess"})";
  for (int i = 0; i < 8; ++i) {
    guessers.emplace_back(server.port());
    guessers.back().send(
        "POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
        std::to_string(body.size()) + "\r\n\r\n" + body);
  }
  for (auto& guesser : guessers) EXPECT_NE(read_answer(guesser)->status, 200U);
  EXPECT_EQ(log_in(server.port(), "correct horse")->status, 429U);
  const std::scoped_lock lock{mutex};
  EXPECT_NE(std::ranges::find(journal, "login_locked 王伟 127.0.0.1"), journal.end());
}

TEST_F(WebLogin, StoppingWhileAPasswordIsComparedEndsCleanly) {
  ASSERT_TRUE(add_user(users, "王伟", Role::operator_, "correct horse"));  // at the full cost
  test::RunningWebServer server{web, {}, {}, {users}};
  TcpClient client{server.port()};
  const std::string body = R"({"user": "王伟", "password": "correct horse"})";
  client.send("POST /api/v1/login HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: " +
              std::to_string(body.size()) + "\r\n\r\n" + body);
  test::get(server.port(), "/healthz");
  EXPECT_LT(server.stop(), 4s);
}

TEST_F(WebLogin, WithoutUsersOnlyTheLoopbackInterfaceIsServedAndItSaysWhy) {
  web.site.web.host = "0.0.0.0";
  boost::asio::io_context io;
  WebServer without{io, web.site, web.sources, {}, {}, {folder / "none"}};
  ASSERT_TRUE(without.start());
  EXPECT_NE(without.notice().find("127.0.0.1"), std::string::npos);
  EXPECT_NE(without.notice().find("gateway user add"), std::string::npos);
  WebServer with{io, web.site, web.sources, {}, {}, {users}};
  ASSERT_TRUE(with.start());
  EXPECT_EQ(with.notice(), "");
  // The whole of 127.0.0.0/8 reaches who listens everywhere, not who listens on 127.0.0.1.
  const auto reached = [](std::uint16_t port) {
    const int socket = test::tcp_socket();
    sockaddr_in address = test::loopback(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
    const bool connected = ::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
    ::close(socket);
    return connected;
  };
  EXPECT_FALSE(reached(without.port()));
  EXPECT_TRUE(reached(with.port()));
}

TEST_F(WebLogin, AnAddressThatIsNotOursIsAnErrorNotACrash) {
  web.site.web.host = "192.0.2.1";  // TEST-NET: never a local address
  boost::asio::io_context io;
  WebServer server{io, web.site, web.sources, {}, {}, {users}};
  EXPECT_FALSE(server.start());
}

TEST_F(WebLogin, ADamagedUsersFileStopsTheStartInsteadOfLettingEverybodyIn) {
  const auto damaged = folder / "damaged";
  std::ofstream{damaged} << "rubbish\n";
  boost::asio::io_context io;
  WebServer server{io, web.site, web.sources, {}, {}, {damaged}};
  const auto started = server.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().message().find("damaged:1"), std::string::npos) << started.error().message();
}

TEST_F(WebLogin, OneLogInHasSoManyLivePagesAndAnotherItsOwn) {
  WebLimits limits;
  limits.streams_of_session = 2;
  test::RunningWebServer server{web, limits, {}, {users}};
  publish(server);
  const auto cookie = cookie_header(*log_in(server.port(), "correct horse"));
  StreamSocket a{server.port(), 0, cookie}, b{server.port(), 0, cookie};
  a.next(), b.next();
  EXPECT_EQ(test::get(server.port(), "/api/v1/stream", std::string{StreamSocket::handshake} + cookie)->status, 429U);
  EXPECT_EQ(test::get(server.port(), "/api/v1/live", cookie)->status, 200U);
  StreamSocket other{server.port(), 0, cookie_header(*log_in(server.port(), "correct horse"))};
  EXPECT_EQ(other.next().kind, StreamSocket::Message::Kind::text);
}

// nginx on the box, as docs/security.md has it.
class WebProxy : public WebLogin {
 protected:
  WebProxy() { web.site.web.names = {"energy.example.org"}; }
  static std::optional<HttpAnswer> send(std::uint16_t port, const std::string& first_line, const std::string& more,
                                        const std::string& body = "") {
    TcpClient client{port};
    client.send(first_line + " HTTP/1.1\r\nHost: energy.example.org\r\nX-Forwarded-For: 6.6.6.6, 10.0.0.9\r\n" +
                "X-Forwarded-Proto: https\r\n" + more + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                body);
    return read_answer(client);
  }
  static constexpr auto from_page = "Origin: https://energy.example.org\r\nContent-Type: application/json\r\n";
  static constexpr auto right = R"({"user": "王伟", "password": "correct horse"})";
};

TEST_F(WebProxy, PeopleLogInActAndWatchThroughIt) {
  test::RunningWebServer server{web, {}, {}, {users}};
  publish(server);
  const auto answer = send(server.port(), "POST /api/v1/login", from_page, right);
  ASSERT_TRUE(answer);
  ASSERT_EQ(answer->status, 200U) << answer->body;
  EXPECT_TRUE(answer->header("Set-Cookie").ends_with("; Secure"));
  const auto cookie = cookie_header(*answer);
  EXPECT_EQ(send(server.port(), "GET /api/v1/stream",
                 std::string{StreamSocket::handshake} + cookie + "Origin: https://energy.example.org\r\n")
                ->status,
            101U);
  EXPECT_EQ(send(server.port(), "GET /metrics", "")->status, 401U);
  EXPECT_EQ(send(server.port(), "GET /metrics", cookie)->status, 200U);
  const std::scoped_lock lock{mutex};
  EXPECT_EQ(journal, std::vector<std::string>{"login 王伟 10.0.0.9"});
}

TEST_F(WebProxy, WithoutANameForTheBoxNobodyIsBelievedToBeOne) {
  web.site.web.names.clear();
  test::RunningWebServer server{web, {}, {}, {users}};
  EXPECT_EQ(send(server.port(), "POST /api/v1/login", from_page, right)->status, 421U);
  const auto direct =
      post(server.port(), "/api/v1/login", right, "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n");
  ASSERT_EQ(direct->status, 200U);
  EXPECT_FALSE(direct->header("Set-Cookie").ends_with("; Secure"));
  const std::scoped_lock lock{mutex};
  EXPECT_EQ(journal, std::vector<std::string>{"login 王伟 127.0.0.1"});
}

}  // namespace
}  // namespace gateway

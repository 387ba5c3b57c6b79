// FAULTS 20 to 23: what happens before a request is answered, and what is no answer to it: addresses that are silent,
// a stop in the middle, bytes that nobody asked for.
#include <fstream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "cloud-sync/influx/write_client.hpp"
#include "tests/fault/upload/upload_fault.hpp"
#include "tests/support/loopback.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;
using test::Certificate;
using test::ScriptedStore;
using test::WriteRequest;

// 127.0.0.2: the kernel takes connections, as many as its queue has room for, and nobody ever answers. With room for
// none it is an address that swallows everything.
class SilentAddress {
 public:
  SilentAddress(std::uint16_t port, int room) : port_(port) {
    listener_ = test::tcp_socket();
    sockaddr_in address = test::loopback(port);
    address.sin_addr.s_addr = htonl(0x7F000002);
    bound_ =
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(listener_, room) == 0;
    for (int i = 0; i < 4 && bound_ && room == 0; ++i) {
      const int filler = test::tcp_socket(SOCK_NONBLOCK);
      (void)::connect(filler, reinterpret_cast<sockaddr*>(&address), sizeof address);
      fillers_.push_back(filler);
    }
  }
  ~SilentAddress() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  SilentAddress(const SilentAddress&) = delete;
  SilentAddress& operator=(const SilentAddress&) = delete;
  [[nodiscard]] bool bound() const noexcept { return bound_; }
  // It has taken a connection.
  [[nodiscard]] bool connected() const {
    pollfd wait{listener_, POLLIN, 0};
    return ::poll(&wait, 1, 0) > 0;
  }
  // So many connections to it have begun and found no answer.
  [[nodiscard]] int connecting() const {
    constexpr const char* syn_sent = "02";
    char remote[16];
    std::snprintf(remote, sizeof remote, "0200007F:%04X", port_);
    std::ifstream table{"/proc/net/tcp"};
    int found = 0;
    for (std::string number, local, peer, state, rest; table >> number >> local >> peer >> state;) {
      if (peer == remote && state == syn_sent) ++found;
      std::getline(table, rest);
    }
    return found;
  }

 private:
  std::uint16_t port_;
  int listener_ = -1;
  bool bound_ = false;
  std::vector<int> fillers_;
};

// Says what it likes to whoever connects: each connection is handed to `serve`, then reset.
class RawServer {
 public:
  explicit RawServer(std::function<void(int)> serve) {
    listener_ = test::tcp_socket();
    const int small = 16 * 1024;  // so that a body does not fit into the buffers in between
    ::setsockopt(listener_, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    port_ = test::listen_on_loopback(listener_, 16);
    thread_ = std::thread([this, serve = std::move(serve)] {
      while (!stopping_) {
        pollfd wait{listener_, POLLIN, 0};
        if (::poll(&wait, 1, 20) <= 0) continue;
        const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        serve(socket);
        ++served_;
        const linger now{1, 0};
        ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
        ::close(socket);
      }
    });
  }
  ~RawServer() {
    stopping_ = true;
    thread_.join();
    ::close(listener_);
  }
  RawServer(const RawServer&) = delete;
  RawServer& operator=(const RawServer&) = delete;
  [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
  [[nodiscard]] int served() const noexcept { return served_; }

 private:
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<int> served_{0};
  std::thread thread_;
};

class Connection : public test::UploadFault {
 protected:
  static std::string accept(const WriteRequest&) { return std::string{ScriptedStore::accept}; }
  // "store.example" has these, in this order.
  static MakeTransport with_addresses(std::initializer_list<const char*> addresses) {
    NameLookup::Addresses found;
    for (const char* address : addresses) found.push_back(make_address(address));
    return [found](boost::asio::any_io_executor executor, const Sink& sink) {
      return std::make_unique<WriteClient>(
          std::move(executor), sink, [found](const std::string&) { return Expected<NameLookup::Addresses>{found}; });
    };
  }
  static Site site_of(std::uint16_t port, const std::string& more, std::string_view scheme = "http") {
    return test::store_site(
        sink_for(port, "central", "database = \"energy\"\n" + more, "influx1", scheme, "store.example"));
  }
  std::string trusting() const {
    authority.write(folder.path() / "ca.pem");
    return "ca_file = \"" + (folder.path() / "ca.pem").string() + "\"\n";
  }
  const Certificate authority = Certificate::authority("test-ca");
};

// ---- silent addresses

TEST_F(Connection, AnAddressThatNeverEndsItsHandshakeLeavesTimeForTheNext) {
  const Certificate shown = authority.issue("DNS:store.example");
  ScriptedStore far_end(accept, &shown);
  const SilentAddress first(far_end.port(), 16);
  ASSERT_TRUE(first.bound());
  const Site site = site_of(far_end.port(), "timeout = \"2s\"\n" + trusting(), "https");
  test::Pushing gateway{site, clock, folder.path() / "data", test::short_waits(),
                        with_addresses({"127.0.0.2", "127.0.0.1"})};
  keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything()) << gateway.status().last_error;
  EXPECT_TRUE(first.connected());
  EXPECT_EQ(gateway.status().retries, 0U) << "within the first request's time";
  expect_whole(gateway, far_end);
}

TEST_F(Connection, AnAddressThatTakesRequestsAndNeverAnswersIsTriedLastTheNextTime) {
  ScriptedStore far_end(accept);
  const SilentAddress first(far_end.port(), 16);
  ASSERT_TRUE(first.bound());
  const Site site = site_of(far_end.port(), "timeout = \"300ms\"\n");
  test::Pushing gateway{site, clock, folder.path(), test::short_waits(), with_addresses({"127.0.0.2", "127.0.0.1"})};
  keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything()) << gateway.status().last_error;
  EXPECT_EQ(gateway.status().retries, 1U);
  expect_whole(gateway, far_end);
}

TEST_F(Connection, ACertificateThatIsRefusedAtOneAddressIsSaidWhenNoOtherTakesIt) {
  const Certificate shown = authority.issue("DNS:other.example");
  ScriptedStore far_end(accept, &shown);
  const Site site = site_of(far_end.port(), "timeout = \"2s\"\n" + trusting(), "https");
  test::Pushing gateway{site, clock, folder.path() / "data", test::short_waits(),
                        with_addresses({"127.0.0.1", "127.0.0.3"})};  // where nobody listens
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().retries >= 1; }));
  EXPECT_EQ(gateway.status().state, SinkStatus::State::refused);
  EXPECT_NE(gateway.status().last_error.find("certificate refused"), std::string::npos) << gateway.status().last_error;
  EXPECT_EQ(far_end.requests(), 0);
}

// ---- a stop in the middle

TEST_F(Connection, StoppingWhileItConnectsTriesNoFurtherAddress) {
  ScriptedStore far_end(accept);
  const SilentAddress first(far_end.port(), 0);
  ASSERT_TRUE(first.bound());
  const int before = first.connecting();
  const Site site = site_of(far_end.port(), "timeout = \"1h\"\n");
  {
    test::Pushing gateway{site, clock, folder.path(), test::short_waits(), with_addresses({"127.0.0.2", "127.0.0.1"})};
    keep(gateway, site, 4);
    ASSERT_TRUE(test::eventually([&] { return first.connecting() > before; }));
  }
  EXPECT_EQ(far_end.requests(), 0);
  EXPECT_EQ(far_end.connections(), 0);
}

TEST_F(Connection, StoppingInTheHandshakeTriesNoFurtherAddress) {
  const Certificate shown = authority.issue("DNS:store.example");
  ScriptedStore far_end(accept, &shown);
  const SilentAddress first(far_end.port(), 16);
  ASSERT_TRUE(first.bound());
  const Site site = site_of(far_end.port(), "timeout = \"1h\"\n" + trusting(), "https");
  {
    test::Pushing gateway{site, clock, folder.path() / "data", test::short_waits(),
                          with_addresses({"127.0.0.2", "127.0.0.1"})};
    keep(gateway, site, 4);
    ASSERT_TRUE(test::eventually([&] { return first.connected(); }));
  }
  EXPECT_EQ(far_end.requests(), 0);
  EXPECT_EQ(far_end.connections(), 0);
}

// ---- what is no answer to the request

// The second request finds the first one's second answer on the connection.
TEST_F(Connection, AnAnswerTooManyIsNotTakenForTheNextRequests) {
  for (const bool later : {false, true}) {
    std::atomic<bool> mended{false};
    ScriptedStore far_end([&](const WriteRequest& request) {
      const std::string accepted{ScriptedStore::accept};
      if (request.number == 1) return later ? accepted : accepted + accepted;
      return mended ? accepted : test::http_answer(503, "");
    });
    test::TemporaryFolder data;
    kept = 0;
    const Site site = site_for(far_end);
    test::Pushing gateway{site, clock, data.path()};
    keep(gateway, site, 4);
    ASSERT_TRUE(gateway.delivered_everything());
    if (later) far_end.say_unasked(ScriptedStore::accept);
    keep(gateway, site, 4);
    ASSERT_TRUE(test::eventually([&] { return gateway.status().retries >= 1; })) << later;
    EXPECT_EQ(gateway.figures().delivered_lines, 4U) << later;
    mended = true;
    ASSERT_TRUE(gateway.delivered_everything());
    expect_whole(gateway, far_end);
  }
}

// A portal that has its answer ready: 204, and the connection is gone before the body was sent.
TEST_F(Connection, SuccessToldOfABodyThatWasNotSentWholeIsNone) {
  const RawServer far_end([](int socket) {
    char some[1024];
    (void)::recv(socket, some, sizeof some, 0);
    ::send(socket, ScriptedStore::accept.data(), ScriptedStore::accept.size(), MSG_NOSIGNAL);
  });
  const Site site = test::store_site(
      sink_for(far_end.port(), "central", "database = \"energy\"\ngzip = false\ntimeout = \"5s\"\n", "influx1"));
  boost::asio::io_context context;
  WriteClient client{context.get_executor(), site.sinks[0]};
  GzipCompressor gzip{1};
  const auto body = gzip.compress(std::string(32 << 20, 'x'));
  Expected<WriteAnswer> answer = failure(std::errc::not_connected, "");
  boost::asio::co_spawn(
      context, [&]() -> boost::asio::awaitable<void> { answer = co_await static_cast<Transport&>(client).post(body); },
      boost::asio::detached);
  context.run();
  EXPECT_EQ(far_end.served(), 1);
  EXPECT_FALSE(answer) << answer->status;
}

// With a pinned certificate, too: nothing was shown that could be refused.
TEST_F(Connection, AHandshakeThatIsCutIsNoRefusedCertificate) {
  const RawServer far_end([](int socket) {
    char some[1024];
    (void)::recv(socket, some, sizeof some, 0);
  });
  const Site site =
      site_of(far_end.port(), "certificate_sha256 = \"" + authority.sha256() + "\"\ntimeout = \"2s\"\n", "https");
  test::Pushing gateway{site, clock, folder.path(), test::short_waits(), with_addresses({"127.0.0.1"})};
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().retries >= 2; }));
  EXPECT_EQ(gateway.status().state, SinkStatus::State::retrying) << gateway.status().last_error;
  EXPECT_EQ(gateway.figures().queued_lines, 4U);
}

}  // namespace
}  // namespace gateway

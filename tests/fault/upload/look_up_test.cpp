// FAULTS 21: a name server that is away, and an address that swallows everything, hold up no other sink and do not eat
// another address's time.
#include <condition_variable>
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>

#include "cloud-sync/influx/write_client.hpp"
#include "tests/fault/upload/upload_fault.hpp"
#include "tests/support/loopback.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::make_address;
using test::ScriptedStore;
using test::WriteRequest;

// Look-ups that hang until it is opened. Outlives the threads that wait in it.
class Gate {
 public:
  void open() {
    const std::scoped_lock lock(state_->mutex);
    state_->open = true;
    state_->opened.notify_all();
  }
  [[nodiscard]] int waiting() const {
    const std::scoped_lock lock(state_->mutex);
    return state_->waiting;
  }
  [[nodiscard]] NameLookup::Find find(std::string_view address) const {
    return [state = state_, address = make_address(address)](const std::string&) -> Expected<NameLookup::Addresses> {
      std::unique_lock lock(state->mutex);
      ++state->waiting;
      state->opened.wait(lock, [&] { return state->open; });
      return NameLookup::Addresses{address};
    };
  }
  ~Gate() { open(); }

 private:
  struct State {
    std::mutex mutex;
    std::condition_variable opened;
    bool open = false;
    int waiting = 0;
  };
  std::shared_ptr<State> state_ = std::make_shared<State>();
};

class LookUp : public test::UploadFault {
 protected:
  static std::string accept(const WriteRequest&) { return std::string{ScriptedStore::accept}; }
  static MakeTransport with(NameLookup::Find find) {
    return [find = std::move(find)](boost::asio::any_io_executor executor, const Sink& sink) {
      return std::make_unique<WriteClient>(std::move(executor), sink, find);
    };
  }
};

TEST_F(LookUp, ANameServerThatIsAwayHoldsUpNoOtherSink) {
  ScriptedStore named(accept);
  ScriptedStore good(accept);
  const std::string more = "database = \"energy\"\ntimeout = \"1h\"\n";
  const Site site = test::store_site(sink_for(named.port(), "named", more, "influx1", "http", "store.example") +
                                     sink_for(good.port(), "good", more, "victoriametrics", "http", "good.example"));
  Gate gate;
  const auto hangs = gate.find("127.0.0.1");
  test::Pushing gateway{site, clock, folder.path(), test::short_waits(),
                        with([&hangs](const std::string& host) -> Expected<NameLookup::Addresses> {
                          if (host == "store.example") return hangs(host);
                          return NameLookup::Addresses{make_address("127.0.0.1")};
                        })};
  for (int i = 0; i < 5; ++i) keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything(1));
  EXPECT_EQ(gateway.figures(0).queued_lines, 20U);
  expect_whole(gateway, good, 0, 1);
  gate.open();
  ASSERT_TRUE(gateway.delivered_everything(0));
  expect_whole(gateway, named, 0, 0);
}

TEST_F(LookUp, OneThatHangsIsWaitedForAndNotAskedAgainBesideIt) {
  ScriptedStore far_end(accept);
  const Site site = test::store_site(sink_for(far_end.port(), "central", "database = \"energy\"\ntimeout = \"50ms\"\n",
                                              "influx1", "http", "store.example"));
  Gate gate;
  test::Pushing gateway{site, clock, folder.path(), test::short_waits(), with(gate.find("127.0.0.1"))};
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().retries >= 4; }));
  EXPECT_EQ(gate.waiting(), 1) << "one thread, however often it was tried";
  EXPECT_NE(gateway.status().last_error.find("look up store.example"), std::string::npos);
  gate.open();
  ASSERT_TRUE(gateway.delivered_everything());
  expect_whole(gateway, far_end);
}

TEST_F(LookUp, StoppingDoesNotWaitForIt) {
  ScriptedStore far_end(accept);
  const Site site = test::store_site(sink_for(far_end.port(), "central", "database = \"energy\"\ntimeout = \"1h\"\n",
                                              "influx1", "http", "store.example"));
  Gate gate;
  {
    test::Pushing gateway{site, clock, folder.path(), test::short_waits(), with(gate.find("127.0.0.1"))};
    keep(gateway, site, 4);
    ASSERT_TRUE(test::eventually([&] { return gate.waiting() == 1; }));
  }
  EXPECT_EQ(far_end.requests(), 0);
}

TEST_F(LookUp, AnAddressIsNotLookedUp) {
  ScriptedStore far_end(accept);
  const Site site = site_for(far_end);
  test::Pushing gateway{site, clock, folder.path(), test::short_waits(),
                        with([](const std::string&) -> Expected<NameLookup::Addresses> {
                          return failure(std::errc::io_error, "asked");
                        })};
  keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything());
}

TEST_F(LookUp, ANameThatIsNotKnownSaysSo) {
  ScriptedStore far_end(accept);
  const Site site = test::store_site(
      sink_for(far_end.port(), "central", "database = \"energy\"\n", "influx1", "http", "store.invalid"));
  test::Pushing gateway{site, clock, folder.path()};  // the system's own look-up: .invalid never is (RFC 6761)
  keep(gateway, site, 4);
  ASSERT_TRUE(test::eventually([&] { return gateway.status().retries >= 1; }));
  EXPECT_NE(gateway.status().last_error.find("store.invalid"), std::string::npos) << gateway.status().last_error;
  EXPECT_EQ(gateway.status().failure, SinkFailure::unknown_host);
}

// A listener whose queue is full answers nothing, like an address behind a firewall that drops.
class BlackHole {
 public:
  explicit BlackHole(std::uint16_t port) {
    listener_ = test::tcp_socket();
    sockaddr_in address = test::loopback(port);
    address.sin_addr.s_addr = htonl(0x7F000002);  // 127.0.0.2
    bound_ =
        ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 && ::listen(listener_, 0) == 0;
    for (int i = 0; i < 4 && bound_; ++i) {
      const int filler = test::tcp_socket(SOCK_NONBLOCK);
      (void)::connect(filler, reinterpret_cast<sockaddr*>(&address), sizeof address);
      fillers_.push_back(filler);
    }
  }
  ~BlackHole() {
    for (const int filler : fillers_) ::close(filler);
    ::close(listener_);
  }
  BlackHole(const BlackHole&) = delete;
  BlackHole& operator=(const BlackHole&) = delete;
  [[nodiscard]] bool bound() const noexcept { return bound_; }

 private:
  int listener_ = -1;
  bool bound_ = false;
  std::vector<int> fillers_;
};

TEST_F(LookUp, AnAddressThatSwallowsEverythingLeavesTimeForTheNext) {
  ScriptedStore far_end(accept);
  const BlackHole first(far_end.port());
  ASSERT_TRUE(first.bound());
  const Site site = test::store_site(sink_for(far_end.port(), "central", "database = \"energy\"\ntimeout = \"600ms\"\n",
                                              "influx1", "http", "store.example"));
  test::Pushing gateway{site, clock, folder.path(), test::short_waits(), with([](const std::string&) {
                          return Expected<NameLookup::Addresses>{
                              NameLookup::Addresses{make_address("127.0.0.2"), make_address("127.0.0.1")}};
                        })};
  keep(gateway, site, 4);
  ASSERT_TRUE(gateway.delivered_everything());
  EXPECT_EQ(gateway.status().retries, 0U) << "within the first request's time";
  expect_whole(gateway, far_end);
}

}  // namespace
}  // namespace gateway

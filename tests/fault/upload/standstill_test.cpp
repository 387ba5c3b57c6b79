// An uploader that stands still is overdue, and one that others hold up is not.
#include <future>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "tests/fault/upload/upload_fault.hpp"

namespace gateway {
namespace {

using namespace std::chrono_literals;

// A far end, and an executor that the test runs by hand.
class Standstill : public test::UploadFault {
 protected:
  // Its deadline is lost.
  struct Silent final : Transport {
    explicit Silent(boost::asio::any_io_executor executor) : never(std::move(executor)) {}
    boost::asio::awaitable<Expected<WriteAnswer>> post(std::span<const std::byte>) override {
      ++posts;
      never.expires_at(boost::asio::steady_timer::time_point::max());
      co_await never.async_wait(boost::asio::use_awaitable);
      co_return WriteAnswer{};
    }
    [[nodiscard]] bool secret_changed() const override { return false; }
    void close() override { never.cancel(); }
    boost::asio::steady_timer never;
    int posts = 0;
  };
  Standstill()
      : site(test::store_site("\n[[sink]]\nid = \"central\"\nkind = \"influx1\"\nurl = \"http://127.0.0.1:1\"\n"
                              "database = \"energy\"\n")),
        store(std::move(*Store::open(folder.path(), site, clock.now())), 1, clock),
        uploader(context.get_executor(), site.sinks[0], 0, store, clock, test::short_waits(),
                 [this](boost::asio::any_io_executor executor, const Sink&) {
                   auto made = std::make_unique<Silent>(std::move(executor));
                   far_end = made.get();
                   return made;
                 }) {}
  ~Standstill() override {
    uploader.stop();
    store.stop();
    context.restart();
    context.run();
  }
  // Lets the uploader go on until it has asked the store at a time that no earlier question had.
  void run_until_it_asks() {
    clock.advance(1s);
    const auto due = clock.monotonic() + 10s;
    for (int i = 0; i < 1000 && uploader.status().due != due; ++i) context.run_one_for(10ms);
    ASSERT_EQ(uploader.status().due, due);
  }
  void store_goes_round(std::uint64_t rounds) {
    const auto before = store.status().rounds;
    ASSERT_TRUE(test::eventually([&] {
      store.next(0, {}, [](const Expected<Delivery>&) {});
      return store.status().rounds >= before + rounds;
    }));
  }
  [[nodiscard]] std::chrono::nanoseconds overdue() const { return clock.monotonic() - uploader.status().due; }

  Site site;
  StoreThread store;
  boost::asio::io_context context;
  Silent* far_end = nullptr;
  Uploader uploader;
};

TEST_F(Standstill, AnAnswerOfTheStoreThatNeverComesMakesItOverdue) {
  run_until_it_asks();
  store_goes_round(4);  // it has answered; nobody runs the uploader
  clock.advance(10s);
  EXPECT_EQ(overdue(), 0s);
  clock.advance(6s);
  EXPECT_EQ(overdue(), 6s);
}

TEST_F(Standstill, AStoreThatTakesItsTimeIsNotTheUploadersStandstill) {
  std::promise<void> go_on;
  std::promise<void> held;
  store.next(0, {}, [&](const Expected<Delivery>&) {
    held.set_value();
    go_on.get_future().wait();
  });
  held.get_future().wait();
  run_until_it_asks();
  clock.advance(5min);  // it mends itself, or its disk is slow
  EXPECT_LE(overdue(), 0s);
  go_on.set_value();
  store_goes_round(4);
  EXPECT_GT(overdue(), 4min) << "and from now on it is";
  context.poll();  // the answer
  EXPECT_LE(overdue(), 0s);
}

TEST_F(Standstill, ARequestWhoseDeadlineIsLostMakesItOverdue) {
  auto batch = std::make_unique<Batch>();
  batch->utc_offset = clock.utc().time_since_epoch() - clock.monotonic().time_since_epoch();
  test::add_poll(site, *batch, clock.monotonic(), 1, 1000);
  ASSERT_TRUE(store.submit(batch, false));
  ASSERT_TRUE(test::eventually([&] {
    context.run_one_for(10ms);
    return far_end->posts == 1;
  }));
  EXPECT_EQ(uploader.status().due, clock.monotonic() + site.sinks[0].timeout);
  clock.advance(site.sinks[0].timeout + 6s);
  EXPECT_EQ(overdue(), 6s);
}

}  // namespace
}  // namespace gateway

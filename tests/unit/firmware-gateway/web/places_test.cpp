#include "firmware-gateway/web/places.hpp"

#include <deque>

#include <gtest/gtest.h>

namespace gateway {
namespace {

using State = Connection::State;

class OneConnection final : public Connection {
 public:
  OneConnection(State state, std::string address) : state_(state), address_(std::move(address)) {}
  void shut_down() override {}
  void close() override {}
  [[nodiscard]] State state() const noexcept override { return state_; }
  [[nodiscard]] const std::string& address() const noexcept override { return address_; }

 private:
  State state_;
  std::string address_;
};

class PlacesTest : public testing::Test {
 protected:
  Connection* add(State state, const std::string& address = "a") {
    connections.push_back(&all.emplace_back(state, address));
    return connections.back();
  }
  [[nodiscard]] Vacancy find(const std::string& address, std::size_t most_of_one = 0) const {
    return find_place(connections, address, 4, most_of_one);
  }
  std::deque<OneConnection> all;
  std::list<Connection*> connections;
};

TEST_F(PlacesTest, WhileThereIsRoomNobodyGoes) {
  add(State::waits);
  EXPECT_EQ(find("a"), (Vacancy{true, nullptr}));
}

TEST_F(PlacesTest, WhoWaitsGoesFirstThenWhoSendsThenWhoDoesNotReadTheOldestOfThem) {
  auto* lags = add(State::lags);
  auto* sends = add(State::sends);
  auto* waits = add(State::waits);
  add(State::waits);
  EXPECT_EQ(find("b"), (Vacancy{true, waits}));
  connections.remove_if([](const Connection* each) { return each->state() == State::waits; });
  add(State::busy), add(State::sends);
  EXPECT_EQ(find("b"), (Vacancy{true, sends}));
  connections.remove_if([](const Connection* each) { return each->state() == State::sends; });
  add(State::busy), add(State::busy);
  EXPECT_EQ(find("b"), (Vacancy{true, lags}));
}

TEST_F(PlacesTest, WhoIsServedKeepsItsPlace) {
  for (int i = 0; i < 4; ++i) add(State::busy);
  EXPECT_EQ(find("b"), (Vacancy{false, nullptr}));
}

TEST_F(PlacesTest, AnAddressThatHoldsItsPartGivesOneOfItsOwnOrGetsNone) {
  add(State::waits, "b");
  add(State::busy, "a");
  auto* own = add(State::sends, "a");
  EXPECT_EQ(find("a", 2), (Vacancy{true, own}));
  EXPECT_EQ(find("c", 2), (Vacancy{true, nullptr}));
  connections.remove(own);
  add(State::busy, "a");
  EXPECT_EQ(find("a", 2), (Vacancy{false, nullptr}));
}

}  // namespace
}  // namespace gateway

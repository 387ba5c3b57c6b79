#include "firmware-gateway/web/places.hpp"

#include <algorithm>

namespace gateway {
namespace {

// The oldest of those who give way first; nullptr: all are busy.
template <class Counts>
Connection* who_gives_way(const std::list<Connection*>& connections, Counts counts) {
  Connection* found = nullptr;
  for (auto* each : connections)
    if (counts(*each) && each->state() != Connection::State::busy &&
        (found == nullptr || each->state() < found->state()))
      found = each;
  return found;
}

}  // namespace

Vacancy find_place(const std::list<Connection*>& connections, const std::string& address, std::size_t most,
                   std::size_t most_of_one) {
  const auto is_of_it = [&](const Connection& each) { return each.address() == address; };
  const auto held = std::ranges::count_if(connections, [&](const Connection* each) { return is_of_it(*each); });
  if (most_of_one > 0 && static_cast<std::size_t>(held) >= most_of_one) {
    auto* own = who_gives_way(connections, is_of_it);
    return {own != nullptr, own};
  }
  if (connections.size() < most) return {true, nullptr};
  auto* oldest = who_gives_way(connections, [](const Connection&) { return true; });
  return {oldest != nullptr, oldest};
}

}  // namespace gateway

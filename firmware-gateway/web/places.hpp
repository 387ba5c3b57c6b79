// Who gets a place when there are few: a server serves so many connections at once, and no more. Pure; for the network
// thread.
//
// Whoever only waits, sends a request bit by bit or does not take its answer gives way to the next who comes: a client
// with good manners is through with either in no time. One address may hold a part of all places.
#pragma once

#include <cstdint>
#include <list>
#include <string>

namespace gateway {

class Connection {
 public:
  // In the order in which they give way.
  enum class State : std::uint8_t {
    waits,  // it has not sent a whole request header, or rests between two requests
    sends,  // the body of its request is still coming
    lags,   // it has not taken its answer for longer than a client needs
    busy,   // it is served, or is a stream: it keeps its place
  };
  virtual ~Connection() = default;
  // Ends as soon as what is under way is done.
  virtual void shut_down() = 0;
  // Ends now.
  virtual void close() = 0;
  [[nodiscard]] virtual State state() const noexcept = 0;
  // As counted_address().
  [[nodiscard]] virtual const std::string& address() const noexcept = 0;
};

struct Vacancy {
  bool free = false;              // the one who comes is to be served
  Connection* instead = nullptr;  // of this one, which has to go
  friend bool operator==(const Vacancy&, const Vacancy&) = default;
};

// Oldest first. `most_of_one`: that `address` may hold; 0: as many as there are.
[[nodiscard]] Vacancy find_place(const std::list<Connection*>& connections, const std::string& address,
                                 std::size_t most, std::size_t most_of_one);

}  // namespace gateway

// Ends something that may hang while it is ended, on a thread of its own, so that others need not wait for longer than
// they want to.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <thread>

namespace gateway {

class Ending {
 public:
  explicit Ending(std::function<void()> end)
      : thread_([end = std::move(end), ended = std::move(ended_)]() mutable {
          end();
          ended.set_value();
        }) {}
  ~Ending() { thread_.join(); }  // however long it takes
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;

  // Whether it has ended, within that time.
  [[nodiscard]] bool within(std::chrono::nanoseconds patience) const {
    return has_ended_.wait_for(patience) == std::future_status::ready;
  }

 private:
  std::promise<void> ended_;
  std::future<void> has_ended_{ended_.get_future()};
  std::thread thread_;
};

}  // namespace gateway
